import type { DatabaseSync } from 'node:sqlite'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { fill } from './bulk.ts'
import { codesOf, type DataSet, HOSTNAME, INTERVAL, membersOf } from './sets.ts'

/**
 * Makes Latchkey's database as it is some time after `latchkey import --take-over`: all accounts known and active by a
 * listing, all codes Latchkey's, earning open.
 */
export async function seedLatchkey(path: string, set: DataSet, now: number): Promise<void> {
  {
    await using store = await openSqliteStore({ path })
    await store.openHost({ hostname: HOSTNAME, did: `did:web:${HOSTNAME}` })
    await store.openEarning(HOSTNAME, now)
    // As the settings have it, so that no start has to write it.
    await store.setPolicy(HOSTNAME, { interval: INTERVAL, epoch: 0, cap: 5 })
    await store.finishResync(HOSTNAME, now, now)
    await store.advanceCursor(HOSTNAME, 0)
  }
  fill(path, (db) => {
    // First: a trigger looks for accounts that came by each code, without an index for now.
    insertCodes(db, set, now)
    insertAccounts(db, set, now)
  })
}

function insertAccounts(db: DatabaseSync, set: DataSet, now: number): void {
  const insert = db.prepare(
    `INSERT INTO account (did, host, handle, created_at, status_seq, imported_at, upstream_invites_disabled)
     VALUES (?, '${HOSTNAME}', ?, ?, 1, ?, 0)`,
  )
  for (const { number, did, createdAt } of membersOf(set))
    insert.run(did, `m${number}.${HOSTNAME}`, createdAt, now)
}

function insertCodes(db: DatabaseSync, set: DataSet, now: number): void {
  const insert = db.prepare(
    `INSERT INTO invite_code (code, host, for_account, created_by, ordinal, created_at, available, used, imported_at,
       upstream_disabled, upstream)
     VALUES (?, '${HOSTNAME}', ?, ?, ?, ?, ?, ?, ?, 0, 'ours')`,
  )
  const insertUse = db.prepare('INSERT INTO invite_use (code, used_by, used_at) VALUES (?, ?, ?)')
  for (const { code, owner, ordinal, createdAt, available, uses } of codesOf(set)) {
    const creator = ordinal === undefined ? 'admin' : owner
    insert.run(code, owner, creator, ordinal ?? null, createdAt, available, uses.length, now)
    for (const { usedBy, usedAt } of uses) insertUse.run(code, usedBy, usedAt)
  }
}
