import { com } from '../lexicons/index.ts'
import { accountInvitesProbe, moderatorsOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { method, type XrpcMethod } from './kit/method.ts'

const { main } = com.atproto.admin.enableAccountInvites

/** Re-enable an account's ability to receive invite codes. */
export function enableAccountInvites(context: XrpcContext): XrpcMethod {
  return method(
    main,
    moderatorsOnly(context, accountInvitesProbe(main.nsid)),
    async ({ input: { account, note }, caller }) => {
      await context.invites.setInvitesDisabled(account, false, note, caller.actor)
      return undefined
    },
  )
}
