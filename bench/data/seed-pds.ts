import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { newSecrets, startPds } from '../servers/pds.ts'
import type { Processes } from '../servers/processes.ts'
import { fill } from './bulk.ts'
import { codesOf, type DataSet, HOSTNAME, membersOf } from './sets.ts'

/** No repository is ever read; a listing of accounts shows where it would be. */
const EMPTY_REPO = 'bafyreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq'
const FIRST_REVISION = '3jzfcijpj2z2a'

/** Makes a PDS's databases in an empty folder: it makes them itself, at its first start, and is filled while stopped. */
export async function seedPds(processes: Processes, dataDir: string, set: DataSet): Promise<void> {
  const first = await startPds(processes, { name: 'seeding', dataDir, secrets: newSecrets() })
  await first[Symbol.asyncDispose]()
  fill(accountsIn(dataDir), (db) => {
    insertAccounts(db, set)
    insertCodes(db, set)
  })
}

/** Disables all codes of a PDS that is stopped, as a take-over by Latchkey does. */
export function closeCodes(dataDir: string): void {
  fill(accountsIn(dataDir), (db) => db.exec('UPDATE invite_code SET disabled = 1'))
}

function accountsIn(dataDir: string): string {
  return join(dataDir, 'account.sqlite')
}

function insertAccounts(db: DatabaseSync, set: DataSet): void {
  const actor = db.prepare('INSERT INTO actor (did, handle, createdAt) VALUES (?, ?, ?)')
  const account = db.prepare(
    `INSERT INTO account (did, email, passwordScrypt, invitesDisabled) VALUES (?, ?, 'none', 0)`,
  )
  const root = db.prepare('INSERT INTO repo_root (did, cid, rev, indexedAt) VALUES (?, ?, ?, ?)')
  for (const { number, did, createdAt } of membersOf(set)) {
    const at = new Date(createdAt).toISOString()
    actor.run(did, `m${number}.${HOSTNAME}`, at)
    account.run(did, `m${number}@mail.test`)
    root.run(did, EMPTY_REPO, FIRST_REVISION, at)
  }
}

function insertCodes(db: DatabaseSync, set: DataSet): void {
  const insert = db.prepare(
    `INSERT INTO invite_code (code, availableUses, disabled, forAccount, createdBy, createdAt)
     VALUES (?, ?, 0, ?, ?, ?)`,
  )
  const insertUse = db.prepare('INSERT INTO invite_code_use (code, usedBy, usedAt) VALUES (?, ?, ?)')
  for (const { code, owner, ordinal, createdAt, available, uses } of codesOf(set)) {
    const creator = ordinal === undefined ? 'admin' : owner
    insert.run(code, available, owner, creator, new Date(createdAt).toISOString())
    for (const { usedBy, usedAt } of uses) insertUse.run(code, usedBy, new Date(usedAt).toISOString())
  }
}
