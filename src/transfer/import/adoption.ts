import type { ImportStore } from '../../invites/imports.ts'
import type { InviteStore } from '../../invites/store.ts'
import type { Duration, Host, Instant } from '../../invites/types.ts'
import { pause, unlessAborted } from '../../pds/waiting.ts'
import { closeUpstreamCodes } from './closing.ts'
import { importNewer } from './import.ts'
import { SILENT } from '../progress.ts'
import { takeOver, type TakeOverPorts } from './take-over.ts'

/** What adoption works with. */
export interface AdoptionPorts {
  readonly store: TakeOverPorts['store'] & Pick<InviteStore, 'host'> & Pick<ImportStore, 'countClosing'>
  readonly pds: TakeOverPorts['pds']
  readonly host: Pick<Host, 'hostname'>
  readonly now: () => Instant
  readonly timings: {
    /** How long after one look at the PDS the next one follows. */
    readonly adoptEvery: Duration
    /** How old a code must be, by the PDS's clock. */
    readonly adoptAge: Duration
  }
  /** Whether the PDS is the right one and answers. */
  readonly isSound: () => boolean
  readonly observer: {
    /** So many codes that the PDS made past Latchkey are Latchkey's from now on. */
    readonly adopted: (codes: number) => void
  }
  /** pino's methods fit. */
  readonly log: Record<'info' | 'warn', (details: object, message: string) => void>
}

/** The PDS writes times of its own beside those of its clock; nothing drifts further apart than this, in milliseconds. */
const MARGIN = 3_600_000

/**
 * Takes over, now and then until it is disposed of, what was made at the PDS past Latchkey since its codes are
 * Latchkey's; before that, only a take-over that somebody began and did not end; and nothing once they were given back. Any
 * number of processes may run one.
 */
export function startAdoption(options: AdoptionPorts): AsyncDisposable {
  const ending = new AbortController()
  const adoption = new Adoption(options, ending.signal)
  const running = run()

  async function run(): Promise<void> {
    while (!ending.signal.aborted) {
      if (options.isSound())
        await unlessAborted(ending.signal, () => adoption.round()).catch((error: unknown) => {
          if (!ending.signal.aborted)
            options.log.warn({ err: error }, 'codes of the PDS could not be adopted, trying again')
        })
      await pause(options.timings.adoptEvery, ending.signal)
    }
  }

  return {
    [Symbol.asyncDispose]: async () => {
      ending.abort()
      await running
    },
  }
}

class Adoption {
  readonly #options: AdoptionPorts
  readonly #ports: TakeOverPorts
  /** Until when, by the PDS's clock, its codes were looked at by this process. */
  #lookedUntil = 0
  /** How many codes nobody could redeem at the last look. */
  #closingBefore = 0
  #isEnding = false

  constructor(options: AdoptionPorts, signal: AbortSignal) {
    const { store, pds, host, now } = options
    this.#options = options
    this.#ports = { store, pds, hostname: host.hostname, now, progress: SILENT, signal }
  }

  async round(): Promise<void> {
    const { store, host } = this.#options
    const { earningSince = null, ejectedAt = null } = (await store.host(host.hostname)) ?? {}
    // From then on they are the PDS's.
    if (ejectedAt !== null) return
    if (earningSince === null) await this.#endTakeOver()
    else await this.#adopt(earningSince)
  }

  /** What did not come further between two looks stands still, and sign-ups with those codes wait. */
  async #endTakeOver(): Promise<void> {
    const { store, host, log } = this.#options
    const closing = await store.countClosing(host.hostname)
    // Once it is begun here, it is tried until earning is open.
    this.#isEnding ||= closing > 0 && closing === this.#closingBefore
    this.#closingBefore = closing
    if (!this.#isEnding) return
    const { taken } = await takeOver(this.#ports)
    log.info({ codes: taken }, 'a take-over of the PDS’s codes that stood still was finished')
  }

  async #adopt(earningSince: Instant): Promise<void> {
    const { pds, timings, observer, log } = this.#options
    const until = (await pds.clock()) - timings.adoptAge
    const since = Math.max(earningSince, this.#lookedUntil - MARGIN)
    const { codes, routine } = await importNewer(this.#ports, { since, until })
    await closeUpstreamCodes(this.#ports)
    this.#lookedUntil = until
    if (routine > 0)
      log.warn(
        { codes: routine },
        'the PDS makes invite codes of its own for its members: remove PDS_INVITE_INTERVAL from its settings',
      )
    if (codes === 0) return
    observer.adopted(codes)
    log.info({ codes }, 'codes that were made at the PDS itself are Latchkey’s from now on')
  }
}
