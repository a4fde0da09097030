import { app } from '../lexicons/index.ts'
import { operatorsOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { logCursor, pageOf, parseLogCursor } from './kit/cursors.ts'
import { method, type XrpcMethod } from './kit/method.ts'
import { batchView } from './kit/operator-views.ts'

/** Recorded actions, newest first. */
export function listBatches(context: XrpcContext): XrpcMethod {
  return method(
    app.latchkey.admin.listBatches.main,
    operatorsOnly(context, 'GET', 'moderator'),
    async ({ params: { limit, cursor }, caller: { role } }) => {
      const found = await context.operations.listBatches({ limit: limit + 1, after: parseLogCursor(cursor) })
      const { page, ...rest } = pageOf(found, limit, logCursor)
      return { ...rest, batches: page.map((batch) => batchView(batch, role)) }
    },
  )
}
