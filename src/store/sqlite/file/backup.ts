import { chownSync, closeSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { prepareRows } from '../rows/rows.ts'

/** Readable and writable by its owner alone: an invite code is a key. */
export const PRIVATE_MODE = 0o600

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
    proveWhole(partial, summarize(source))
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

/**
 * Gives a file that root made for Latchkey to the user that Latchkey runs as, who could not open it otherwise. Does
 * nothing for anybody else.
 *
 * @param model whose owner it gets; that of its folder where left out
 */
export function giveTo(path: string, model = dirname(path)): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(model)
  chownSync(path, uid, gid)
}

/**
 * Proves that a copy is whole, and makes of it one file that needs none beside it.
 *
 * @param expected what {@link summarize} says of its original, where that is known
 * @throws CopyMismatchError
 */
export function proveWhole(path: string, expected?: string): void {
  // Not read-only: integrity_check would then pass over the CHECK constraints.
  using copy = new DatabaseSync(path, { timeout: 0 })
  copy.exec('PRAGMA journal_mode = DELETE')
  const faults = prepareRows<[string]>(copy, 'PRAGMA integrity_check').all()
  if (faults.length !== 1 || faults[0]?.[0] !== 'ok')
    throw new CopyMismatchError(`The copy ${path} is damaged: ${faults.join('; ')}`)
  const found = summarize(copy)
  if (expected !== undefined && found !== expected)
    throw new CopyMismatchError(`The copy ${path} has ${found} where the database has ${expected}`)
}

/** @returns the version, and the rows of each table, in words that can be compared */
export function summarize(db: DatabaseSync): string {
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
