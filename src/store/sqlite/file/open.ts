import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { StoreUnavailableError } from '../../../invites/store.ts'
import type { Instant } from '../../../invites/types.ts'
import { createPrivateFile, giveTo, writeVerifiedCopy } from './backup.ts'
import { rollBack } from './group-commit.ts'
import { asStoreError } from './errors.ts'
import { retryWhileBusy, type Retry } from './retry.ts'
import { prepareRows } from '../rows/rows.ts'

/** Marks a file as Latchkey's: "LKEY" in ASCII, kept where SQLite keeps application ids. */
const APPLICATION_ID = 0x4c4b4559

/**
 * What a connection that writes is set to. The pages kept in memory are 16 MB: of 2, one request for many codes is too much.
 * The log is moved into the file at 16 MB as well, and stays that long beside it: the pages of random keys are changed by nearly
 * every commit, and at 4 MB a page was written to the file almost as often as to the log. The commit that moves it took 11 ms
 * instead of 6 then, and is one of four times as many.
 */
export const CONNECTION_SETTINGS = [
  'PRAGMA journal_mode = WAL',
  'PRAGMA synchronous = FULL',
  'PRAGMA cache_size = -16384',
  'PRAGMA wal_autocheckpoint = 4096',
]

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
  /** Ends the waiting for a lock. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens a database file, creating it for its owner alone where there is none, and brings it to the newest version. A
 * file with content is first copied beside itself as `<path>.before-v<version>-<time>.bak`, and the copy is verified.
 * Any number of processes may open the same file at once: one migrates, the others wait for it. Nothing is written to a
 * file that is of the newest version: it may be one that can only be read.
 *
 * @throws UnfitDatabaseError when the file is of a newer version or not Latchkey's; StoreUnavailableError when it can't
 *   be opened, read or, if need be, migrated; StoreBusyError when it stayed locked for a minute; the reason of the
 *   signal
 */
export async function openDatabase(options: OpenDatabase): Promise<DatabaseSync> {
  const { path, signal, retry } = options
  createWhereMissing(path)
  let db: DatabaseSync | undefined
  try {
    const inode = inodeOf(path)
    const opened = (db = new DatabaseSync(path, { timeout: 0 }))
    const attempt = () => {
      signal?.throwIfAborted()
      if (inodeOf(path) === inode) prepare(opened, options)
    }
    await retryWhileBusy(attempt, { ...retry, budget: OPENING_BUDGET })
    if (inodeOf(path) === inode) return opened
  } catch (error) {
    db?.close()
    throw asStoreError(error, path)
  }
  // A backup was put in its place meanwhile, and what is open is the file that was set aside.
  db.close()
  return openDatabase(options)
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}

/** An existing file is never opened here: closing it would drop the locks that this process holds on it elsewhere. */
function createWhereMissing(path: string): void {
  try {
    createPrivateFile(path)
    giveTo(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return
    const reason = error instanceof Error ? error.message : 'unknown failure'
    throw new StoreUnavailableError(`The database ${path} can't be created: ${reason}`, { cause: error })
  }
}

/** Can be repeated from any point at which it met a lock. */
function prepare(db: DatabaseSync, options: OpenDatabase): void {
  refuseUnfit(db, options)
  for (const setting of CONNECTION_SETTINGS) db.exec(setting)
  if (isNewest(db, options.migrations)) return
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

/** @throws UnfitDatabaseError when it can't be worked with */
export function refuseUnfit(
  db: DatabaseSync,
  { path, migrations }: Pick<OpenDatabase, 'path' | 'migrations'>,
): void {
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

/** Whether it can be worked with as it is. */
export function isNewest(db: DatabaseSync, migrations: readonly string[]): boolean {
  return pragma(db, 'user_version') === migrations.length && isOurs(db)
}

/** Whether Latchkey made it; an empty file is nobody's. */
export function isOurs(db: DatabaseSync): boolean {
  return pragma(db, 'application_id') === APPLICATION_ID
}

function migrate(db: DatabaseSync, { path, migrations, now }: OpenDatabase): void {
  const found = pragma(db, 'user_version')
  if (found > 0 && found < migrations.length) {
    const time = new Date(now()).toISOString().replaceAll(/[:.]/g, '-')
    writeVerifiedCopy(path, `${path}.before-v${migrations.length}-${time}.bak`)
  }
  for (const migration of migrations.slice(found)) db.exec(migration)
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}`)
  db.exec(`PRAGMA user_version = ${migrations.length}`)
}

function pragma(db: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return prepareRows<[number]>(db, `PRAGMA ${name}`).get()?.[0] ?? 0
}
