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
    'lookWhileSound' | 'lookWhileFaulty' | 'lookInDoubt' | 'catchUpPatience'
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

class Watch {
  readonly #options: WatchOptions
  readonly #ending = new AbortController()
  fault: Fault | null
  /** The fault that was told last and has not gone since. */
  #told: Fault | null = null
  #version: string | undefined
  /** The connection during which a look was passed. */
  #provenDuring: number | undefined
  /** Whether looks have to do, since the firehose does not come. */
  #goesWithout = false
  /** Since when the PDS may be another than the one that was looked at, and since when looks are passed again. */
  #inDoubtSince = performance.now()
  #passingSince: number | undefined
  /** Ends the pause before the next look. */
  #pausing = new AbortController()

  constructor(options: WatchOptions) {
    this.#options = options
    this.fault = options.fault
  }

  get isSound(): boolean {
    if (this.fault !== null) return false
    const { connection } = this.#options.lifeline
    return this.#goesWithout || (connection !== undefined && connection === this.#provenDuring)
  }

  doubt(): void {
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
    if (this.#provenDuring !== undefined && this.#provenDuring !== connection) this.#beginDoubt()
    const found = await unlessAborted(signal, () => this.#look()).catch((error: unknown) => {
      if (!signal.aborted) throw error
      return undefined
    })
    if (found === undefined) return
    if (found === null) this.#passed(connection)
    else this.#failed(found)
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

  #beginDoubt(): void {
    this.#provenDuring = undefined
    this.#passingSince = undefined
    this.#inDoubtSince = performance.now()
  }

  /** @param connection the one that there was when the look began */
  #passed(connection: number | undefined): void {
    const { lifeline, timings, log } = this.#options
    this.fault = null
    if (connection !== undefined && connection === lifeline.connection && lifeline.isCaughtUp) {
      this.#provenDuring = connection
      this.#goesWithout = false
    }
    if (this.isSound) return
    lifeline.hurry()
    this.#passingSince ??= performance.now()
    if (performance.now() - this.#passingSince < timings.catchUpPatience) return
    this.#goesWithout = true
    log.info({}, 'the firehose of the PDS is not there yet: sign-ups are open all the same')
  }

  #failed(found: Fault): void {
    if (this.isSound) this.#beginDoubt()
    this.#provenDuring = undefined
    this.#passingSince = undefined
    this.#goesWithout = false
    const mayBeRestarting = performance.now() - this.#inDoubtSince < RESTART
    if (this.fault === null && found.kind === 'unreachable' && mayBeRestarting) return
    this.fault = found
  }

  #tell(): void {
    const { log } = this.#options
    if (this.fault !== null && this.fault.kind !== this.#told?.kind)
      log.error({ fault: this.fault.kind }, `sign-ups are closed: ${this.fault.sentence}`)
    if (this.#told !== null && this.isSound) log.info({}, 'the PDS is in order again: sign-ups are open')
    if (this.fault !== null || this.isSound) this.#told = this.fault
  }
}
