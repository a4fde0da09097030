import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isBusy } from './errors.ts'
import { pauses, type Retry } from './retry.ts'

/** How long the operations of one commit may work before the others have to wait for the next, in milliseconds. */
const WORK_AT_ONCE = 10

/** How many operations share a commit at most. */
export const OPERATIONS_PER_COMMIT = 1000

/** An operation that waits to be written. */
interface Waiting {
  /** Runs it and keeps what it returns. */
  readonly run: () => void
  /** What it threw when it last ran. */
  failure: { readonly error: unknown } | undefined
  /** When it gives up waiting for a lock; set when it first met one. */
  deadline: number | undefined
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * How operations are kept from each other. Hardly ever one throws, and within a savepoint SQLite writes down every page
 * before it changes it: so they run together at first, and again, each in a savepoint, once one has thrown. Those that can't be
 * committed together are committed one by one.
 */
type Way = 'together' | 'in savepoints' | 'one by one'

/**
 * Writes whatever is asked for in one turn of the event loop in one durable commit. One that fails undoes nothing of the
 * others, which may be run again for that. Callers hear only after the commit. Nothing is open between turns: whoever reads
 * over the same connection sees what is committed and nothing else.
 */
export class GroupCommit {
  readonly #db: DatabaseSync
  readonly #retry: Retry
  readonly #most: number
  readonly #statements
  readonly #queue: Waiting[] = []
  /** For how many of those at the head another way than together was found to be needed, and which. */
  #marked = 0
  #wayOfMarked: Way = 'in savepoints'
  #draining: Promise<void> | undefined

  /** @param most how many operations may share a commit */
  constructor(db: DatabaseSync, retry: Retry, most: number) {
    this.#db = db
    this.#retry = retry
    this.#most = most
    this.#statements = {
      begin: db.prepare('BEGIN IMMEDIATE'),
      save: db.prepare('SAVEPOINT operation'),
      undo: db.prepare('ROLLBACK TO operation'),
      release: db.prepare('RELEASE operation'),
      commit: db.prepare('COMMIT'),
    }
  }

  /**
   * Runs synchronous writes: all of them or, when `work` throws, none. It may run several times before it is committed once.
   *
   * @throws what `work` throws; the error of SQLite when it can't be committed, or stayed locked for the budget
   */
  write<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let result: { readonly value: T } | undefined
      this.#queue.push({
        run: () => {
          result = { value: work() }
        },
        failure: undefined,
        deadline: undefined,
        resolve: () => result && resolve(result.value),
        reject,
      })
      this.#draining ??= this.#drain()
    })
  }

  /** Resolves when nothing waits to be written. */
  async idle(): Promise<void> {
    await this.#draining
  }

  async #drain(): Promise<void> {
    let pause = pauses(this.#retry)
    while (this.#queue.length > 0) {
      await nextTurn()
      try {
        this.#commitSome()
        pause = pauses(this.#retry)
      } catch (error) {
        const left = this.#giveUp(error)
        if (left > 0) await this.#retry.sleep(Math.min(left, pause()))
      }
    }
    this.#draining = undefined
  }

  /** Commits those at the head of the queue. @throws what says "busy"; then nothing has happened */
  #commitSome(): void {
    const { begin, commit } = this.#statements
    const { way, most } = this.#nextGroup()
    const until = performance.now() + WORK_AT_ONCE
    let count = 0
    let isAllRun = false
    try {
      begin.run()
      for (const waiting of this.#queue) {
        if (count === most || (count > 0 && performance.now() > until)) break
        count += 1
        waiting.failure = undefined
        if (way === 'in savepoints') this.#attempt(waiting)
        else waiting.run()
      }
      isAllRun = true
      commit.run()
    } catch (error) {
      rollBack(this.#db)
      if (isBusy(error)) throw error
      // Nobody is to fail for another's sake: with nothing begun, all have the same failure.
      if (count <= 1) this.#takeOff(1).forEach(({ reject }) => reject(error))
      else if (way === 'together' && !isAllRun) this.#mark(this.#queue.length, 'in savepoints')
      else this.#mark(count, 'one by one')
      return
    }
    for (const { failure, resolve, reject } of this.#takeOff(count))
      if (failure === undefined) resolve()
      else reject(failure.error)
  }

  /** How those at the head are to be run, and how many at most. The end of the transaction undoes a single one as well. */
  #nextGroup(): { readonly way: Way; readonly most: number } {
    if (this.#marked === 0) return { way: 'together', most: this.#most }
    if (this.#wayOfMarked === 'one by one' || this.#marked === 1) return { way: 'one by one', most: 1 }
    return { way: this.#wayOfMarked, most: Math.min(this.#marked, this.#most) }
  }

  #mark(count: number, way: Way): void {
    this.#marked = count
    this.#wayOfMarked = way
  }

  /** Takes as many from the head of the queue. */
  #takeOff(count: number): Waiting[] {
    this.#marked = Math.max(0, this.#marked - count)
    return this.#queue.splice(0, count)
  }

  /** Runs one operation, and undoes it when it throws. @throws when the whole transaction is lost, or another connection is in the way */
  #attempt(waiting: Waiting): void {
    const { save, undo, release } = this.#statements
    save.run()
    try {
      waiting.run()
    } catch (error) {
      // SQLite itself ends the transaction after some failures.
      if (isBusy(error) || !this.#db.isTransaction) throw error
      waiting.failure = { error }
      undo.run()
    }
    release.run()
  }

  /** Rejects who has waited for long enough. @returns how long the next one may still wait, zero when nobody does */
  #giveUp(busy: unknown): number {
    const now = this.#retry.elapsed()
    for (const waiting of this.#queue) waiting.deadline ??= now + this.#retry.budget
    const late = this.#queue.findIndex(({ deadline = Infinity }) => deadline > now)
    const count = late === -1 ? this.#queue.length : late
    for (const { reject } of this.#takeOff(count)) reject(busy)
    return (this.#queue[0]?.deadline ?? now) - now
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
