import { type InviteStore, StoreBusyError, StoreUnavailableError } from '../../../invites/store.ts'

/** A store on a file, as it could be opened at some time. */
export interface Opened {
  readonly store: InviteStore
  readonly canWrite: boolean
  /** Whether what it reads is still what is committed; undefined where SQLite itself sees to that. */
  readonly isCurrent?: (() => boolean) | undefined
}

export interface Mending {
  /** What can be used for now. */
  readonly first: Opened
  /** Opens the file as well as it can be, at once. @throws when it can't be read */
  readonly open: () => Opened
  /** A clock that never goes back, in milliseconds. */
  readonly elapsed: () => number
  /** Told once, when the file can be written. */
  readonly onMended: () => void
}

/** How often a file that can't be written is opened anew, in milliseconds. */
const TRY_EVERY = 1000

type Method = (...given: unknown[]) => Promise<unknown>

/**
 * A store that is usable before its file can be written: reads are answered, writes fail. Calls, once a second at most,
 * open the file anew, until it can be written.
 */
export function mendingStore({ first, open, elapsed, onMended }: Mending): InviteStore {
  let opened: Opened | Error = first
  let openedAt = elapsed()
  let opening: Promise<void> | undefined
  let isClosed = false

  function isDue(): boolean {
    if (isClosed || (!(opened instanceof Error) && opened.canWrite)) return false
    return elapsed() - openedAt >= TRY_EVERY || (!(opened instanceof Error) && opened.isCurrent?.() === false)
  }

  /** Closes it first: as long as a process has a file open, SQLite goes on taking it for one that can only be read. */
  async function openAnew(): Promise<void> {
    openedAt = elapsed()
    await close()
    try {
      opened = open()
    } catch (error) {
      opened = asStoreFailure(error)
      return
    }
    if (opened.canWrite) onMended()
  }

  async function close(): Promise<void> {
    if (!(opened instanceof Error)) await opened.store[Symbol.asyncDispose]()
  }

  async function call(name: string, given: unknown[]): Promise<unknown> {
    if (isDue())
      opening ??= openAnew().finally(() => {
        opening = undefined
      })
    if (opening !== undefined) await opening
    if (opened instanceof Error) throw opened
    return (Reflect.get(opened.store, name) as Method)(...given)
  }

  const names = Object.keys(first.store)
  const methods = Object.fromEntries(names.map((name) => [name, (...given: unknown[]) => call(name, given)]))
  return Object.assign(methods as unknown as InviteStore, {
    [Symbol.asyncDispose]: async () => {
      isClosed = true
      await opening
      await close()
    },
  })
}

/** A file that was sound at the start and is not any more can't be used, whatever is the matter with it. */
function asStoreFailure(error: unknown): Error {
  if (error instanceof StoreUnavailableError || error instanceof StoreBusyError) return error
  return new StoreUnavailableError("The database can't be used any more", { cause: error })
}
