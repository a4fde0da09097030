import { setImmediate as others } from 'node:timers/promises'
import { websocket } from '@atproto/ws-client'
import type { Logger } from 'pino'
import { type FeedStore, wantListing } from '../invites/feed.ts'
import type { Duration, Host, Instant } from '../invites/types.ts'
import type { PdsClient } from './client.ts'
import { firehosePath, type Frame, readFrame, UnreadableFrameError } from './firehose.ts'
import { pause, unlessAborted } from './waiting.ts'

export interface FirehoseOptions {
  readonly store: FeedStore
  readonly host: Pick<Host, 'hostname' | 'did'>
  readonly pds: Pick<PdsClient, 'describe'>
  readonly pdsUrl: URL
  readonly now: () => Instant
  readonly log: Logger
  /** Told whenever the connection was made or broke. */
  readonly onConnection?: () => void
}

/** Before the firehose is tried again; doubled with each failure. */
const FIRST_PAUSE: Duration = 1000
const LONGEST_PAUSE: Duration = 10_000
/** A connection this old hears of everything that happens, and its silence means that nothing does. */
const SETTLED: Duration = 1000
/** A connection that does not answer a ping until the next one is dead. */
const PING: Duration = 5000
/** Unread frames after which the PDS is made to wait. */
const UNREAD_BYTES = 1024 * 1024

/** Works the firehose of a PDS into the store, event by event in their order. */
export class FirehoseReader {
  readonly #options: FirehoseOptions
  readonly #host: string
  readonly #signal: AbortSignal
  /** How many connections there were, the present one included. */
  #connections = 0
  /** When the connection opened, by a clock that never goes back; undefined while there is none. */
  #openSince: number | undefined
  /** The same as the clock had it, to compare with the times of events. */
  #openedAt: Instant = 0
  /** When the connection last told of something, or opened. */
  #quietSince = 0
  /** When the listing that is owed last moved on. */
  #listingSince = 0
  /** Whether the connection has told of all that happened before it. */
  #caughtUp = false
  /** Whether only a listing tells what happened before. */
  #owesListing = false
  /** What the connection began after. */
  #cursor: number | null = null
  /** The last event that moved the cursor here and not in the store yet. */
  #unwritten: number | undefined
  /** The time of the event that is being worked in. */
  #working: Instant | undefined
  /** Attempts since a connection was last settled. */
  #failures = 0
  /** Ends the pause before the next attempt. */
  #pausing = new AbortController()
  /** How late the last event was. */
  #lag: Duration | undefined

  constructor(options: FirehoseOptions, signal: AbortSignal) {
    this.#options = options
    this.#host = options.host.hostname
    this.#signal = signal
  }

  get isConnected(): boolean {
    return this.#openSince !== undefined
  }

  /** The number of the connection, which no other one has; undefined while there is none. */
  get connection(): number | undefined {
    return this.isConnected ? this.#connections : undefined
  }

