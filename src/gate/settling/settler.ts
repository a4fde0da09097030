import type { Reservation } from '../../invites/store.ts'
import type { Host } from '../../invites/types.ts'
import { pause } from '../../pds/waiting.ts'
import { whileHolding } from './leases.ts'
import { settle, type SettlingPorts } from './settling.ts'
import { forgetReleased, sweep } from './sweeper.ts'

/** What the settler works with. */
export interface SettlerPorts extends SettlingPorts {
  readonly host: Host
}

/** How many sign-ups are taken over at once; they are settled one after the other. */
const BATCH = 20

/** Forgetting asks no PDS. */
const ALWAYS = () => true

/** How often it is seen whether the PDS is in order again, in milliseconds. */
const UNSOUND_PAUSE = 1000

/**
 * Settles sign-ups whose handler is gone, at once and then on a timer, until it is disposed of. Any number of processes
 * may run one over one database: each sign-up goes to whoever takes its lease.
 */
export function startSettler(ports: SettlerPorts): AsyncDisposable {
  const stop = new AbortController()
  const { signal } = stop
  const { timings, isSound } = ports
  const running = Promise.all([
    repeat(timings.settleEvery, isSound, () => settleDue(ports, signal)),
    repeat(timings.sweepEvery, isSound, () => sweep(ports, signal)),
    repeat(timings.sweepEvery, ALWAYS, () => forgetReleased(ports, signal)),
  ])

  async function repeat(interval: number, isDue: () => boolean, work: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      const isTime = isDue()
      if (isTime) await round(work)
      await pause(isTime ? interval : Math.min(interval, UNSOUND_PAUSE), signal)
    }
  }

  async function round(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (signal.aborted) return
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
  const { store, host, holder, now, timings, isSound } = ports
  let taken: readonly Reservation[]
  do {
    const at = now()
    const claim = { host: host.hostname, holder, now: at, leaseUntil: at + timings.lease, limit: BATCH }
    taken = await store.takeOver(claim)
    // Each one asks whether the PDS is sound, and is given back when it is not.
    for (const reservation of taken) {
      await whileHolding(ports, reservation.id, () => settle(ports, reservation, signal))
    }
  } while (taken.length === BATCH && isSound() && !signal.aborted)
  await lookAgain(ports, signal)
}

/** Takes back what was counted for an account that the PDS deleted right after. */
async function lookAgain(
  { store, pds, host, now, isSound, observer, log }: SettlerPorts,
  signal: AbortSignal,
): Promise<void> {
  const at = now()
  const due = await store.dueSecondLooks({ host: host.hostname, now: at, limit: BATCH })
  const members = await pds.findMembers(
    due.flatMap(({ did }) => did ?? []),
    signal,
  )
  for (const { id, did } of due) {
    // An empty PDS that came in the place of the right one has nobody.
    if (!isSound()) return
    const outcome = did !== null && members.has(did) ? 'stays' : 'gone'
    const ended = await store.endSecondLook(id, outcome, at)
    if (!ended || outcome === 'stays') continue
    log.warn({ reservation: id }, 'the PDS deleted an account right after its sign-up, the use is taken back')
    observer.settled('taken back')
  }
}
