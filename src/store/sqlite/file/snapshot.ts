import { randomUUID } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { StoreUnavailableError } from '../../../invites/store.ts'
import { createPrivateFile, proveWhole, summarize } from './backup.ts'
import { asStoreError } from './errors.ts'
import { MIGRATIONS } from '../migrations.ts'
import { isOurs, refuseUnfit, UnfitDatabaseError } from './open.ts'
import { prepareRows } from '../rows/rows.ts'

/** A copy can't be made, or not be put in place. The message says why in a sentence, and nothing was changed. */
export class CopyRefusedError extends Error {
  override readonly name = 'CopyRefusedError'
}

/** What a database file holds. */
export interface Contents {
  /** The size of the file. */
  readonly bytes: number
  readonly accounts: number
  readonly codes: number
  readonly uses: number
}

/** Pages between two words on how far it is: 4 MB. */
const PAGES_PER_STEP = 1000

/**
 * Writes a copy of a database that may be in use, for its owner alone, and proves it. What is copied is one snapshot
 * that holds all that was committed before the call; no lock keeps others from writing meanwhile.
 *
 * @param options.progress told how much is done, from 0 to 1
 * @throws CopyRefusedError, CopyMismatchError, UnfitDatabaseError or what the port promises; no copy is left
 */
export async function copySnapshot(options: {
  readonly original: string
  readonly copy: string
  readonly progress: (done: number) => void
}): Promise<Contents> {
  const { original, copy, progress } = options
  if (!existsSync(original)) throw new CopyRefusedError(`There is no database ${original}.`)
  if (existsSync(copy)) throw new CopyRefusedError(`${copy} is there already: nothing is overwritten.`)
  const partial = `${copy}.partial-${randomUUID()}`
  try {
    createForCopy(partial)
    {
      using source = openOurs(original)
      // One snapshot from here on. Without it the copying would begin anew whenever another process writes.
      source.exec('BEGIN')
      const expected = summarize(source)
      await backup(source, partial, {
        rate: PAGES_PER_STEP,
        progress: ({ totalPages, remainingPages }) => progress(1 - remainingPages / totalPages),
      })
      proveWhole(partial, expected)
    }
    renameSync(partial, copy)
    syncFolder(copy)
    return contentsOf(copy)
  } catch (error) {
    const known = asStoreError(error, original)
    if (!(known instanceof StoreUnavailableError) || known === error) throw known
    // The fault may be on either side: a full disk is more often that of the copy.
    const reason = error instanceof Error ? error.message : 'unknown failure'
    throw new StoreUnavailableError(`${original} can't be copied to ${copy}: ${reason}`, { cause: error })
  } finally {
    for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(`${partial}${suffix}`, { force: true })
  }
}

/** @returns what is in a file that nobody else writes */
export function contentsOf(path: string): Contents {
  using db = new DatabaseSync(path, { timeout: 0 })
  const rowsOf = (table: 'account' | 'invite_code' | 'invite_use') =>
    prepareRows<[number]>(db, `SELECT count(*) FROM ${table}`).get()?.[0] ?? 0
  return {
    bytes: statSync(path).size,
    accounts: rowsOf('account'),
    codes: rowsOf('invite_code'),
    uses: rowsOf('invite_use'),
  }
}

/** @throws UnfitDatabaseError when it is none of Latchkey's, not even an empty one, or of a newer version */
export function openOurs(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    refuseUnfit(db, { path, migrations: MIGRATIONS })
    if (!isOurs(db)) throw new UnfitDatabaseError(`The file ${path} is no database of Latchkey`)
    return db
  } catch (error) {
    db.close()
    throw asStoreError(error, path)
  }
}

/** Makes the names in a file's folder as durable as the files. */
export function syncFolder(path: string): void {
  const folder = openSync(dirname(path), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

function createForCopy(path: string): void {
  try {
    createPrivateFile(path)
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown failure'
    throw new StoreUnavailableError(`The copy ${path} can't be written: ${reason}`, { cause: error })
  }
}
