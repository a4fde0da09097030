import { StoreBusyError, StoreUnavailableError } from '../../../invites/store.ts'

/** Primary result codes, https://www.sqlite.org/rescode.html. */
const BUSY = 5
const READONLY = 8
const PROTOCOL = 15
const UNAVAILABLE: ReadonlySet<number> = new Set([
  3, // PERM
  READONLY,
  10, // IOERR
  11, // CORRUPT
  13, // FULL
  14, // CANTOPEN
  26, // NOTADB
])
const CONSTRAINT_PRIMARY_KEY = 1555

function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode : undefined
}

function primaryCode(error: unknown): number | undefined {
  const code = resultCode(error)
  return code === undefined ? undefined : code & 0xff
}

/** Whether another connection was in the way, so that the same call may succeed a moment later. */
export function isBusy(error: unknown): boolean {
  const code = primaryCode(error)
  return code === BUSY || code === PROTOCOL
}

/** Whether nothing can be written over this connection, whatever becomes of the file. */
export function isReadOnly(error: unknown): boolean {
  return primaryCode(error) === READONLY
}

/** Whether an insert met a row with the same primary key in the given table. */
export function isKeyCollision(error: unknown, table: string): boolean {
  return (
    resultCode(error) === CONSTRAINT_PRIMARY_KEY &&
    error instanceof Error &&
    error.message.includes(`${table}.`)
  )
}

/** What the port promises for a failure of SQLite; bugs and everything else stay as they are. */
export function asStoreError(error: unknown, path: string): unknown {
  if (isBusy(error)) return new StoreBusyError(`The database ${path} stayed locked`, { cause: error })
  const code = primaryCode(error)
  if (code === undefined || !UNAVAILABLE.has(code)) return error
  const reason = error instanceof Error ? error.message : 'unknown failure'
  return new StoreUnavailableError(`The database ${path} can't be used: ${reason}`, { cause: error })
}
