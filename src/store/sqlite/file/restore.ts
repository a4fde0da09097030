import {
  createReadStream,
  createWriteStream,
  existsSync,
  linkSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { realpath } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { pipeline } from 'node:stream/promises'
import type { Instant } from '../../../invites/types.ts'
import { giveTo, PRIVATE_MODE, proveWhole } from './backup.ts'
import { asStoreError, isBusy } from './errors.ts'
import { prepareRows } from '../rows/rows.ts'
import { type Contents, contentsOf, CopyRefusedError, openOurs, syncFolder } from './snapshot.ts'

/** What a restored backup holds, and where the database is that was there before. */
export interface Restored extends Contents {
  /** Undefined when there was none. */
  readonly setAside: string | undefined
}

/** What SQLite keeps beside a database in use. Beside another database they would be taken for its own. */
const COMPANIONS = ['-wal', '-shm', '-journal']

/**
 * Puts a backup in the place of a database that nobody has open. The backup is copied and proved first; then one
 * renaming changes the one for the other, so that a crash leaves either, whole. The one before stays beside it as
 * `<path>.before-restore-<time>.bak`.
 *
 * @param options.now the wall clock, for that name
 * @throws CopyRefusedError when the database is in use or the backup can't be read, CopyMismatchError or
 *   StoreUnavailableError when one of them is damaged, UnfitDatabaseError when the backup is not Latchkey's or of a newer
 *   version; nothing was changed
 */
export async function restoreDatabase(options: {
  readonly path: string
  readonly backup: string
  readonly now: () => Instant
}): Promise<Restored> {
  const { backup, now } = options
  // Where a link leads to, so that it is the file that changes.
  const path = existsSync(options.path) ? await realpath(options.path) : options.path
  await refuseBackup(backup, path)
  const fresh = `${path}.restoring-${process.pid}`
  const time = new Date(now()).toISOString().replaceAll(/[:.]/g, '-')
  const aside = `${path}.before-restore-${time}.bak`
  try {
    await copyPrivately(backup, fresh)
    prove(fresh, backup)
    const contents = contentsOf(fresh)
    const there = existsSync(path)
    using _lock = there ? lockAlone(path) : undefined
    giveTo(fresh, there ? path : undefined)
    change(path, fresh, aside)
    return { ...contents, setAside: there ? aside : undefined }
  } finally {
    for (const suffix of ['', ...COMPANIONS]) rmSync(`${fresh}${suffix}`, { force: true })
  }
}

function change(path: string, fresh: string, aside: string): void {
  try {
    for (const suffix of COMPANIONS)
      if (existsSync(`${path}${suffix}`)) renameSync(`${path}${suffix}`, `${aside}${suffix}`)
    if (existsSync(path)) linkSync(path, aside)
    syncFolder(path)
    renameSync(fresh, path)
    syncFolder(path)
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown failure'
    throw new CopyRefusedError(`The database ${path} can't be changed for the backup: ${reason}.`, {
      cause: error,
    })
  }
}

async function refuseBackup(backup: string, path: string): Promise<void> {
  if (!statSync(backup, { throwIfNoEntry: false })?.isFile())
    throw new CopyRefusedError(`There is no backup ${backup}.`)
  if (existsSync(path) && (await realpath(backup)) === (await realpath(path)))
    throw new CopyRefusedError(`${backup} is the database itself, and no backup of it.`)
  if ((statSync(`${backup}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0)
    throw new CopyRefusedError(
      `${backup} is a database in use and no backup, since there is ${backup}-wal: make one with latchkey backup.`,
    )
}

async function copyPrivately(from: string, to: string): Promise<void> {
  try {
    await pipeline(
      createReadStream(from),
      createWriteStream(to, { flags: 'wx', mode: PRIVATE_MODE, flush: true }),
    )
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown failure'
    throw new CopyRefusedError(`The backup ${from} can't be copied: ${reason}.`, { cause: error })
  }
}

/** Looks at the copy, so that the backup itself stays as it is; what is wrong is said of the backup. */
function prove(copy: string, backup: string): void {
  try {
    openOurs(copy).close()
    proveWhole(copy)
  } catch (error) {
    const known = asStoreError(error, copy)
    if (known instanceof Error) known.message = known.message.replaceAll(copy, backup)
    throw known
  }
}

/**
 * Takes a database for this process alone, with all that was committed in the one file. SQLite leaves its write-ahead
 * log only when nobody else has the database open: see https://www.sqlite.org/pragma.html#pragma_journal_mode.
 */
function lockAlone(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    db.exec('PRAGMA journal_mode = DELETE')
    db.exec('BEGIN EXCLUSIVE')
    // Somebody may have come between the two, and gone back to the log: then the second excludes nobody.
    const mode = prepareRows<[string]>(db, 'PRAGMA journal_mode').get()?.[0]
    if (mode !== 'delete') throw inUse(path)
    return db
  } catch (error) {
    db.close()
    if (isBusy(error)) throw inUse(path)
    const known = asStoreError(error, path)
    if (known === error) throw error
    throw new CopyRefusedError(
      `${path} can't be locked, so that it may be in use: stop Latchkey, move it and ${path}-wal and -shm away, and try again.`,
      { cause: error },
    )
  }
}

function inUse(path: string): CopyRefusedError {
  return new CopyRefusedError(
    `The database ${path} is in use: stop every Latchkey that has it open, and try again.`,
  )
}
