import { com } from '../lexicons/index.ts'
import { moderatorsOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { method, type XrpcMethod } from './kit/method.ts'

const { main, $nsid } = com.atproto.admin.disableInviteCodes

/** Disable some set of codes and/or all codes associated with a set of users. */
export function disableInviteCodes(context: XrpcContext): XrpcMethod {
  const probe = { method: 'POST', path: `/xrpc/${$nsid}`, json: { codes: [], accounts: [] } } as const
  return method(main, moderatorsOnly(context, probe), async ({ input, caller }) => {
    const { codes = [], accounts = [] } = input
    await context.invites.disableCodes({ codes, owners: accounts, actor: caller.actor })
    return undefined
  })
}
