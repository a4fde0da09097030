import type { AuditAction, AuditEvent, AuditStore, ListedEvent } from '../../invites/audit.ts'
import type { Connection } from './file/connection.ts'
import { auditor } from './rows/audit.ts'
import { handleOf } from './rows/people.ts'
import { prepareRows, type Rows } from './rows/rows.ts'

type EventRow = [
  id: string,
  at: number,
  actor: string,
  action: AuditAction,
  subject: string,
  detail: string,
  actorHandle: string | null,
  subjectHandle: string | null,
]

const WHERE = {
  all: '',
  actor: 'actor = $actor AND',
  action: 'action = $action AND',
  both: 'actor = $actor AND action = $action AND',
} as const

type Filter = keyof typeof WHERE

/** One page of the log, by what it is filtered by. */
export function eventsSql(filter: Filter): string {
  return `SELECT id, at, actor, action, subject, detail, ${handleOf('actor')}, ${handleOf('subject')} FROM audit_event
    WHERE ${WHERE[filter]} (at, id) < ($at, $id) ORDER BY at DESC, id DESC LIMIT $limit`
}

/** The audit log. */
export function eventMethods({ db, read, write }: Connection): AuditStore {
  const pages: Record<Filter, Rows<EventRow>> = {
    all: prepareRows(db, eventsSql('all')),
    actor: prepareRows(db, eventsSql('actor')),
    action: prepareRows(db, eventsSql('action')),
    both: prepareRows(db, eventsSql('both')),
  }
  const record = auditor(db)

  return {
    recordEvent: (event) => write(() => record(event, event.action, event.subject, event.detail)),

    listEvents: ({ actor, action, limit, after }) =>
      read(() => {
        const filter =
          actor === null ? (action === null ? 'all' : 'action') : action === null ? 'actor' : 'both'
        const parameters = {
          ...(actor !== null && { actor }),
          ...(action !== null && { action }),
          at: after?.at ?? Number.MAX_SAFE_INTEGER,
          id: after?.id ?? '',
          limit,
        }
        return pages[filter].all(parameters).map(toEvent)
      }),
  }
}

function toEvent(row: EventRow): ListedEvent {
  const [id, at, actor, action, subject, detail, actorHandle, subjectHandle] = row
  return {
    id,
    at,
    actor,
    action,
    subject,
    detail: JSON.parse(detail) as AuditEvent['detail'],
    ...(actorHandle !== null && { actorHandle }),
    ...(subjectHandle !== null && { subjectHandle }),
  }
}
