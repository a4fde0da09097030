import type { DatabaseSync } from 'node:sqlite'
import { ADMIN, type Instant } from '../../../invites/types.ts'
import { noteKeeper } from './notes.ts'

/** Gifted codes that are alike but for their owners and uses. */
export interface Gifts {
  readonly host: string
  readonly createdAt: Instant
  readonly codes: readonly {
    readonly code: string
    readonly forAccount: string
    readonly available: number
  }[]
  readonly expiresAt?: Instant | null
  readonly note?: string | null
  readonly restrictedTo?: string | null
}

/**
 * Prepares what inserts gifted codes, thousands of them at once: those of equal uses by one statement, and in the order of most
 * indexes, so that each of their pages is found and changed once. Code by code as they come it takes half as long again.
 *
 * @returns a function that throws a collision of keys when one of the codes exists; then some of the others may be there,
 *   and the transaction is to be undone
 */
export function giftInserter(db: DatabaseSync): (gifts: Gifts) => void {
  const insert = db.prepare(
    `INSERT INTO invite_code (code, host, for_account, created_by, created_at, available, expires_at, note, restricted_to)
     SELECT code.value, $host, owner.key, '${ADMIN}', $createdAt, $available, $expiresAt, $note, $restrictedTo
     FROM json_each($codesByOwner) AS owner, json_each(owner.value) AS code
     ORDER BY code.value`,
  )
  const keepNote = noteKeeper(db)
  return ({ host, createdAt, codes, expiresAt = null, note = null, restrictedTo = null }) => {
    const alike = { host, createdAt, expiresAt, note, restrictedTo }
    for (const [available, some] of Map.groupBy(codes, (code) => code.available))
      insert.run({ ...alike, available, codesByOwner: byOwner(some) })
    keepNote(note)
  }
}

/** A JSON object: the names of each owner's codes. */
function byOwner(codes: Gifts['codes']): string {
  const names = new Map<string, string[]>()
  for (const { code, forAccount } of codes) {
    const some = names.get(forAccount)
    if (some === undefined) names.set(forAccount, [code])
    else some.push(code)
  }
  return JSON.stringify(Object.fromEntries(names))
}
