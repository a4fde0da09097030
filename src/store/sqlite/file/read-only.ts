import { existsSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { StoreUnavailableError } from '../../../invites/store.ts'
import { rollBack } from './group-commit.ts'
import { asStoreError, isReadOnly } from './errors.ts'
import { CONNECTION_SETTINGS, isNewest, refuseUnfit } from './open.ts'

interface Wanted {
  readonly path: string
  /** Every migration that exists, oldest first. */
  readonly migrations: readonly string[]
}

/** An open file, which nothing was written to and nobody waited for. */
export interface AsItIs {
  readonly db: DatabaseSync
  /** Whether what it reads is still what is committed; undefined where SQLite itself sees to that. */
  readonly isCurrent?: () => boolean
}

/**
 * Opens a file of the newest version, at once and without creating it.
 *
 * @throws StoreUnavailableError when it can't be read or is to be migrated; StoreBusyError; UnfitDatabaseError
 */
export function openAsItIs(wanted: Wanted): AsItIs {
  const { path } = wanted
  try {
    if (!existsSync(path)) throw new StoreUnavailableError(`The database ${path} is gone`)
    const db = open(wanted, () => new DatabaseSync(path, { timeout: 0 }), CONNECTION_SETTINGS)
    return { db }
  } catch (error) {
    return openFrozen(wanted, error)
  }
}

/**
 * Opens a file where SQLite can't make those that it needs beside it. What is read is right for as long as nobody
 * writes: see https://www.sqlite.org/uri.html, `immutable`.
 *
 * @param reason why it can't be opened as usual
 * @throws the reason, when it can't be opened so either, or would be read without what was committed last
 */
export function openFrozen(wanted: Wanted, reason: unknown): AsItIs {
  const { path } = wanted
  if (hasLog(path)) throw reason
  const before = stampOf(path)
  const url = pathToFileURL(path)
  url.searchParams.set('immutable', '1')
  try {
    const db = open(wanted, () => new DatabaseSync(url, { timeout: 0, readOnly: true }))
    return { db, isCurrent: () => !hasLog(path) && stampOf(path) === before }
  } catch {
    throw reason
  }
}

function open(wanted: Wanted, connect: () => DatabaseSync, settings: readonly string[] = []): DatabaseSync {
  const { path, migrations } = wanted
  let db: DatabaseSync | undefined
  try {
    db = connect()
    refuseUnfit(db, wanted)
    if (!isNewest(db, migrations)) throw new StoreUnavailableError(`The database ${path} is to be migrated`)
    for (const setting of settings) db.exec(setting)
    return db
  } catch (error) {
    db?.close()
    throw asStoreError(error, path)
  }
}

/**
 * Whether a connection can write at all: SQLite opens a file for reading where it may not be written, and such a
 * connection stays so. A full disk and a lock held elsewhere pass by themselves.
 */
export function canWrite(db: DatabaseSync, { migrations }: Wanted): boolean {
  try {
    db.exec('BEGIN')
    // Begins to write, which the end undoes before anything is written.
    db.exec(`PRAGMA user_version = ${migrations.length}`)
    return true
  } catch (error) {
    return !isReadOnly(error)
  } finally {
    rollBack(db)
  }
}

/** Whether something may be committed that is not in the file itself yet. */
function hasLog(path: string): boolean {
  return ['-wal', '-journal'].some(
    (suffix) => (statSync(`${path}${suffix}`, { throwIfNoEntry: false })?.size ?? 0) > 0,
  )
}

/** Differs once the file was written or replaced. */
function stampOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  return found && [found.dev, found.ino, found.size, found.mtimeMs].join(' ')
}
