import type { InviteStore } from '../invites/store.ts'
import type { Instant } from '../invites/types.ts'
import { accountMethods } from './sqlite/accounts.ts'
import { codeMethods } from './sqlite/codes.ts'
import { connect } from './sqlite/connection.ts'
import { feedMethods } from './sqlite/feed.ts'
import { hostMethods } from './sqlite/hosts.ts'
import { MIGRATIONS } from './sqlite/migrations.ts'
import { openDatabase } from './sqlite/open.ts'
import { reservationMethods } from './sqlite/reservations.ts'
import { DEFAULT_RETRY, type Retry } from './sqlite/retry.ts'
import { settlingMethods } from './sqlite/settling.ts'

export interface SqliteStoreOptions {
  /** The database file; created where there is none, in a folder that exists. */
  readonly path: string
  /** The wall clock, for the name of the copy that is made before a migration. */
  readonly now?: () => Instant
  /** How calls wait for a lock; two seconds in all unless told otherwise. */
  readonly retry?: Partial<Retry>
}

/**
 * Opens the store in an SQLite file and brings it to the newest version; see `openDatabase` for how, and for the errors.
 * Several stores, in one process or in many, may be open on one file.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<InviteStore> {
  const { path, now = Date.now } = options
  const retry: Retry = { ...DEFAULT_RETRY, ...options.retry }
  const db = await openDatabase({ path, migrations: MIGRATIONS, now, retry })
  const connection = connect(db, path, retry)
  // Writes nothing, but fails where nothing can be written, which a transaction alone does not.
  const touch = db.prepare('DELETE FROM host WHERE false')
  return {
    check: () => connection.write(() => void touch.run()),
    ...hostMethods(connection),
    ...accountMethods(connection),
    ...codeMethods(connection),
    ...feedMethods(connection),
    ...reservationMethods(connection),
    ...settlingMethods(connection),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  }
}
