import { type InviteStore, StoreUnavailableError } from '../invites/store.ts'
import type { Instant } from '../invites/types.ts'
import { accountMethods } from './sqlite/accounts.ts'
import { batchMethods } from './sqlite/batches.ts'
import { codeMethods } from './sqlite/codes.ts'
import { eventMethods } from './sqlite/events.ts'
import { connect, type Connection } from './sqlite/file/connection.ts'
import { feedMethods } from './sqlite/feed.ts'
import { OPERATIONS_PER_COMMIT } from './sqlite/file/group-commit.ts'
import { givingMethods } from './sqlite/giving.ts'
import { hostMethods } from './sqlite/hosts.ts'
import { importMethods } from './sqlite/imports.ts'
import { mendingStore, type Opened } from './sqlite/file/mending.ts'
import { MIGRATIONS } from './sqlite/migrations.ts'
import { openDatabase } from './sqlite/file/open.ts'
import { overviewMethods } from './sqlite/overview.ts'
import { type AsItIs, canWrite, openAsItIs, openFrozen } from './sqlite/file/read-only.ts'
import { reconcileMethods } from './sqlite/reconciling.ts'
import { reservationMethods } from './sqlite/reservations.ts'
import { DEFAULT_RETRY, type Retry } from './sqlite/file/retry.ts'
import { searchMethods } from './sqlite/search.ts'
import { settlingMethods } from './sqlite/settling.ts'
import { undoMethods } from './sqlite/undoing.ts'
import { webMethods } from './sqlite/web.ts'

export interface SqliteStoreOptions {
  /** The database file; created where there is none, in a folder that exists. */
  readonly path: string
  /** The wall clock, for the name of the copy that is made before a migration. */
  readonly now?: () => Instant
  /** How calls wait for a lock; two seconds in all unless told otherwise. */
  readonly retry?: Partial<Retry>
  /** Ends the waiting for a lock at the opening. */
  readonly signal?: AbortSignal | undefined
  /** How many operations may share a commit: with 1 each has one of its own. */
  readonly operationsPerCommit?: number
  /** Told why the file can only be read, and later when it can be written. */
  readonly watcher?: StoreWatcher
}

export interface StoreWatcher {
  readonly unwritable: (reason: StoreUnavailableError) => void
  readonly writable: () => void
}

/**
 * Opens the store in an SQLite file and brings it to the newest version; see `openDatabase` for how, and for the errors.
 * Several stores, in one process or in many, may be open on one file.
 *
 * A file of the newest version is opened also where nothing can be written, for want of room or of rights: reads are
 * answered, and writes rejected with a `StoreUnavailableError` until it can be written.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<InviteStore> {
  const { path, now = Date.now, operationsPerCommit = OPERATIONS_PER_COMMIT, signal, watcher } = options
  const retry: Retry = { ...DEFAULT_RETRY, ...options.retry }
  const wanted = { path, migrations: MIGRATIONS }

  function opened({ db, isCurrent }: AsItIs): Opened {
    return {
      store: storeOver(connect({ db, path, retry, operationsPerCommit })),
      canWrite: canWrite(db, wanted),
      isCurrent,
    }
  }

  let reason = new StoreUnavailableError(`The database ${path} can only be read`)
  const first = await openDatabase({ ...wanted, now, retry, signal }).then(
    (db) => opened({ db }),
    (error: unknown) => {
      if (!(error instanceof StoreUnavailableError)) throw error
      reason = error
      return opened(openFrozen(wanted, error))
    },
  )
  if (first.canWrite) return first.store
  watcher?.unwritable(reason)
  return mendingStore({
    first,
    open: () => opened(openAsItIs(wanted)),
    elapsed: retry.elapsed,
    onMended: () => watcher?.writable(),
  })
}

function storeOver(connection: Connection): InviteStore {
  const { db } = connection
  // Writes nothing, but fails where nothing can be written, which a transaction alone does not.
  const touch = db.prepare('DELETE FROM host WHERE false')
  return {
    check: () => connection.write(() => void touch.run()),
    ...hostMethods(connection),
    ...accountMethods(connection),
    ...batchMethods(connection),
    ...undoMethods(connection),
    ...eventMethods(connection),
    ...searchMethods(connection),
    ...codeMethods(connection),
    ...feedMethods(connection),
    ...givingMethods(connection),
    ...importMethods(connection),
    ...overviewMethods(connection),
    ...reconcileMethods(connection),
    ...reservationMethods(connection),
    ...settlingMethods(connection),
    ...webMethods(connection),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  }
}
