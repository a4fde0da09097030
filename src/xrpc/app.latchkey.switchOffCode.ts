import { app } from '../lexicons/index.ts'
import { membersOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { method, type XrpcMethod } from './kit/method.ts'

/** Disable an open code of one's own, and get another for it while the allotment allows it. */
export function switchOffCode(context: XrpcContext): XrpcMethod {
  return method(
    app.latchkey.switchOffCode.main,
    membersOnly(context, 'POST'),
    async ({ input: { code }, caller }) => {
      const replacement = await context.giving.switchOffCode(caller.did, code)
      return replacement === null ? {} : { replacement }
    },
  )
}
