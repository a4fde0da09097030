import { setTimeout as sleep } from 'node:timers/promises'
import type { InviteStore, ReserveOutcome } from '../../invites/store.ts'
import { StoreBusyError, StoreUnavailableError } from '../../invites/store.ts'
import type { Redeemer, RedemptionRefusal } from '../../invites/predicates.ts'
import type { Door, Host } from '../../invites/types.ts'
import { type PdsAnswer, PdsRefusedError, PdsUnreachableError } from '../../pds/answer.ts'
import type { AddressLimiter } from './address-limiter.ts'
import { whileHolding } from '../settling/leases.ts'
import { settle, type SettlingPorts } from '../settling/settling.ts'
import type { Doors } from '../watch.ts'
import { pause } from '../../pds/waiting.ts'
import { upstreamOwner } from '../../pds/upstream-owner.ts'

/** What the doors work with. */
export interface SignUpPorts extends SettlingPorts {
  readonly store: InviteStore
  readonly host: Host
  /** Names the next sign-up. */
  readonly newId: () => string
  /** Counts codes that were not good. */
  readonly guesses: AddressLimiter
  /** Counts sign-ups with a code that was. */
  readonly attempts: AddressLimiter
  readonly doors: () => Doors
}

/** A sign-up as a door received it. */
export interface SignUpAttempt {
  readonly door: Door
  /** What the person gave as their code; undefined when they gave none. */
  readonly code: string | undefined
  readonly redeemer: Redeemer
  /** The client's address, by which guessing is limited. */
  readonly address: string
  /**
   * Sends the sign-up to the PDS with this code in place of the person's own.
   *
   * @throws {PdsUnreachableError} when no whole answer came in time
   */
  readonly send: (code: string | undefined) => Promise<PdsAnswer>
  /** Reads of a 200 who came. */
  readonly arrivalOf: (answer: PdsAnswer) => { did: string; handle: string | null }
  /** Whether the PDS refused the code rather than something else. */
  readonly isCodeRefused: (answer: PdsAnswer) => boolean
}

/** Why somebody was sent away without their sign-up being tried, or without its outcome being known. */
export type TurnedAway =
  | { readonly why: 'doors closed' | 'in progress' | 'codes moving' | 'not done' | 'may exist' }
  | { readonly why: 'paused'; readonly message: string | null }
  | { readonly why: 'guessing' | 'too many'; readonly retryAfter: number }

export type SignUpOutcome = { readonly answer: PdsAnswer } | { readonly turnedAway: TurnedAway }

/**
 * Stands for a code that is not good: nothing that a PDS mints looks like it. The person's own string may be a code that
 * the PDS knows, so it never gets there; the PDS still judges the rest, and its errors come in its own order.
 */
const NO_CODE = 'latchkey-refused'

/** In how many seconds it is known of sign-ups that are under way whether they were guesses. */
const UNDER_WAY = 5

/**
 * The sign-up protocol of both doors; `docs/redemption-cycle.md` draws it. Each step is on disk before the next, and a
 * sign-up goes on to its end whether or not the person waits for it.
 */
export class SignUps implements AsyncDisposable {
  readonly #ports: SignUpPorts
  readonly #running = new Set<Promise<unknown>>()
  readonly #ending = new AbortController()

  constructor(ports: SignUpPorts) {
    this.#ports = ports
  }

  /**
   * Handles one sign-up.
   *
   * @throws {StoreBusyError | StoreUnavailableError} when the database can't take it; nothing was minted
   */
  async run(attempt: SignUpAttempt): Promise<SignUpOutcome> {
    const turnedAway = await this.#turnAway(attempt)
    if (turnedAway !== undefined) return { turnedAway }
    const { code } = attempt
    if (code === undefined) return this.#sendOn(undefined, attempt)
    return this.#redeem(code, attempt)
  }

