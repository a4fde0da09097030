import { app } from '../lexicons/index.ts'
import { operatorsOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { method, type XrpcMethod } from './kit/method.ts'
import { instantOf } from './kit/operator-views.ts'

/** Give every active account so many codes. */
export function giveCodes(context: XrpcContext): XrpcMethod {
  return method(
    app.latchkey.admin.giveCodes.main,
    operatorsOnly(context, 'POST', 'administrator'),
    ({ input: { count, uses = 1, note, expiresAt, preview = false }, caller: { actor } }) =>
      context.operations.giveCodes({ count, uses, note, expiresAt: instantOf(expiresAt) }, actor, preview),
  )
}
