import type { Reservation } from '../../invites/store.ts'
import type { Instant } from '../../invites/types.ts'
import { PdsUnreachableError } from '../../pds/answer.ts'
import type { PdsClient } from '../../pds/client.ts'
import type { LeasePorts } from './leases.ts'
import type { GateObserver } from '../observer.ts'

/** What settling works with. */
export interface SettlingPorts extends LeasePorts {
  readonly pds: PdsClient
  readonly observer: GateObserver
  /** Whether the PDS is the right one and answers. While it is not, nothing that it says settles anything. */
  readonly isSound: () => boolean
}

/** How a sign-up turned out. */
export type Settled = 'committed' | 'released' | 'postponed'

/**
 * Finds out how a sign-up of unknown outcome went, and counts it or gives its use back. Disabling the PDS's code first
 * is the fence: the PDS checks the code again in its last transaction, so that what its uses say after it is final even
 * while the request is still in flight there.
 *
 * @param reservation held by this process
 * @param signal ends it when the process does; the next settler takes the sign-up over at once
 * @returns `postponed` when the PDS or the database could not be asked; it is tried again later
 */
export async function settle(
  ports: SettlingPorts,
  reservation: Reservation,
  signal: AbortSignal,
): Promise<Settled> {
  const { observer, log, isSound } = ports
  let outcome: Settled
  try {
    outcome = await findOut(ports, reservation, signal)
  } catch (error) {
    if (signal.aborted) log.info({ reservation: reservation.id }, 'a sign-up is left to the next settler')
    else log.warn({ reservation: reservation.id, err: error }, 'a sign-up could not be settled yet')
    // Nobody tries before the PDS is in order again, and then it is to be tried at once.
    await postpone(ports, reservation, signal.aborted || !isSound())
    outcome = 'postponed'
  }
  observer.settled(outcome)
  return outcome
}

const UNSOUND = 'the PDS may be another one, or is not in order'

async function findOut(
  ports: SettlingPorts,
  reservation: Reservation,
  signal: AbortSignal,
): Promise<Settled> {
  const { store, now, isSound } = ports
  const { id } = reservation
  if (!isSound()) throw new PdsUnreachableError(UNSOUND)
  const arrival = await findArrival(ports, reservation, signal)
  // An empty PDS that came in the place of the right one knows of nobody.
  if (!isArrival(arrival) && !isSound()) throw new PdsUnreachableError(UNSOUND)
  const done = isArrival(arrival) ? await store.commit(id, arrival) : await store.release(id, now(), arrival)
  if (done) return isArrival(arrival) ? 'committed' : 'released'
  // Somebody else was faster, and what they found out counts.
  return (await store.reservation(id))?.state === 'committed' ? 'committed' : 'released'
}

/** Somebody who is there. */
interface Arrival {
  readonly did: string
  readonly handle: string | null
  readonly at: Instant
  readonly lookAgainAt: Instant
}

function isArrival(found: Arrival | 'unused' | 'used'): found is Arrival {
  return typeof found === 'object'
}

/** Raises the fence and reads who came by then; else whether the PDS's code was used all the same. */
async function findArrival(
  { pds, now, timings }: SettlingPorts,
  { upstreamCode }: Reservation,
  signal: AbortSignal,
): Promise<Arrival | 'unused' | 'used'> {
  if (upstreamCode === null) return 'unused'
  await pds.disableCode(upstreamCode, signal)
  const did = await pds.userOf(upstreamCode, signal)
  if (did === undefined) return 'unused'
  const member = (await pds.findMembers([did], signal)).get(did)
  // The PDS deleted the account again, and keeps the use.
  if (member === undefined) return 'used'
  const at = now()
  return { did, handle: member.handle, at, lookAgainAt: at + timings.secondLookAfter }
}

/** The longer it takes already, the rarer the tries, unless whoever is next may try at once. */
async function postpone(
  ports: SettlingPorts,
  { id, startedAt }: Reservation,
  isNextAtOnce: boolean,
): Promise<void> {
  const { store, holder, now, timings, log } = ports
  const at = now()
  const wait = isNextAtOnce
    ? 0
    : Math.max(timings.retryAfter, Math.min((at - startedAt) / 4, 60 * timings.retryAfter))
  await store.postpone(id, holder, Math.round(at + wait)).catch((error: unknown) => {
    // Its lease runs out by itself.
    log.warn({ reservation: id, err: error }, 'a sign-up could not be postponed')
  })
}
