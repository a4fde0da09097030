import { app } from '../lexicons/index.ts'
import { operatorsOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { method, type XrpcMethod } from './kit/method.ts'
import { useByPersonView } from './kit/operator-views.ts'

/** Disable a code that leaked, and make one for the same owner with the uses that were left. */
export function replaceCode(context: XrpcContext): XrpcMethod {
  return method(
    app.latchkey.admin.replaceCode.main,
    operatorsOnly(context, 'POST', 'administrator'),
    async ({ input: { code, note }, caller: { actor } }) => {
      const { joined, ...replaced } = await context.operations.replaceCode({ code, note }, actor)
      return { ...replaced, joined: joined.map(useByPersonView) }
    },
  )
}
