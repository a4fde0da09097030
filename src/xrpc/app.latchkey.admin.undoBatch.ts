import { app } from '../lexicons/index.ts'
import { operatorsOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { method, type XrpcMethod } from './kit/method.ts'

/** Restore exactly what a batch changed and nobody changed since. */
export function undoBatch(context: XrpcContext): XrpcMethod {
  return method(
    app.latchkey.admin.undoBatch.main,
    operatorsOnly(context, 'POST', 'administrator'),
    ({ input: { batch, preview = false }, caller: { actor } }) =>
      context.operations.undoBatch(batch, actor, preview),
  )
}
