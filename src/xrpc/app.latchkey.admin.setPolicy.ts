import type { Policy } from '../invites/types.ts'
import { app } from '../lexicons/index.ts'
import { invalidRequest } from '../wire/failure.ts'
import { operatorsOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { method, type XrpcMethod } from './kit/method.ts'

/** Change how members earn codes, or tell what a change would do. */
export function setPolicy(context: XrpcContext): XrpcMethod {
  const { overview } = context
  const admit = operatorsOnly(context, 'POST', 'administrator')
  return method(app.latchkey.admin.setPolicy.main, admit, async ({ input, caller: { actor } }) => {
    const policy = parsePolicy(input.policy)
    if (input.preview !== true) await overview.setPolicy(actor, policy)
    return { ...(await overview.previewPolicy(policy)) }
  })
}

function parsePolicy({ interval, epoch, cap }: app.latchkey.defs.Policy): Policy {
  const instant = Date.parse(epoch)
  if (!(instant >= 0)) throw invalidRequest('epoch must be a date from 1970 on')
  return { interval: interval ?? null, epoch: instant, cap }
}
