import { com } from '../lexicons/index.ts'
import { forwardedToPds } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { method, type XrpcMethod } from './kit/method.ts'
import { withInvites } from './kit/views.ts'

const { main } = com.atproto.admin.getAccountInfo

/** Get details about an account: the PDS's, with Latchkey's invitations. */
export function getAccountInfo(context: XrpcContext): XrpcMethod {
  const { invites } = context
  return method(main, forwardedToPds(context, main), async ({ caller: { answer, isAdministrator } }) => {
    const records = await invites.memberRecords([answer.did])
    return withInvites(answer, records.get(answer.did), {
      now: invites.now(),
      showNote: isAdministrator,
    })
  })
}
