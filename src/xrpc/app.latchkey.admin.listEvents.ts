import type { ListedEvent } from '../invites/audit.ts'
import { app } from '../lexicons/index.ts'
import { operatorsOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { logCursor, pageOf, parseLogCursor } from './kit/cursors.ts'
import { datetime } from './kit/datetime.ts'
import { method, type XrpcMethod } from './kit/method.ts'

/** The audit log, newest first. */
export function listEvents(context: XrpcContext): XrpcMethod {
  return method(
    app.latchkey.admin.listEvents.main,
    operatorsOnly(context, 'GET', 'moderator'),
    async ({ params: { actor = null, action = null, limit, cursor } }) => {
      const after = parseLogCursor(cursor)
      const found = await context.operations.listEvents({ actor, action, limit: limit + 1, after })
      const { page, ...rest } = pageOf(found, limit, logCursor)
      return { ...rest, events: page.map(eventView) }
    },
  )
}

type EventView = app.latchkey.admin.listEvents.Event

function eventView({ at, detail, ...event }: ListedEvent): EventView {
  return { ...event, at: datetime(at), detail: detail as NonNullable<EventView['detail']> }
}
