import { app } from '../lexicons/index.ts'
import { operatorsOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { method, type XrpcMethod } from './kit/method.ts'
import { instantOf } from './kit/operator-views.ts'

/** Create codes. */
export function createCodes(context: XrpcContext): XrpcMethod {
  return method(
    app.latchkey.admin.createCodes.main,
    operatorsOnly(context, 'POST', 'administrator'),
    async ({ input: { count, uses, note, owner, expiresAt }, caller: { actor } }) => {
      const wanted = { count, uses, note, owner, expiresAt: instantOf(expiresAt) }
      const { batch, codes } = await context.operations.createCodes(wanted, actor)
      return { batch, codes: [...codes] }
    },
  )
}
