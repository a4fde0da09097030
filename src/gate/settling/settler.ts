import type { Reservation } from '../../invites/store.ts'
import type { Host } from '../../invites/types.ts'
import { pause } from '../../pds/waiting.ts'
import { whileHolding } from './leases.ts'
import { settle, type SettlingPorts } from './settling.ts'
import { forgetReleased, sweep } from './sweeper.ts'

/** What the settler works with. */
export interface SettlerPorts extends SettlingPorts {
  readonly host: Host
  /** Whether the PDS is the right one and answers. While it is not, nothing that it says settles anything. */
  readonly isSound: () => boolean
}

/** How many sign-ups are taken over at once; they are settled one after the other. */
const BATCH = 20

/** How often it is seen whether the PDS is in order again, in milliseconds. */
const UNSOUND_PAUSE = 1000

/**
 * Settles sign-ups whose handler is gone, at once and then on a timer, until it is disposed of. Any number of processes
 * may run one over one database: each sign-up goes to whoever takes its lease.
 */
export function startSettler(ports: SettlerPorts): AsyncDisposable {
  const stop = new AbortController()
  const running = Promise.all([
    repeat(ports.timings.settleEvery, () => settleDue(ports, stop.signal)),
    repeat(ports.timings.sweepEvery, async () => {
      await forgetReleased(ports)
      await sweep(ports, stop.signal)
    }),
  ])

  async function repeat(interval: number, work: () => Promise<void>): Promise<void> {
    while (!stop.signal.aborted) {
      const isSound = ports.isSound()
      if (isSound) await round(work)
      await pause(isSound ? interval : Math.min(interval, UNSOUND_PAUSE), stop.signal)
    }
  }

  async function round(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (stop.signal.aborted) return
      ports.log.warn({ err: error }, 'sign-ups could not be settled, trying again')
    }
  }

  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await running
    },
  }
}

async function settleDue(ports: SettlerPorts, signal: AbortSignal): Promise<void> {
  const { store, host, holder, now, timings } = ports
  let taken: readonly Reservation[]
  do {
    const at = now()
    const claim = { host: host.hostname, holder, now: at, leaseUntil: at + timings.lease, limit: BATCH }
    taken = await store.takeOver(claim)
    for (const reservation of taken) {
      await whileHolding(ports, reservation.id, () => settle(ports, reservation, signal))
    }
  } while (taken.length === BATCH && !signal.aborted)
  await lookAgain(ports, signal)
}

/** Takes back what was counted for an account that the PDS deleted right after. */
async function lookAgain(
  { store, pds, host, now, observer, log }: SettlerPorts,
  signal: AbortSignal,
): Promise<void> {
  const at = now()
  const due = await store.dueSecondLooks({ host: host.hostname, now: at, limit: BATCH })
  const members = await pds.findMembers(
    due.flatMap(({ did }) => did ?? []),
    signal,
  )
  for (const { id, did } of due) {
    const outcome = did !== null && members.has(did) ? 'stays' : 'gone'
    const ended = await store.endSecondLook(id, outcome, at)
    if (!ended || outcome === 'stays') continue
    log.warn({ reservation: id }, 'the PDS deleted an account right after its sign-up, the use is taken back')
    observer.settled('taken back')
  }
}