  /** @param refused what the PDS said when it refused the code under its own name, if it was asked already */
  async #redeem(code: string, attempt: SignUpAttempt, refused?: PdsAnswer): Promise<SignUpOutcome> {
    const id = this.#ports.newId()
    const started = this.#ports.now()
    const taken = await this.#reserve(id, code, attempt)
    if (typeof taken === 'object') return { turnedAway: taken }
    if (taken === 'reserved')
      return this.#finishing(
        whileHolding(this.#ports, id, () => this.#carryThrough(id, code, attempt, started)),
      )
    if (taken === 'in progress') return { turnedAway: { why: taken } }
    if (taken === 'closing') return { turnedAway: { why: 'codes moving' } }
    if (taken === 'upstream' && refused === undefined) return this.#finishing(this.#passOn(code, attempt))
    await this.#countRefusal(taken === 'upstream' ? 'unknown' : taken, attempt)
    return taken === 'upstream' && refused !== undefined
      ? { answer: refused }
      : this.#sendOn(NO_CODE, attempt)
  }

  async #countRefusal(reason: RedemptionRefusal, { door, redeemer, address }: SignUpAttempt): Promise<void> {
    const { guesses, observer, log } = this.#ports
    // The handle lets an operator find the reason for whoever complains; the code is not logged.
    log.info({ door, handle: redeemer.handle, reason }, 'sign-up refused')
    observer.refused(door, reason)
    await guesses.count(address)
  }

  /** Whether the doors are open. A doubt is waited for, which nobody notices. */
  async #areOpen(): Promise<boolean> {
    const { doors, timings } = this.#ports
    const { signal } = this.#ending
    for (let waited = 0; doors() === 'in doubt' && !signal.aborted; waited += timings.doubtRetry) {
      if (waited >= timings.doubtPatience) return false
      await pause(timings.doubtRetry, signal)
    }
    return doors() === 'open'
  }

  /** Why nobody may come in at this moment; undefined when they may. Asked anew after each wait. */
  async #closed({ door, redeemer }: SignUpAttempt): Promise<TurnedAway | undefined> {
    const { store, host, observer } = this.#ports
    if (!(await this.#areOpen())) {
      observer.turnedAway(door, 'doors closed')
      return { why: 'doors closed' }
    }
    const paused = await store.pause(host.hostname)
    if (paused === undefined || (paused.exceptMigrations && redeemer.did !== null)) return undefined
    observer.turnedAway(door, 'paused')
    return { why: 'paused', message: paused.message }
  }

  /** Sends on what holds no use. */
  async #sendOn(code: string | undefined, attempt: SignUpAttempt): Promise<SignUpOutcome> {
    const turnedAway = await this.#closed(attempt)
    return turnedAway === undefined ? { answer: await attempt.send(code) } : { turnedAway }
  }

  /** Work that goes on although the person may leave. */
  async #finishing<T>(running: Promise<T>): Promise<T> {
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }

  /**
   * Lets the PDS redeem a code of its own under its own name, and counts what it made of it. Losing that count does no
   * harm: taking the code over reads its uses from the PDS.
   */
  async #passOn(code: string, attempt: SignUpAttempt): Promise<SignUpOutcome> {
    const { guesses, observer } = this.#ports
    const { door, address } = attempt
    // Counted before it is known whether it is a guess, or many at once would be as good as one.
    const isTooMany = await guesses.count(address)
    try {
      if (!isTooMany) return await this.#passOnCounted(code, attempt)
      observer.turnedAway(door, 'guessing')
      return { turnedAway: { why: 'guessing', retryAfter: UNDER_WAY } }
    } finally {
      await guesses.takeBack(address)
    }
  }

  async #passOnCounted(code: string, attempt: SignUpAttempt): Promise<SignUpOutcome> {
    const { store, host, now, log } = this.#ports
    const sent = await this.#send(undefined, code, attempt)
    if ('turnedAway' in sent) return sent
    const { answer } = sent
    if (answer === undefined) return { turnedAway: { why: 'may exist' } }
    // Its take-over may have begun meanwhile: then it is Latchkey's in a moment, and as good as before.
    if (attempt.isCodeRefused(answer)) return this.#redeem(code, attempt, answer)
    const arrival = answer.status === 200 ? this.#arrivalOf(undefined, answer, attempt) : undefined
    if (arrival === undefined) return { answer }
    try {
      await store.recordUpstreamUse({ ...arrival, host: host.hostname, code, at: now() })
    } catch (error) {
      if (!isPassing(error)) throw error
      log.error({ did: arrival.did, err: error }, "an arrival with a code of the PDS's could not be counted")
    }
    return { answer }
  }

  /**
   * Waits for sign-ups whose people have left, which the server no longer waits for: until the PDS has answered them.
   * Finding out how they went where it has not is left to the next settler.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort()
    await Promise.allSettled(this.#running)
  }

  async #turnAway(attempt: SignUpAttempt): Promise<TurnedAway | undefined> {
    const { guesses, attempts, observer } = this.#ports
    const { door, code, address } = attempt
    const closed = await this.#closed(attempt)
    if (closed !== undefined || code === undefined) return closed
    for (const [why, limiter] of [
      ['guessing', guesses],
      ['too many', attempts],
    ] as const) {
      const retryAfter = await limiter.blockedFor(address)
      if (retryAfter === undefined) continue
      observer.turnedAway(door, why)
      return { why, retryAfter }
    }
    return undefined
  }

  async #reserve(id: string, code: string, attempt: SignUpAttempt): Promise<ReserveOutcome | TurnedAway> {
    const { store, host, now, holder, timings, attempts, observer } = this.#ports
    const { door, redeemer, address } = attempt
    const reserve = () => {
      const at = now()
      const leaseUntil = at + timings.lease
      return store.reserve({ id, code, host: host.hostname, door, redeemer, holder, leaseUntil }, at)
    }
    const taken = await this.#unlessClosing(attempt, reserve).catch((error: unknown) => {
      observer.turnedAway(door, 'store unavailable')
      throw error
    })
    if (taken === 'reserved') await attempts.count(address)
    else if (taken === 'closing') observer.turnedAway(door, 'codes moving')
    else if (taken === 'in progress') observer.turnedAway(door, taken)
    return taken
  }

  /** A code that is being taken over is nobody's for some seconds, which the person waits for without noticing. */
  async #unlessClosing(
    attempt: SignUpAttempt,
    reserve: () => Promise<ReserveOutcome>,
  ): Promise<ReserveOutcome | TurnedAway> {
    const { closingPatience, closingRetry } = this.#ports.timings
    for (let waited = 0; ; waited += closingRetry) {
      const closed = await this.#closed(attempt)
      if (closed !== undefined) return closed
      const taken = await reserve()
      if (taken !== 'closing' || waited >= closingPatience) return taken
      await sleep(closingRetry)
    }
  }

  async #carryThrough(
    id: string,
    code: string,
    attempt: SignUpAttempt,
    started: number,
  ): Promise<SignUpOutcome> {
    const { observer, now } = this.#ports
    const finished = (outcome: 'committed' | 'released' | 'unknown') =>
      observer.finished(attempt.door, outcome, now() - started)

    const upstreamCode = await this.#mint(id, code)
    if (upstreamCode === undefined) {
      finished('released')
      return { turnedAway: { why: 'not done' } }
    }
    const sent = await this.#send(id, upstreamCode, attempt)
    if ('turnedAway' in sent) {
      // The code that was minted is used by nobody, and swept later.
      await this.#release(id)
      finished('released')
      return sent
    }
    const { answer } = sent
    const arrival = answer?.status === 200 ? this.#arrivalOf(id, answer, attempt) : undefined
    if (answer !== undefined && arrival !== undefined && (await this.#commit(id, arrival))) {
      finished('committed')
      return { answer }
    }
    const settled = await this.#settle(id)
    finished(settled === 'postponed' ? 'unknown' : settled)
    if (answer !== undefined) return { answer }
    return { turnedAway: { why: settled === 'released' ? 'not done' : 'may exist' } }
  }

  /** Makes the PDS's own code for this sign-up, on disk here before it is used. @returns undefined when that failed */
  async #mint(id: string, code: string): Promise<string | undefined> {
    const { store, host, pds, now, log } = this.#ports
    try {
      const minted = await pds.mintCode(upstreamOwner(host.hostname, id, code))
      if (await store.markForwarded(id, minted)) return minted.code
      log.warn({ reservation: id }, 'a sign-up was settled before it could be sent on')
      return undefined
    } catch (error) {
      // A code that was minted and not heard of is used by nobody, and swept later.
      await store.release(id, now())
      if (!isPassing(error)) throw error
      log.error({ reservation: id, err: error }, 'no code could be minted for a sign-up')
      return undefined
    }
  }

  /** @returns no answer when none came, and whoever was turned away was not sent on at all */
  async #send(
    id: string | undefined,
    upstreamCode: string,
    attempt: SignUpAttempt,
  ): Promise<{ readonly answer: PdsAnswer | undefined } | { readonly turnedAway: TurnedAway }> {
    const { log } = this.#ports
    // A PDS that was restarted since the person came in may let anybody in.
    const turnedAway = await this.#closed(attempt)
    if (turnedAway !== undefined) {
      log.warn({ reservation: id }, 'the doors were closed before a sign-up could be sent on')
      return { turnedAway }
    }
    try {
      return { answer: await attempt.send(upstreamCode) }
    } catch (error) {
      if (!(error instanceof PdsUnreachableError)) throw error
      log.warn({ reservation: id, err: error }, 'a sign-up got no answer')
      return { answer: undefined }
    }
  }

  /** Gives the use of a sign-up back that was not sent on. */
  async #release(id: string): Promise<void> {
    const { store, now, log } = this.#ports
    try {
      await store.release(id, now())
    } catch (error) {
      if (!isPassing(error)) throw error
      log.error({ reservation: id, err: error }, 'a sign-up is left to the settler')
    }
  }

  /** Reads who came. An answer that can't be read makes nobody's sign-up undone: it is found out like any other. */
  #arrivalOf(id: string | undefined, answer: PdsAnswer, { arrivalOf }: SignUpAttempt) {
    try {
      return arrivalOf(answer)
    } catch (error) {
      this.#ports.log.error({ reservation: id, err: error }, 'the answer to a sign-up was not understood')
      return undefined
    }
  }

  /** Counts an arrival that the PDS told of. @returns false when that has to be settled */
  async #commit(id: string, arrival: { did: string; handle: string | null }): Promise<boolean> {
    const { store, now, log } = this.#ports
    try {
      // Committed by somebody else is committed as well.
      await store.commit(id, { ...arrival, at: now() })
      return true
    } catch (error) {
      if (!isPassing(error)) throw error
      log.error({ reservation: id, err: error }, 'an arrival could not be counted yet')
      return false
    }
  }

  /** Status alone settles nothing: the PDS can refuse after the account exists. */
  async #settle(id: string) {
    const { store, holder, log } = this.#ports
    try {
      await store.startSettling(id, holder)
      const reservation = await store.reservation(id)
      if (reservation === undefined) throw new Error('a reservation is missing')
      if (reservation.state === 'committed' || reservation.state === 'released') return reservation.state
      return await settle(this.#ports, reservation, this.#ending.signal)
    } catch (error) {
      if (!isPassing(error)) throw error
      log.error({ reservation: id, err: error }, 'a sign-up is left to the settler')
      return 'postponed' as const
    }
  }
}

/** What passes by itself, and is no bug. */
function isPassing(error: unknown): boolean {
  return [PdsUnreachableError, PdsRefusedError, StoreBusyError, StoreUnavailableError].some(
    (kind) => error instanceof kind,
  )
}
