import type { DatabaseSync } from 'node:sqlite'
import { prepareRows } from './rows.ts'

/** So far up it is looked for a ring. */
const STEPS = 10_000

/**
 * Prepares what keeps the tree of who invited whom free of rings: whoever came back by a code from their own branch becomes
 * a root, or the whole branch would hang from nothing that is shown. To be called when somebody's code was recorded.
 */
export function ringCutter(db: DatabaseSync): (did: string) => void {
  const hasInvited = prepareRows<[1]>(
    db,
    'SELECT 1 FROM account a JOIN account b ON b.host = a.host AND b.inviter = a.did WHERE a.did = ? LIMIT 1',
  )
  const inviterOf = prepareRows<[string | null]>(db, 'SELECT inviter FROM account WHERE did = ?')
  const makeRoot = db.prepare('UPDATE account SET inviter = NULL WHERE did = ?')

  return (did) => {
    if (hasInvited.get(did) === undefined) return
    let above = inviterOf.get(did)?.[0] ?? null
    for (let step = 0; above !== null && step < STEPS; step++) {
      if (above === did) {
        makeRoot.run(did)
        return
      }
      above = inviterOf.get(above)?.[0] ?? null
    }
  }
}
