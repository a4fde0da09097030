import { app } from '../lexicons/index.ts'
import { operatorsOnly, requireAdministrator } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { method, type XrpcMethod } from './kit/method.ts'

/** Let accounts earn and be given codes, which is for administrators to allow again, or not. */
export function setInvitesDisabled(context: XrpcContext): XrpcMethod {
  return method(
    app.latchkey.admin.setInvitesDisabled.main,
    operatorsOnly(context, 'POST', 'moderator'),
    async ({ input: { accounts, disabled, note, preview = false }, caller }) => {
      if (!disabled) requireAdministrator(caller)
      return context.operations.setInvitesDisabled({ accounts, disabled, note }, caller.actor, preview)
    },
  )
}
