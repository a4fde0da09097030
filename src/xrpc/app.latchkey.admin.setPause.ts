import { app } from '../lexicons/index.ts'
import { operatorsOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { method, type XrpcMethod } from './kit/method.ts'

/** Pause sign-ups, or resume them. */
export function setPause(context: XrpcContext): XrpcMethod {
  const admit = operatorsOnly(context, 'POST', 'administrator')
  return method(app.latchkey.admin.setPause.main, admit, async ({ input, caller: { actor } }) => {
    const { paused, exceptMigrations = false, message } = input
    await context.overview.setPause(actor, paused ? { exceptMigrations, message } : undefined)
    return undefined
  })
}
