import { app } from '../lexicons/index.ts'
import { membersOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { method, type XrpcMethod } from './kit/method.ts'

/** Name a code of one's own, for oneself. */
export function labelCode(context: XrpcContext): XrpcMethod {
  return method(
    app.latchkey.labelCode.main,
    membersOnly(context, 'POST'),
    async ({ input: { code, label }, caller }) => {
      await context.giving.labelCode(caller.did, code, label)
      return undefined
    },
  )
}
