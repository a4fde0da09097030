import { makeDeed } from './audit.ts'
import { type RandomBytes, withNewCodes } from './code.ts'
import { nextEarnedAt } from './earning.ts'
import { InviteError, type InviteErrorCode } from './errors.ts'
import { type Giving, MOST_SWITCHED_OFF, type SwitchOffRefusal } from './giving.ts'
import { refuseRedemption } from './predicates.ts'
import type { InviteService } from './service.ts'
import type { CodeStanding, InviteStore } from './store.ts'
import { ADMIN, type Host, type Instant, type Person } from './types.ts'

/** When the next code is earned, if nothing else happens, or why none is. */
export type NextCode =
  | { readonly at: Instant }
  | { readonly why: 'nobodyEarns' | 'notOpen' | 'cap' | 'disabled' }

/** What a member has to give at an instant. */
export interface MemberInvites extends Giving {
  /** When that was; how codes stand is judged by it. */
  readonly at: Instant
  /** The public host name. */
  readonly host: string
  readonly next: NextCode
}

/** Slows down whoever tries codes that are not good, address by address. The doors count in the same one. */
export interface GuessLimiter {
  /** In how many whole seconds this client may go on; undefined when it may now. */
  readonly blockedFor: (address: string) => Promise<number | undefined>
  /** Counts once against this client. */
  readonly count: (address: string) => Promise<unknown>
}

/** What somebody learns who asks whether a code is good. All kinds of bad are the same. */
export type CodeCheck = { readonly retryAfter: number } | CodeVerdict

/** Whether a code lets somebody in, and what is told of one that does. */
export type CodeVerdict =
  | { readonly good: false }
  | {
      readonly good: true
      /** Uses that are neither spent nor held. */
      readonly left: number
      /** Who gives it; null for the operator. */
      readonly inviter: Person | null
      readonly expiresAt: Instant | null
    }

export interface GivingServicePorts {
  readonly store: InviteStore
  readonly host: Host
  readonly invites: Pick<InviteService, 'earn'>
  readonly guesses: GuessLimiter
  readonly now: () => Instant
  readonly random: RandomBytes
}

/** What members do with their codes, and what an invited person may ask. */
export class GivingService {
  readonly #ports: GivingServicePorts

  constructor(ports: GivingServicePorts) {
    this.#ports = ports
  }

  /**
   * What a member has to give, after what was earned by now is made.
   *
   * @throws {InviteError} `DuplicateCreate` when the database stayed busy; nothing was created
   */
  async invitesOf(did: string): Promise<MemberInvites> {
    const { store, host, invites, now } = this.#ports
    const at = now()
    const { earning } = await invites.earn(did, at)
    const giving = { ...(await store.giving(did, host.hostname)), at, host: host.hostname }
    if ('stopped' in earning) return { ...giving, next: { why: earning.stopped } }
    const nextAt = nextEarnedAt(at, earning.createdAt, giving.codes, earning.policy)
    return { ...giving, next: nextAt === null ? { why: 'cap' } : { at: nextAt } }
  }

  /**
   * Names a code for its owner alone.
   *
   * @param label trimmed; an empty one takes the name away
   * @throws {InviteError} `UnknownCode` when the owner has no such code
   */
  async labelCode(owner: string, code: string, label: string): Promise<void> {
    const name = label.trim()
    const labelled = await this.#ports.store.labelCode({ code, owner, label: name === '' ? null : name })
    if (!labelled) throw unknownCode()
  }

  /**
   * Switches off an open code of a member's own.
   *
   * @returns the code that came in its place, by {@link replacementOf}; null when none did
   * @throws {InviteError} `UnknownCode`, `NotOpen`, `TooOften`, and `InvalidRequest` while the PDS still redeems it
   */
  async switchOffCode(owner: string, code: string): Promise<string | null> {
    const { store, host, random } = this.#ports
    const { cap } = await store.policy(host.hostname)
    const deed = makeDeed(owner, this.#ports)
    const { hostname } = host
    const [outcome] = await withNewCodes({ hostname, random, count: 1 }, ([replacement = '']) =>
      store.switchOff({ code, host: hostname, replacement, cap, deed }),
    )
    if (typeof outcome === 'string') throw refusal(outcome)
    return outcome.replacement
  }

  /**
   * Tells whether an account with this handle came in with a code, as far as is known here.
   *
   * @param handle in whatever case
   */
  async cameWith(code: string, handle: string): Promise<boolean> {
    const { store, host } = this.#ports
    const person = await store.findPerson(host.hostname, handle)
    if (person === undefined) return false
    const { account } = await store.memberSnapshot(person.did)
    return account?.invitedByCode === code
  }

  /**
   * Tells whether somebody could come in with a code now, by the rule of the doors, for a page that greets them.
   *
   * A restricted code counts as good, and nobody learns for whom it is: the door sees who comes. One that the PDS still
   * redeems is judged by what is known of it; one that is not known here is not good, even where the PDS may know it.
   *
   * @param address the client's, by which guessing is limited
   */
  async checkCode(code: string, address: string): Promise<CodeCheck> {
    const { guesses } = this.#ports
    const retryAfter = await guesses.blockedFor(address)
    if (retryAfter !== undefined) return { retryAfter }
    const check = await this.lookAtCode(code)
    if (!check.good) await guesses.count(address)
    return check
  }

  /** The same for whoever is no guesser: they are known to have the code, or were counted for it already. */
  async lookAtCode(code: string): Promise<CodeVerdict> {
    const { store, host, now } = this.#ports
    const found = await store.codeStanding(code, host.hostname)
    if (found === undefined || isBad(found, now())) return { good: false }
    const { available, used, reserved, forAccount, expiresAt } = found.code
    const inviter = forAccount === ADMIN ? null : await store.person(forAccount, host.hostname)
    return { good: true, left: available - used - reserved, inviter, expiresAt }
  }
}

function isBad({ code, ownerStatus }: CodeStanding, now: Instant): boolean {
  const whoeverFits = { handle: code.restrictedTo, did: null }
  return refuseRedemption(code, ownerStatus, whoeverFits, now) !== null
}

function unknownCode(): InviteError {
  return new InviteError('UnknownCode', 'You have no such code')
}

const REFUSALS: Record<Exclude<SwitchOffRefusal, 'unknown'>, readonly [InviteErrorCode, string]> = {
  'not open': ['NotOpen', 'This code is used up, expired or disabled'],
  moving: ['InvalidRequest', 'This code is still being moved here: try again later'],
  'too often': ['TooOften', `You can switch off ${MOST_SWITCHED_OFF} codes a day: try again later`],
}

function refusal(outcome: SwitchOffRefusal): InviteError {
  return outcome === 'unknown' ? unknownCode() : new InviteError(...REFUSALS[outcome])
}
