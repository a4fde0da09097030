import { setTimeout as sleep } from 'node:timers/promises'
import { isBusy } from './errors.ts'

/** How a call waits while another connection writes. All lengths are milliseconds. */
export interface Retry {
  /** The total time after which a call gives up. */
  readonly budget: number
  /** A clock that never goes back; its origin doesn't matter. */
  readonly elapsed: () => number
  /** A number in [0, 1), for the jitter. */
  readonly random: () => number
  readonly sleep: (duration: number) => Promise<unknown>
}

export const DEFAULT_RETRY: Retry = {
  budget: 2_000,
  elapsed: () => performance.now(),
  random: Math.random,
  sleep: (duration) => sleep(duration),
}

const FIRST_PAUSE = 2
const LONGEST_PAUSE = 50

/**
 * The pauses between attempts: they double up to 50 ms, and each is shortened by chance so that writers don't march in step.
 *
 * @returns what tells the length of the next one
 */
export function pauses({ random }: Retry): () => number {
  let pause = FIRST_PAUSE / 2
  return () => {
    pause = Math.min(2 * pause, LONGEST_PAUSE)
    return pause * (0.5 + random() / 2)
  }
}

/**
 * Runs a synchronous attempt until it meets no lock. The built-in waiting of SQLite would block the event loop, so the
 * waiting is done here.
 *
 * @returns what the attempt returned
 * @throws the attempt's own error; the one that says "busy" when the budget is used up
 */
export async function retryWhileBusy<T>(attempt: () => T, retry: Retry): Promise<T> {
  const pause = pauses(retry)
  let deadline: number | undefined
  for (;;) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error)) throw error
      deadline ??= retry.elapsed() + retry.budget
      const left = deadline - retry.elapsed()
      if (left <= 0) throw error
      await retry.sleep(Math.min(left, pause()))
    }
  }
}
