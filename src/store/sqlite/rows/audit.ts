import type { DatabaseSync } from 'node:sqlite'
import type { AuditAction, AuditEvent, Deed } from '../../../invites/audit.ts'

/**
 * Prepares what writes a line of the audit log. It is to be called within the transaction that does what it tells of, so
 * that neither is there without the other.
 *
 * @returns a function that does nothing without a deed: then Latchkey itself acts, which is not recorded
 */
export function auditor(
  db: DatabaseSync,
): (deed: Deed | undefined, action: AuditAction, subject: string, detail?: AuditEvent['detail']) => void {
  const insert = db.prepare(
    `INSERT INTO audit_event (id, at, actor, action, subject, detail)
     VALUES ($id, $at, $actor, $action, $subject, $detail)
     ON CONFLICT (id) DO UPDATE SET detail = excluded.detail`,
  )
  return (deed, action, subject, detail = {}) => {
    if (deed === undefined) return
    const { id, at, actor } = deed
    insert.run({ id, at, actor, action, subject, detail: JSON.stringify(detail) })
  }
}
