import type { PdsClient } from '../pds/client.ts'
import { pause, unlessAborted } from '../pds/waiting.ts'
import { checkArrangement, type Fault, faultOf } from './arrangement.ts'
import type { GateTimings } from './timings.ts'

/** What is written to the log; pino's methods fit. */
interface ArrangementLog {
  readonly info: (details: object, message: string) => void
  readonly error: (details: object, message: string) => void
}

/** The firehose of the PDS. Whatever restarts the PDS breaks it off. */
export interface Lifeline {
  /** The number of the connection, which no other one has; undefined while there is none. */
  readonly connection: number | undefined
  /** Whether all that happened before the connection is worked in. */
  readonly isCaughtUp: boolean
  /** When the connection was made or last brought something, by `performance.now()`; undefined while there is none. */
  readonly progressAt: number | undefined
  /** Tries a connection that broke again at once. */
  readonly hurry: () => void
}

/**
 * How the doors are, as far as the PDS goes. `in doubt` is over within seconds: nothing is known to be wrong, and the PDS may
 * be another than the one that was looked at.
 */
export type Doors = 'open' | 'in doubt' | 'closed'

/** A watch over the PDS. Disposing of it ends the watch. */
export interface Arrangement extends AsyncDisposable {
  /** What is wrong, as far as the looks tell; null when nothing is known to be. */
  readonly fault: Fault | null
  readonly doors: Doors
  /** Hears that the firehose was connected or broke off, and has the PDS looked at. */
  readonly doubt: () => void
}

/** What passes within this time after the PDS was last sound is no fault: it is restarted. In milliseconds. */
const RESTART = 1000

interface WatchOptions {
  readonly pds: PdsClient
  /** The service DID that the database remembers. */
  readonly did: string
  /** What a first look has shown. */
  readonly fault: Fault | null
  readonly lifeline: Lifeline
  readonly timings: Pick<
    GateTimings,
    'lookWhileSound' | 'lookWhileFaulty' | 'lookInDoubt' | 'catchUpPatience' | 'catchUpLimit'
  >
  readonly log: ArrangementLog
}

/**
 * Looks at a PDS again and again, more often while something is wrong: it may be restarted with another version or other
 * settings at any time. A look holds for as long as the firehose stays connected during which it was made.
 */
export function watchArrangement(options: WatchOptions): Arrangement {
  const watch = new Watch(options)
  const running = watch.run()
  return {
    get fault() {
      return watch.fault
    },
    get doors() {
      if (watch.isSound) return 'open'
      return watch.fault === null ? 'in doubt' : 'closed'
    },
    doubt: () => watch.doubt(),
    [Symbol.asyncDispose]: async () => {
      watch.end()
      await running
    },
  }
}

/** How the PDS stands, by the looks and the firehose together. */
type Standing =
  | { readonly kind: 'failing'; readonly fault: Fault }
  /** It may be another than the one that was looked at, since then, and no look was passed after that. */
  | { readonly kind: 'doubted'; readonly since: number }
  /** Looks are passed, the first one at `began`; the firehose is waited for, with patience from `since` on. */
  | { readonly kind: 'passing'; readonly began: number; readonly since: number }
  /** A look was passed during this connection, which has told all that happened before. */
  | { readonly kind: 'proven'; readonly connection: number }
  /** Looks have to do: the firehose does not come, or this connection of it does not catch up. */
  | { readonly kind: 'without'; readonly connection: number | undefined }

class Watch {
  readonly #options: WatchOptions
  readonly #ending = new AbortController()
  #standing: Standing
  /** The fault that was told last and has not gone since. */
  #told: Fault | null = null
  #version: string | undefined
  /** Ends the pause before the next look. */
  #pausing = new AbortController()

  constructor(options: WatchOptions) {
    this.#options = options
    const { fault } = options
    this.#standing =
      fault === null ? { kind: 'doubted', since: performance.now() } : { kind: 'failing', fault }
  }

  get fault(): Fault | null {
    return this.#standing.kind === 'failing' ? this.#standing.fault : null
  }

