import type { DatabaseSync } from 'node:sqlite'
import { StoreUnavailableError } from '../../../invites/store.ts'
import { asStoreError } from './errors.ts'
import { retryWhileBusy, type Retry } from './retry.ts'

/** One open database, and the only two ways in which its statements are run. */
export interface Connection extends AsyncDisposable {
  readonly db: DatabaseSync
  /** Runs synchronous reads in one snapshot, without a write lock. */
  readonly read: <T>(work: () => T) => Promise<T>
  /** Runs synchronous writes in one transaction: all of them or, when `work` throws, none. */
  readonly write: <T>(work: () => T) => Promise<T>
}

/**
 * Wraps an open database. Closing it refuses new calls, lets those that wait for a lock finish or give up, moves the
 * write-ahead log into the file, and closes.
 *
 * @param path named in the errors
 */
export function connect(db: DatabaseSync, path: string, retry: Retry): Connection {
  const begin = db.prepare('BEGIN')
  const beginWriting = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  let running = 0
  let closed = false
  let whenIdle: (() => void) | undefined

  function transaction<T>(start: typeof begin, work: () => T): T {
    start.run()
    try {
      const result = work()
      commit.run()
      return result
    } catch (error) {
      rollBack(db)
      throw error
    }
  }

  async function run<T>(start: typeof begin, work: () => T): Promise<T> {
    if (closed) throw new StoreUnavailableError(`The database ${path} is closed`)
    running += 1
    try {
      return await retryWhileBusy(() => transaction(start, work), retry)
    } catch (error) {
      throw asStoreError(error, path)
    } finally {
      running -= 1
      if (running === 0) whenIdle?.()
    }
  }

  return {
    db,
    read: (work) => run(begin, work),
    write: (work) => run(beginWriting, work),
    async [Symbol.asyncDispose]() {
      if (closed) return
      closed = true
      if (running > 0) await new Promise<void>((resolve) => (whenIdle = resolve))
      checkpoint(db)
      db.close()
    },
  }
}

/** Ends a failed transaction. SQLite has ended it already after some failures, and then there is nothing to do. */
export function rollBack(db: DatabaseSync): void {
  if (!db.isTransaction) return
  try {
    db.exec('ROLLBACK')
  } catch {
    // The failure that led here is the one to tell; the next BEGIN tells this one.
  }
}

/** A courtesy to whoever copies the file: the log is complete and durable without it, so failing is no failure. */
function checkpoint(db: DatabaseSync): void {
  try {
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } catch {
    // See above.
  }
}
