import { com } from '../lexicons/index.ts'
import { accountInvitesProbe, moderatorsOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { method, type XrpcMethod } from './kit/method.ts'

const { main } = com.atproto.admin.disableAccountInvites

/** Disable an account from receiving new invite codes, but do not invalidate existing codes. */
export function disableAccountInvites(context: XrpcContext): XrpcMethod {
  return method(
    main,
    moderatorsOnly(context, accountInvitesProbe(main.nsid)),
    async ({ input: { account, note }, caller }) => {
      await context.invites.setInvitesDisabled(account, true, note, caller.actor)
      return undefined
    },
  )
}
