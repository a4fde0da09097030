import { app } from '../lexicons/index.ts'
import { operatorsOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { datetime } from './kit/datetime.ts'
import { method, type XrpcMethod } from './kit/method.ts'

/** How members earn codes. */
export function getPolicy(context: XrpcContext): XrpcMethod {
  const admit = operatorsOnly(context, 'GET', 'moderator')
  return method(app.latchkey.admin.getPolicy.main, admit, async () => {
    const { policy, settings } = await context.overview.policy()
    const { interval, epoch, cap } = policy
    return {
      policy: { ...(interval !== null && { interval }), epoch: datetime(epoch), cap },
      fromSettings: settings.length > 0,
      settings: [...settings],
    }
  })
}