  /**
   * Whether all that happened before the connection is worked in. The PDS does not say when it has told all: an event that
   * happened later shows it, or silence.
   */
  get isCaughtUp(): boolean {
    if (!this.isConnected || this.#owesListing) return false
    this.#caughtUp ||= this.#isQuiet
    return this.#caughtUp
  }

  /** When it was connected or last brought something, by a clock that never goes back; undefined while not connected. */
  get progressAt(): number | undefined {
    return this.isConnected ? Math.max(this.#quietSince, this.#listingSince) : undefined
  }

  /** Whether nothing that happens from now on can be missed. */
  get isSettled(): boolean {
    return this.#openSince !== undefined && performance.now() - this.#openSince >= SETTLED
  }

  /** How far it is behind the PDS, in milliseconds; undefined while that is not known. */
  get lag(): Duration | undefined {
    if (!this.isConnected) return undefined
    if (this.#working !== undefined) return Math.max(0, this.#options.now() - this.#working)
    if (this.isCaughtUp && this.#isQuiet) return 0
    return this.#lag ?? (this.isSettled ? 0 : undefined)
  }

  /** Whether it has told of nothing for a while. */
  get #isQuiet(): boolean {
    return this.#working === undefined && performance.now() - this.#quietSince >= SETTLED
  }

  /** Works the firehose in until the end. */
  async follow(): Promise<void> {
    const { log } = this.#options
    while (!this.#signal.aborted) {
      try {
        for await (const bytes of this.#frames()) await this.#workIn(bytes)
      } catch (error) {
        if (this.#signal.aborted) break
        log[this.#failures === 0 ? 'warn' : 'debug']({ err: error }, 'the firehose broke off, trying again')
      }
      const length = Math.min(FIRST_PAUSE * 2 ** this.#failures, LONGEST_PAUSE)
      this.#failures += 1
      this.#pausing = new AbortController()
      const sooner = AbortSignal.any([this.#signal, this.#pausing.signal])
      await pause(length * (0.5 + Math.random() / 2), sooner)
    }
  }

  /** Tries a connection that broke again at once. */
  hurry(): void {
    this.#pausing.abort()
  }

  /** Hears that a listing moves on. */
  listing(): void {
    this.#listingSince = performance.now()
  }

  /** Hears that a listing was worked in, or can't be before the operator's word. */
  listed(): void {
    this.#owesListing = false
  }

  /** Writes what moved the cursor without concerning an account: not each time, since most events are such. */
  async writeCursor(): Promise<void> {
    const seq = this.#unwritten
    if (seq === undefined) return
    await this.#options.store.advanceCursor(this.#host, seq)
    if (this.#unwritten === seq) this.#unwritten = undefined
  }

  #frames() {
    const { pdsUrl, log, onConnection } = this.#options
    const address = async () => {
      await requireSamePds(this.#options, this.#signal)
      const url = new URL(firehosePath(await this.#beginAfter()), pdsUrl)
      url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
      return url
    }
    return websocket<'binary'>(address, {
      dataMode: 'binary',
      signal: this.#signal,
      shouldReconnect: false,
      heartbeat: { intervalMs: PING },
      highWaterMark: UNREAD_BYTES,
      onConnect: () => {
        this.#connections += 1
        this.#openSince = performance.now()
        this.#openedAt = this.#options.now()
        this.#quietSince = this.#openSince
        // Without a cursor it tells nothing from before.
        this.#caughtUp = this.#cursor === null
        this.#lag = undefined
        log.info({ cursor: this.#cursor }, 'following the firehose of the PDS')
        onConnection?.()
      },
      onDisconnect: () => {
        // One that is accepted and closed at once is a failure like any other.
        if (this.isSettled) this.#failures = 0
        this.#openSince = undefined
        onConnection?.()
      },
    })
  }

  /** Where the next connection begins. Without a cursor it begins now, and a listing tells what was before. */
  async #beginAfter(): Promise<number | null> {
    await this.writeCursor()
    const { store } = this.#options
    this.#cursor = await store.firehoseCursor(this.#host)
    if (this.#cursor !== null) return this.#cursor
    // At the very first start nobody is known of whom there could be news.
    const isFirst =
      (await store.resync(this.#host))?.wantedAt === null &&
      (await store.knownAccounts(this.#host)).dids.length === 0
    this.#owesListing = (await this.#wantListing()) && !isFirst
    return null
  }

  #wantListing(): Promise<boolean> {
    const { store, now } = this.#options
    return wantListing(store, this.#host, now())
  }

  async #workIn(bytes: Uint8Array): Promise<void> {
    const { store, now, log } = this.#options
    const frame = this.#read(bytes)
    const at = frame.kind === 'account' ? frame.event.at : frame.kind === 'other' ? frame.at : undefined
    this.#working = at
    try {
      switch (frame.kind) {
        case 'account':
          await store.applyEvent(this.#host, frame.event)
          // After a long absence many come at once, and requests are not to wait for all of them.
          await others()
          break
        case 'other':
          this.#unwritten = frame.seq ?? this.#unwritten
          break
        case 'outdated cursor':
          log.warn('the PDS has no events as old as the last one known: its accounts are listed')
          this.#owesListing = await this.#wantListing()
          break
        case 'unreadable':
          log.error({ err: frame.error }, 'an event of the PDS was not understood: its accounts are listed')
          await this.#wantListing()
          break
        case 'error':
          await this.#refused(frame)
      }
    } finally {
      this.#working = undefined
      this.#quietSince = performance.now()
    }
    if (at === undefined) return
    this.#lag = Math.max(0, now() - at)
    this.#caughtUp ||= at >= this.#openedAt
  }

  #read(bytes: Uint8Array): Frame | { kind: 'unreadable'; error: UnreadableFrameError } {
    try {
      return readFrame(bytes)
    } catch (error) {
      if (error instanceof UnreadableFrameError) return { kind: 'unreadable', error }
      throw error
    }
  }

  /** The PDS closes the connection after an error, and the next attempt begins anew. */
  async #refused({ name, message }: Frame & { kind: 'error' }): Promise<void> {
    const { store, now, log } = this.#options
    log.warn({ name, message }, 'the PDS ended its firehose')
    if (name !== 'FutureCursor' || this.#cursor === null) return
    log.warn('the PDS began its events anew, as after a restored backup: its accounts are listed')
    await store.forgetCursor(this.#host, this.#cursor, now())
    // That was the answer of a PDS that is well: until it is heard again, everything is missed.
    this.#failures = 0
  }
}

/**
 * What another PDS says of its accounts would ruin what is known of this one's.
 *
 * @throws {Error} when the PDS is not the one of the database any more
 */
export async function requireSamePds(
  { pds, host }: Pick<FirehoseOptions, 'pds' | 'host'>,
  signal: AbortSignal,
): Promise<void> {
  const { did } = await unlessAborted(signal, () => pds.describe())
  if (did !== host.did) throw new Error(`the PDS is ${did} now, and the database belongs to ${host.did}`)
}
