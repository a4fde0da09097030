import { com } from '../lexicons/index.ts'
import { forwardedToPds } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { method, type XrpcMethod } from './kit/method.ts'
import { withInvites } from './kit/views.ts'

const { main } = com.atproto.admin.getAccountInfos

/** Get details about some accounts: the PDS's, with Latchkey's invitations. */
export function getAccountInfos(context: XrpcContext): XrpcMethod {
  const { invites } = context
  return method(main, forwardedToPds(context, main), async ({ caller: { answer, isAdministrator } }) => {
    const records = await invites.memberRecords(answer.infos.map(({ did }) => did))
    const view = { now: invites.now(), showNote: isAdministrator }
    return { infos: answer.infos.map((info) => withInvites(info, records.get(info.did), view)) }
  })
}