  get isSound(): boolean {
    const standing = this.#standing
    if (standing.kind !== 'proven' && standing.kind !== 'without') return false
    return standing.connection === undefined || standing.connection === this.#options.lifeline.connection
  }

  doubt(): void {
    this.#noticeBreak()
    this.#pausing.abort()
  }

  end(): void {
    this.#ending.abort()
  }

  async run(): Promise<void> {
    const { signal } = this.#ending
    this.#tell()
    while (!signal.aborted) {
      // A doubt that comes during the look asks for another one.
      this.#pausing = new AbortController()
      await this.#round(signal)
      await pause(this.#untilNextLook(), AbortSignal.any([signal, this.#pausing.signal]))
    }
  }

  #untilNextLook(): number {
    const { timings } = this.#options
    if (this.fault !== null) return timings.lookWhileFaulty
    return this.isSound ? timings.lookWhileSound : timings.lookInDoubt
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { lifeline } = this.#options
    const { connection } = lifeline
    const found = await unlessAborted(signal, () => this.#look()).catch((error: unknown) => {
      if (!signal.aborted) throw error
      return undefined
    })
    if (found === undefined) return
    this.#noticeBreak()
    if (found !== null) this.#standing = this.#afterFailing(found)
    // What a look has shown that began before the firehose was connected or broke does not hold after it.
    else if (!this.#pausing.signal.aborted && connection === lifeline.connection)
      this.#standing = this.#afterPassing(connection)
    this.#tell()
  }

  async #look(): Promise<Fault | null> {
    const { pds, did, log } = this.#options
    try {
      const found = await pds.version()
      if (this.#version !== undefined && found !== this.#version)
        log.info({ from: this.#version, to: found }, 'the PDS has another version')
      this.#version = found
    } catch (error) {
      return faultOf(pds.origin, error)
    }
    return (await checkArrangement(pds, did)).fault
  }

  /** Begins a doubt in the moment in which the connection breaks on which all rests. */
  #noticeBreak(): void {
    const standing = this.#standing
    if (standing.kind !== 'proven' && standing.kind !== 'without') return
    if (!this.isSound) this.#standing = { kind: 'doubted', since: performance.now() }
    else if (standing.kind === 'without') {
      // From now on its break tells of a restart.
      const { connection } = this.#options.lifeline
      this.#standing = { kind: 'without', connection }
    }
  }

  #afterPassing(connection: number | undefined): Standing {
    const { lifeline, timings, log } = this.#options
    if (connection !== undefined && lifeline.isCaughtUp) return { kind: 'proven', connection }
    const standing = this.#standing
    if (standing.kind === 'proven' || standing.kind === 'without') return standing
    lifeline.hurry()
    const now = performance.now()
    const { began, since } = standing.kind === 'passing' ? standing : { began: now, since: now }
    const waiting = { kind: 'passing', began, since: Math.max(since, lifeline.progressAt ?? 0) } as const
    if (now - waiting.since < timings.catchUpPatience && now - began < timings.catchUpLimit) return waiting
    const how = connection === undefined ? 'not there yet' : 'behind'
    log.info({}, `the firehose of the PDS is ${how}: sign-ups are open all the same`)
    return { kind: 'without', connection }
  }

  #afterFailing(fault: Fault): Standing {
    const standing = this.#standing
    const now = performance.now()
    const since = standing.kind === 'doubted' ? standing.since : now
    const mayBeRestarting = fault.kind === 'unreachable' && now - since < RESTART
    if (standing.kind !== 'failing' && mayBeRestarting) return { kind: 'doubted', since }
    return { kind: 'failing', fault }
  }

  #tell(): void {
    const { log } = this.#options
    const { fault } = this
    if (fault !== null && fault.kind !== this.#told?.kind)
      log.error({ fault: fault.kind }, `sign-ups are closed: ${fault.sentence}`)
    if (this.#told !== null && this.isSound) log.info({}, 'the PDS is in order again: sign-ups are open')
    if (fault !== null || this.isSound) this.#told = fault
  }
}
