import type { Logger } from 'pino'
import type { InviteStore } from '../../invites/store.ts'
import type { Instant } from '../../invites/types.ts'
import type { GateTimings } from '../timings.ts'

/** What keeping a lease takes. */
export interface LeasePorts {
  readonly store: InviteStore
  /** The name of this process, under which it holds sign-ups. */
  readonly holder: string
  readonly now: () => Instant
  readonly timings: GateTimings
  readonly log: Logger
}

/**
 * Keeps a sign-up this process's own while work on it goes on, so that nobody settles what is still being handled. A
 * lease that is lost all the same does no harm: every transition is guarded by the state it starts from.
 */
export async function whileHolding<T>(
  { store, holder, now, timings, log }: LeasePorts,
  id: string,
  work: () => Promise<T>,
): Promise<T> {
  const timer = setInterval(() => {
    store.renewLease(id, holder, now() + timings.lease).catch((error: unknown) => {
      log.warn({ reservation: id, err: error }, 'the lease of a sign-up could not be renewed')
    })
  }, timings.renewEvery)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}
