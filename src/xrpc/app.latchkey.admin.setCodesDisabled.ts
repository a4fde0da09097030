import { app } from '../lexicons/index.ts'
import { operatorsOnly, requireAdministrator } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { method, type XrpcMethod } from './kit/method.ts'

/** Disable codes, or enable them again, which is for administrators. */
export function setCodesDisabled(context: XrpcContext): XrpcMethod {
  return method(
    app.latchkey.admin.setCodesDisabled.main,
    operatorsOnly(context, 'POST', 'moderator'),
    async ({ input: { codes = [], owners = [], disabled, note, preview = false }, caller }) => {
      if (!disabled) requireAdministrator(caller)
      return context.operations.setCodesDisabled({ codes, owners, disabled, note }, caller.actor, preview)
    },
  )
}
