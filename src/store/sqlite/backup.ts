import { closeSync, openSync, renameSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { prepareRows } from './rows.ts'

/** Readable and writable by its owner alone: an invite code is a key. */
const PRIVATE_MODE = 0o600

/** The verified copy is not what the database is. Nothing was changed. */
export class CopyMismatchError extends Error {
  override readonly name = 'CopyMismatchError'
}

/**
 * Writes a copy of a database as it was last committed, and opens it to prove that it is whole: SQLite finds no fault in
 * it, and it has the version and the number of rows of the original.
 *
 * @param original a path; its write lock is held by the caller, so that nothing is written meanwhile
 * @param copy the path of the copy, which appears there only when it is proved
 * @throws CopyMismatchError, or the error of SQLite or the file system; no copy is left
 */
export function writeVerifiedCopy(original: string, copy: string): void {
  const partial = `${copy}.partial`
  try {
    createPrivateFile(partial)
    using source = new DatabaseSync(original, { timeout: 0 })
    source.exec('PRAGMA synchronous = FULL')
    source.prepare('VACUUM INTO ?').run(partial)
    verify(source, partial)
    renameSync(partial, copy)
  } catch (error) {
    rmSync(partial, { force: true })
    throw error
  }
}

/** Creates an empty file for its owner alone, for SQLite to fill. */
export function createPrivateFile(path: string): void {
  closeSync(openSync(path, 'wx', PRIVATE_MODE))
}

function verify(source: DatabaseSync, path: string): void {
  // Not read-only: integrity_check would then pass over the CHECK constraints.
  using copy = new DatabaseSync(path, { timeout: 0 })
  const faults = prepareRows<[string]>(copy, 'PRAGMA integrity_check').all()
  if (faults.length !== 1 || faults[0]?.[0] !== 'ok')
    throw new CopyMismatchError(`The copy ${path} is damaged: ${faults.join('; ')}`)
  const expected = summary(source)
  const found = summary(copy)
  if (found !== expected)
    throw new CopyMismatchError(`The copy ${path} has ${found} where the database has ${expected}`)
}

/** The version, and the rows of each table, in words that can be compared. */
function summary(db: DatabaseSync): string {
  const version = prepareRows<[number]>(db, 'PRAGMA user_version').get()?.[0]
  const tables = prepareRows<[string]>(
    db,
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
  ).all()
  const counts = tables.map(([table]) => {
    const rows = prepareRows<[number]>(db, `SELECT count(*) FROM "${table.replaceAll('"', '""')}"`).get()?.[0]
    return `${rows} rows of ${table}`
  })
  return [`version ${version}`, ...counts].join(', ')
}
