import type { DatabaseSync } from 'node:sqlite'
import { StoreUnavailableError } from '../../../invites/store.ts'
import { asStoreError, isBusy } from './errors.ts'
import { GroupCommit, rollBack } from './group-commit.ts'
import { retryWhileBusy, type Retry } from './retry.ts'

/** One open database, and the only ways in which its statements are run. */
export interface Connection extends AsyncDisposable {
  readonly db: DatabaseSync
  /** Runs synchronous reads in one snapshot, without a write lock. */
  readonly read: <T>(work: () => T) => Promise<T>
  /** Runs a single statement that reads, which is a snapshot by itself. */
  readonly readOne: <T>(work: () => T) => Promise<T>
  /**
   * Runs synchronous writes: all of them or, when `work` throws, none. They share a commit with others of the same turn, and
   * `work` may run again before it.
   */
  readonly write: <T>(work: () => T) => Promise<T>
}

export interface ConnectOptions {
  readonly db: DatabaseSync
  /** Named in the errors. */
  readonly path: string
  readonly retry: Retry
  /** How many operations may share a commit. */
  readonly operationsPerCommit: number
}

/**
 * Wraps an open database. Closing it refuses new calls, lets those that wait for a lock finish or give up, moves the
 * write-ahead log into the file, and closes.
 */
export function connect({ db, path, retry, operationsPerCommit }: ConnectOptions): Connection {
  const begin = db.prepare('BEGIN')
  const commit = db.prepare('COMMIT')
  const group = new GroupCommit(db, retry, operationsPerCommit)
  let reading = 0
  let closed = false
  let whenIdle: (() => void) | undefined

  function snapshot<T>(work: () => T): T {
    begin.run()
    try {
      const result = work()
      commit.run()
      return result
    } catch (error) {
      rollBack(db)
      throw error
    }
  }

  async function read<T>(work: () => T): Promise<T> {
    refuseClosed()
    try {
      return work()
    } catch (error) {
      if (!isBusy(error)) throw asStoreError(error, path)
      return readLater(work)
    }
  }

  /** While the log is put together after a crash, not even reads get through. */
  async function readLater<T>(work: () => T): Promise<T> {
    reading += 1
    try {
      return await retryWhileBusy(work, retry)
    } catch (error) {
      throw asStoreError(error, path)
    } finally {
      reading -= 1
      if (reading === 0) whenIdle?.()
    }
  }

  function refuseClosed(): void {
    if (closed) throw new StoreUnavailableError(`The database ${path} is closed`)
  }

  return {
    db,
    read: (work) => read(() => snapshot(work)),
    readOne: read,
    async write(work) {
      refuseClosed()
      try {
        return await group.write(work)
      } catch (error) {
        throw asStoreError(error, path)
      }
    },
    async [Symbol.asyncDispose]() {
      if (closed) return
      closed = true
      await group.idle()
      if (reading > 0) await new Promise<void>((resolve) => (whenIdle = resolve))
      checkpoint(db)
      db.close()
    },
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
