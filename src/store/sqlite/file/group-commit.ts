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
 * Writes whatever is asked for in one turn of the event loop in one durable commit. Each of several operations stands in a
 * savepoint of its own, so that one that fails undoes nothing of the others. Callers hear only after the commit. Nothing is open between
 * turns: whoever reads over the same connection sees what is committed and nothing else.
 */
export class GroupCommit {
  readonly #db: DatabaseSync
  readonly #retry: Retry
  readonly #most: number
  readonly #statements
  readonly #queue: Waiting[] = []
  /** How many of those at the head can't be committed together, and are tried one by one. */
  #apart = 0
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
    const most = this.#apart > 0 ? 1 : this.#most
    const isAlone = most === 1 || this.#queue.length === 1
    const until = performance.now() + WORK_AT_ONCE
    let count = 0
    try {
      begin.run()
      for (const waiting of this.#queue) {
        if (count === most || (count > 0 && performance.now() > until)) break
        count += 1
        if (isAlone) this.#runAlone(waiting)
        else this.#attempt(waiting)
      }
      commit.run()
    } catch (error) {
      rollBack(this.#db)
      if (isBusy(error)) throw error
      // Nobody is to fail for another's sake: with nothing begun, all have the same failure.
      if (count > 1) this.#apart = count
      else this.#takeOff(Math.max(count, 1)).forEach(({ reject }) => reject(error))
      return
    }
    for (const { failure, resolve, reject } of this.#takeOff(count))
      if (failure === undefined) resolve()
      else reject(failure.error)
  }

  /** Takes as many from the head of the queue. */
  #takeOff(count: number): Waiting[] {
    this.#apart = Math.max(0, this.#apart - count)
    return this.#queue.splice(0, count)
  }

  /** The end of the transaction undoes it as well, and a savepoint would make SQLite write down twice what it changes. */
  #runAlone(waiting: Waiting): void {
    waiting.failure = undefined
    waiting.run()
  }

  /** Runs one operation, and undoes it when it throws. @throws when the whole transaction is lost, or another connection is in the way */
  #attempt(waiting: Waiting): void {
    const { save, undo, release } = this.#statements
    waiting.failure = undefined
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
