import { DatabaseSync } from 'node:sqlite'
import { StoreUnavailableError } from '../../invites/store.ts'
import type { Instant } from '../../invites/types.ts'
import { createPrivateFile, writeVerifiedCopy } from './backup.ts'
import { rollBack } from './connection.ts'
import { asStoreError } from './errors.ts'
import { retryWhileBusy, type Retry } from './retry.ts'
import { prepareRows } from './rows.ts'

/** Marks a file as Latchkey's: "LKEY" in ASCII, kept where SQLite keeps application ids. */
const APPLICATION_ID = 0x4c4b4559

/** How long to wait at the start: another process may be copying and migrating a large file. Milliseconds. */
const OPENING_BUDGET = 60_000

/** The file holds something that this Latchkey can't work with. It was not changed. */
export class UnfitDatabaseError extends Error {
  override readonly name = 'UnfitDatabaseError'
}

export interface OpenDatabase {
  readonly path: string
  /** Every migration that exists, oldest first. */
  readonly migrations: readonly string[]
  /** The wall clock, for the name of the copy. */
  readonly now: () => Instant
  readonly retry: Retry
}

/**
 * Opens a database file, creating it for its owner alone where there is none, and brings it to the newest version. A
 * file with content is first copied beside itself as `<path>.before-v<version>-<time>.bak`, and the copy is verified.
 * Any number of processes may open the same file at once: one migrates, the others wait for it.
 *
 * @throws UnfitDatabaseError when the file is of a newer version or not Latchkey's; StoreUnavailableError when it can't
 *   be opened, read or written; StoreBusyError when it stayed locked for a minute
 */
export async function openDatabase(options: OpenDatabase): Promise<DatabaseSync> {
  const { path } = options
  createWhereMissing(path)
  let db: DatabaseSync | undefined
  try {
    const opened = (db = new DatabaseSync(path, { timeout: 0 }))
    await retryWhileBusy(() => prepare(opened, options), { ...options.retry, budget: OPENING_BUDGET })
    return opened
  } catch (error) {
    db?.close()
    throw asStoreError(error, path)
  }
}

/** An existing file is never opened here: closing it would drop the locks that this process holds on it elsewhere. */
function createWhereMissing(path: string): void {
  try {
    createPrivateFile(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return
    const reason = error instanceof Error ? error.message : 'unknown failure'
    throw new StoreUnavailableError(`The database ${path} can't be created: ${reason}`, { cause: error })
  }
}

/** Can be repeated from any point at which it met a lock. */
function prepare(db: DatabaseSync, options: OpenDatabase): void {
  refuseUnfit(db, options)
  db.exec('PRAGMA journal_mode = WAL')
  db.exec('PRAGMA synchronous = FULL')
  db.exec('BEGIN IMMEDIATE')
  try {
    refuseUnfit(db, options) // Another process may have migrated it just now.
    migrate(db, options)
    db.exec('COMMIT')
  } catch (error) {
    rollBack(db)
    throw error
  }
}

function refuseUnfit(db: DatabaseSync, { path, migrations }: OpenDatabase): void {
  const version = pragma(db, 'user_version')
  if (version > migrations.length)
    throw new UnfitDatabaseError(
      `The database ${path} has version ${version} and the newest that this Latchkey knows is ${migrations.length}: ` +
        'start a newer Latchkey, or restore the copy that was made before the change',
    )
  const objects = prepareRows<[number]>(db, 'SELECT count(*) FROM sqlite_schema').get()?.[0] ?? 0
  if (objects > 0 && pragma(db, 'application_id') !== APPLICATION_ID)
    throw new UnfitDatabaseError(`The file ${path} is a database of another program than Latchkey`)
}

function migrate(db: DatabaseSync, { path, migrations, now }: OpenDatabase): void {
  const found = pragma(db, 'user_version')
  if (found > 0 && found < migrations.length) {
    const time = new Date(now()).toISOString().replaceAll(/[:.]/g, '-')
    writeVerifiedCopy(path, `${path}.before-v${migrations.length}-${time}.bak`)
  }
  for (const migration of migrations.slice(found)) db.exec(migration)
  // Set even when nothing changes: it proves that the file can be written, which BEGIN IMMEDIATE does not.
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}`)
  db.exec(`PRAGMA user_version = ${migrations.length}`)
}

function pragma(db: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return prepareRows<[number]>(db, `PRAGMA ${name}`).get()?.[0] ?? 0
}
