import type { Reservation } from '../invites/store.ts'
import type { PdsClient } from '../pds/client.ts'
import type { LeasePorts } from './leases.ts'
import type { GateObserver } from './observer.ts'

/** What settling works with. */
export interface SettlingPorts extends LeasePorts {
  readonly pds: PdsClient
  readonly observer: GateObserver
}

/** How a sign-up turned out. */
export type Settled = 'committed' | 'released' | 'postponed'

/**
 * Finds out how a sign-up of unknown outcome went, and counts it or gives its use back. Disabling the PDS's code first
 * is the fence: the PDS checks the code again in its last transaction, so that what its uses say after it is final even
 * while the request is still in flight there.
 *
 * @param reservation held by this process
 * @returns `postponed` when the PDS or the database could not be asked; it is tried again later
 */
export async function settle(ports: SettlingPorts, reservation: Reservation): Promise<Settled> {
  const { observer, log } = ports
  let outcome: Settled
  try {
    outcome = await findOut(ports, reservation)
  } catch (error) {
    log.warn({ reservation: reservation.id, err: error }, 'a sign-up could not be settled yet')
    await postpone(ports, reservation)
    outcome = 'postponed'
  }
  observer.settled(outcome)
  return outcome
}

async function findOut(ports: SettlingPorts, reservation: Reservation): Promise<Settled> {
  const { store, now } = ports
  const { id } = reservation
  const arrival = await findArrival(ports, reservation)
  const done = arrival === undefined ? await store.release(id, now()) : await store.commit(id, arrival)
  if (done) return arrival === undefined ? 'released' : 'committed'
  // Somebody else was faster, and what they found out counts.
  return (await store.reservation(id))?.state === 'committed' ? 'committed' : 'released'
}

/** Raises the fence and reads who came by then; undefined when nobody did, or nobody that is still there. */
async function findArrival({ pds, now, timings }: SettlingPorts, { upstreamCode }: Reservation) {
  if (upstreamCode === null) return undefined
  await pds.disableCode(upstreamCode)
  const did = await pds.userOf(upstreamCode)
  // The PDS may have deleted the account again, and keeps the use.
  const member = did === undefined ? undefined : (await pds.findMembers([did])).get(did)
  if (did === undefined || member === undefined) return undefined
  const at = now()
  return { did, handle: member.handle, at, lookAgainAt: at + timings.secondLookAfter }
}

/** The longer it takes already, the rarer the tries. */
async function postpone(ports: SettlingPorts, { id, startedAt }: Reservation): Promise<void> {
  const { store, holder, now, timings, log } = ports
  const at = now()
  const wait = Math.max(timings.retryAfter, Math.min((at - startedAt) / 4, 60 * timings.retryAfter))
  await store.postpone(id, holder, Math.round(at + wait)).catch((error: unknown) => {
    // Its lease runs out by itself.
    log.warn({ reservation: id, err: error }, 'a sign-up could not be postponed')
  })
}
