import { randomBytes } from 'node:crypto'
import { type AuditEvent, type AuditStore, COMMAND_LINE, type Deed, makeDeed } from '../invites/audit.ts'

/** Whoever may run a command on this machine acts, now. */
export function deedOfCommand(): Deed {
  return makeDeed(COMMAND_LINE, { now: Date.now, random: randomBytes })
}

/**
 * Does what is more than one transaction, and records it: before the first, so that nothing is done unrecorded, and with
 * what it came to at the end.
 *
 * @param detailOf what the audit log keeps of the outcome
 */
export async function recording<T>(
  { store, hostname }: { readonly store: AuditStore; readonly hostname: string },
  action: AuditEvent['action'],
  work: () => Promise<T>,
  detailOf: (done: T) => AuditEvent['detail'],
): Promise<T> {
  const event = { ...deedOfCommand(), action, subject: hostname }
  await store.recordEvent({ ...event, detail: { finished: false } })
  const done = await work()
  await store.recordEvent({ ...event, detail: detailOf(done) })
  return done
}
