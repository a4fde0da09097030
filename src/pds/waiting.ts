import { addAbortListener } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Duration } from '../invites/types.ts'

/** Does work that can't be stopped, and waits for it no longer than until the signal; after it nothing is begun. @throws what the work throws; the reason of the abort */
export async function unlessAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  using _listener = addAbortListener(signal, () => aborted.reject(signal.reason))
  return await Promise.race([work(), aborted.promise])
}

/** Waits for a time, and no longer than until the signal. */
export function pause(length: Duration, signal: AbortSignal): Promise<void> {
  return sleep(length, undefined, { signal }).catch(() => undefined)
}
