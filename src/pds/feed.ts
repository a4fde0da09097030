import type { Duration } from '../invites/types.ts'
import type { PdsClient } from './client.ts'
import { type FirehoseOptions, FirehoseReader, requireSamePds } from './firehose-reader.ts'
import { resyncByListing } from './listing.ts'
import { pause } from './waiting.ts'

/** What keeps the accounts of a host as their PDS has them. Disposal ends it; nothing that it did is lost. */
export interface Feed extends AsyncDisposable {
  readonly connected: boolean
  /** The number of the connection, which no other one has; undefined while there is none. */
  readonly connection: number | undefined
  /** Whether all that happened before the connection is worked in. */
  readonly isCaughtUp: boolean
  /** When it was connected or last brought something, by `performance.now()`; undefined while not connected. */
  readonly progressAt: number | undefined
  /** Tries a connection that broke again at once. */
  readonly hurry: () => void
  /** How far it is behind the PDS, in milliseconds; undefined while that is not known. */
  readonly lagMs: number | undefined
  /** How many accounts a listing lacked that waits for the operator's word; undefined when none waits. */
  readonly missing: number | undefined
}

export interface FeedOptions extends FirehoseOptions {
  readonly pds: Pick<PdsClient, 'describe' | 'listAccounts'>
}

/** How often the cursor is written that only other events moved, and how soon a wish for a listing is noticed. */
const TICK: Duration = 1000
/** How far the clocks of PDS and Latchkey may be apart when arrivals are explained. */
const CLOCK_MARGIN: Duration = 60_000

/** Starts to follow the firehose of a PDS, from where it was left. Connects for as long as it runs, whatever fails. */
export function startFeed(options: FeedOptions): Feed {
  const ending = new AbortController()
  const reader = new FirehoseReader(options, ending.signal)
  const upkeep = new Upkeep(options, reader, ending.signal)
  const running = Promise.all([reader.follow(), upkeep.run()])
  return {
    get connected() {
      return reader.isConnected
    },
    get connection() {
      return reader.connection
    },
    get isCaughtUp() {
      return reader.isCaughtUp
    },
    get progressAt() {
      return reader.progressAt
    },
    hurry: () => reader.hurry(),
    get lagMs() {
      return reader.lag
    },
    get missing() {
      return upkeep.missing
    },
    [Symbol.asyncDispose]: async () => {
      ending.abort()
      await running
    },
  }
}

/** What is due now and then beside the events. */
class Upkeep {
  readonly #options: FeedOptions
  readonly #reader: FirehoseReader
  readonly #signal: AbortSignal
  missing: number | undefined

  constructor(options: FeedOptions, reader: FirehoseReader, signal: AbortSignal) {
    this.#options = options
    this.#reader = reader
    this.#signal = signal
  }

  /** Works until the end, and once more at it. */
  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      await pause(TICK, this.#signal)
      try {
        await this.#round()
      } catch (error) {
        if (!this.#signal.aborted)
          this.#options.log.warn({ err: error }, 'accounts could not be brought up to date')
      }
    }
  }

  async #round(): Promise<void> {
    const { store, host } = this.#options
    await this.#reader.writeCursor()
    await store.explainArrivals(host.hostname, CLOCK_MARGIN)
    await this.#resyncIfWanted(host.hostname)
  }

  /** A listing begins only when events from then on are heard, so that nothing falls between. */
  async #resyncIfWanted(host: string): Promise<void> {
    const { store, log } = this.#options
    const resync = await store.resync(host)
    if (resync === undefined) return
    const { wantedAt, missing, accepted } = resync
    this.missing = accepted ? undefined : (missing ?? undefined)
    if (wantedAt === null || this.missing !== undefined || !this.#reader.isSettled) return
    await requireSamePds(this.#options, this.#signal)
    const outcome = await resyncByListing(
      { ...this.#options, host, signal: this.#signal, onProgress: () => this.#reader.listing() },
      wantedAt,
      accepted ? missing : null,
    )
    this.#reader.listed()
    if (outcome.kind === 'done') {
      log.info({ accounts: outcome.accounts, gone: outcome.gone }, 'the accounts of the PDS were listed')
      return
    }
    this.missing = outcome.gone
    log.error(
      { missing: outcome.gone, known: outcome.known },
      `${outcome.gone} of ${outcome.known} accounts are missing at the PDS: nothing was changed. If they are really gone, run \`latchkey resync --accept\`.`,
    )
  }
}
