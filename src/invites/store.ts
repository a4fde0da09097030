import type { AuditStore, Deed } from './audit.ts'
import type { BatchStore } from './batches.ts'
import type { FeedStore } from './feed.ts'
import type { GivingStore } from './giving.ts'
import type { ImportStore } from './imports.ts'
import type { OverviewStore } from './overview.ts'
import type { RedemptionRefusal, Redeemer } from './predicates.ts'
import type { ReconcileStore } from './reconciling.ts'
import type { SearchStore } from './search.ts'
import type {
  Account,
  AccountStatus,
  Door,
  Host,
  Instant,
  InviteCode,
  InviteCodeWithUses,
  Policy,
  ReservationState,
} from './types.ts'
import type { WebStore } from './web.ts'

/** The database stayed locked by other writers for as long as a caller should wait. Nothing was changed. */
export class StoreBusyError extends Error {
  override readonly name = 'StoreBusyError'
}

/** The database can't be reached, read or written at all. Nothing was changed. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError'
}

/** One member's account and codes, read in one snapshot. */
export interface MemberSnapshot {
  /** Undefined until the account was upserted. */
  readonly account: Account | undefined
  /** All codes that the DID owns, by `(createdAt, code)` ascending; uses newest first. */
  readonly codes: readonly InviteCodeWithUses[]
}

/** What a member is shown of a code, and what decides whether another is earned. */
export type EarnerCode = Omit<InviteCodeWithUses, 'host' | 'restrictedTo' | 'upstream'>

/** A member, and all that decides what is earned, read in one snapshot: often, so nothing that the answer and earning do without. */
export interface EarnerSnapshot {
  /** Undefined while it has no row. */
  readonly account: Pick<Account, 'host' | 'createdAt' | 'invitesDisabled' | 'version'> | undefined
  /** All codes that the DID owns, by `(createdAt, code)` ascending; uses newest first. */
  readonly codes: readonly EarnerCode[]
  /** Since when members of the host earn; null while they do not. */
  readonly earningSince: Instant | null
  readonly policy: Policy
}

/** How an account stands: read with every request that takes something for known of it. */
export interface AccountStanding {
  /** Grows with every change of what `getAccountInviteCodes` would answer. */
  readonly version: number
  readonly status: AccountStatus
  /** Whether the PDS itself has told of the account, rather than that codes were made for it. */
  readonly isConfirmed: boolean
}

/** A code to insert. */
export interface NewCode {
  readonly code: string
  readonly forAccount: string
  readonly available: number
}

/** `collision` when one of the random codes exists already: nothing was inserted, try again with new ones. */
export type InsertOutcome = 'done' | 'collision'

/** Codes that a member earned, ready to insert. */
export interface EarnedCodes {
  readonly did: string
  readonly host: string
  readonly createdAt: Instant
  /** The ordinal of the first code; the others follow in ascending order. */
  readonly firstOrdinal: number
  readonly codes: readonly string[]
}

/** `recent`: the newest first. `usage`: the most used first, and of equal use the newest. Of one instant, by code. */
export type SortOrder = 'recent' | 'usage'

/** Where a page of a listing ended: its last code. How often that was used matters in the order by usage alone. */
export type ListingPosition = Pick<InviteCode, 'used' | 'createdAt' | 'code'>

/** A sign-up about to begin. */
export interface NewReservation {
  readonly id: string
  readonly code: string
  readonly host: string
  readonly door: Door
  readonly redeemer: Redeemer
  /** The process that holds the lease. */
  readonly holder: string
  readonly leaseUntil: Instant
}

export type ReserveOutcome = 'reserved' | 'in progress' | 'upstream' | 'closing' | RedemptionRefusal

/** A sign-up in progress or finished. */
export interface Reservation {
  readonly id: string
  readonly code: string
  readonly host: string
  readonly door: Door
  readonly handle: string | null
  readonly upstreamCode: string | null
  readonly mintedAt: Instant | null
  readonly state: ReservationState
  readonly startedAt: Instant
  readonly settledAt: Instant | null
  readonly did: string | null
}

/**
 * Where invitations are kept. Every method is one transaction, rejects with {@link StoreBusyError} or
 * {@link StoreUnavailableError} having changed nothing, and is proved on every implementation by one conformance
 * suite, parallel writers included. Reads take no write lock.
 *
 * Where a method takes a deed, it writes a line of the audit log with what it changes; without one Latchkey acts by itself.
 */
export interface InviteStore
  extends
    AuditStore,
    BatchStore,
    FeedStore,
    GivingStore,
    ImportStore,
    OverviewStore,
    ReconcileStore,
    SearchStore,
    WebStore,
    AsyncDisposable {
  /** Whether the database answers and can be written. Rejects like every other method when not. */
  check(): Promise<void>

  /** Records the host at its first start. @returns the row as it now is, with the DID of the first start */
  openHost(host: { hostname: string; did: string }): Promise<Host>
  /** Reads a host. @returns undefined before its first start */
  host(hostname: string): Promise<Host | undefined>
  /**
   * Records that a host's codes were given back to the PDS, or with null that they were not after all. Unknown hosts are
   * refused by an Error. The line of a deed that gives them back says that it is not finished; {@link recordEvent} ends it.
   */
  setEjected(hostname: string, at: Instant | null, deed?: Deed): Promise<void>
  /** Opens earning on a host; the first call's instant stays, and grows the versions of the host's accounts. */
  openEarning(hostname: string, at: Instant): Promise<void>
  /** @returns the policy last set, or nobody earns, epoch 0 and the reference's cap of 5 */
  policy(hostname: string): Promise<Policy>
  /** Replaces the policy; the versions of the host's accounts grow when it differs from the one before. */
  setPolicy(hostname: string, policy: Policy, deed?: Deed): Promise<void>

  /**
   * Inserts an account or fills in what is given. A `createdAt` that is known is replaced only when another is given,
   * and the version grows when anything changed.
   */
  upsertAccount(account: { did: string; host: string; handle?: string; createdAt?: Instant }): Promise<void>
  /**
   * Enables or disables an account's invites and keeps the note: null leaves the one before, an empty one erases it.
   * Inserts an unseen account. The version grows when `disabled` changed; nobody but administrators sees the note.
   */
  setInvitesDisabled(change: {
    did: string
    host: string
    disabled: boolean
    note: string | null
    deed?: Deed | undefined
  }): Promise<void>
  /** Reads an account with its codes. */
  memberSnapshot(did: string): Promise<MemberSnapshot>
  /** Reads what `getAccountInviteCodes` answers from, and creates from. Without a host nobody earns there. */
  earnerSnapshot(did: string, host: string): Promise<EarnerSnapshot>
  /** Reads by the primary key alone how an account stands. @returns undefined while it has no row */
  standing(did: string): Promise<AccountStanding | undefined>
  /**
   * Reads for administrators: accounts with the codes they own and the code that invited them.
   *
   * @returns one entry per distinct DID asked for, known or not
   */
  memberRecords(dids: readonly string[]): Promise<ReadonlyMap<string, MemberRecord>>

  /** Inserts gifted codes, all or none, and grows the owners' versions. */
  insertGifted(
    codes: readonly NewCode[],
    host: string,
    createdAt: Instant,
    deed?: Deed,
  ): Promise<InsertOutcome>
  /**
   * Inserts earned codes under their ordinals. An ordinal that its owner has already is left as it is, so that callers
   * who worked out the same codes all succeed. Inserts nothing for an account whose invites are disabled.
   */
  insertEarned(codes: EarnedCodes): Promise<InsertOutcome>
  /** Disables codes by name and by owner, those not disabled before; unknown ones are passed over. */
  disableCodes(which: {
    codes: readonly string[]
    owners: readonly string[]
    at: Instant
    /** The host for the log. */
    deed?: (Deed & { readonly host: string }) | undefined
  }): Promise<void>
  /**
   * One page of all codes of a host: newest first, or most used first; within equals by code, descending.
   *
   * @param after the position of the last code of the page before
   */
  listCodes(page: {
    host: string
    sort: SortOrder
    limit: number
    after: ListingPosition | null
  }): Promise<readonly InviteCodeWithUses[]>

  /** Reads all that decides whether a code can be redeemed, at the same cost however often it was. @returns undefined when the host has no such code */
  codeStanding(code: string, host: string): Promise<CodeStanding | undefined>

  /**
   * Takes one use of a code and records the sign-up that holds it, or says why not and changes nothing. A sign-up with
   * the same code and handle, in whatever case, that is not finished yet makes it `in progress`, unless the code is
   * `disabled` or `expired`. A good code that the PDS still redeems is `upstream`; `closing` while it is being made
   * Latchkey's, and then it is to be tried again.
   */
  reserve(reservation: NewReservation, now: Instant): Promise<ReserveOutcome>
  /**
   * Records the one-use code minted upstream, before anything is sent on.
   *
   * @returns false when not `reserved`, or taken over since: nothing may be sent on
   */
  markForwarded(id: string, upstream: { code: string; mintedAt: Instant }): Promise<boolean>
  /** Keeps a sign-up for its holder. @returns false when it is finished or another's: its holder must stop working on it */
  renewLease(id: string, holder: string, leaseUntil: Instant): Promise<boolean>
  /** Marks a sign-up whose outcome has to be found out upstream. @returns false when it is not `forwarded` and the holder's */
  startSettling(id: string, holder: string): Promise<boolean>
  /**
   * Takes over unfinished sign-ups whose lease has run out and whose next try is due: those with an upstream code become
   * `settling`, all become the holder's. The others stay `reserved` and can't be marked as forwarded any more, so that
   * releasing them is safe. Each goes to one caller only.
   *
   * @returns at most `limit` of them as they now are, the oldest first
   */
  takeOver(claim: {
    host: string
    holder: string
    now: Instant
    leaseUntil: Instant
    limit: number
  }): Promise<readonly Reservation[]>
  /** Ends a holder's lease without an outcome: whoever comes first, from `nextTryAt` on, tries again. */
  postpone(id: string, holder: string, nextTryAt: Instant): Promise<void>
  /**
   * Turns a held use into a finished one: counts it, records who came, and grows the owner's version.
   *
   * @param arrival.lookAgainAt when to look whether the account is still there; left out when the PDS itself told of it
   * @returns false when the reservation is in no state to be committed; nothing was counted
   */
  commit(
    id: string,
    arrival: { did: string; handle: string | null; at: Instant; lookAgainAt?: Instant },
  ): Promise<boolean>
  /** Committed sign-ups whose second look is due, the one longest due first. */
  dueSecondLooks(query: { host: string; now: Instant; limit: number }): Promise<readonly Reservation[]>
  /**
   * Ends the second look at a committed sign-up. An account that is gone was never really there: its use is taken back,
   * the reservation released, the owner's version grows, and an account that has this code as the one that invited it
   * loses it.
   *
   * @returns false when the second look was ended before; nothing was counted
   */
  endSecondLook(id: string, outcome: 'stays' | 'gone', at: Instant): Promise<boolean>
  /**
   * Gives a held use back.
   *
   * @param upstream `used` when the PDS keeps a use of its own code, by an account that it deleted again
   * @returns false when the reservation is finished already
   */
  release(id: string, at: Instant, upstream?: 'unused' | 'used'): Promise<boolean>
  /** Reads one reservation. */
  reservation(id: string): Promise<Reservation | undefined>
  /**
   * Forgets sign-ups that were released until an instant, the longest ago first. Others are never forgotten, and neither
   * are those whose code the PDS has as used: nobody could tell such a use from one that was lost here.
   *
   * @returns how many; at most `limit`
   */
  purgeReleased(which: { host: string; before: Instant; limit: number }): Promise<number>
  /** How many sign-ups are unfinished, by state. */
  countOpen(host: string): Promise<Readonly<Record<'reserved' | 'forwarded' | 'settling', number>>>
  /** Until when, by the PDS's clock, its list was searched for codes that no sign-up goes through; null before the first. */
  sweptUntil(host: string): Promise<Instant | null>
  /** Records how far the search came. Unknown hosts are refused by an Error. */
  setSweptUntil(host: string, until: Instant): Promise<void>

  /** Whether sign-ups are paused, and how. Undefined when they are not. */
  pause(host: string): Promise<Pause | undefined>
  /** Pauses sign-ups, or resumes them with undefined. Unknown hosts are refused by an Error. */
  setPause(host: string, pause: Pause | undefined, deed?: Deed): Promise<void>
}

/** Both doors are closed. */
export interface Pause {
  readonly since: Instant
  /** Whether accounts that bring their DID from another PDS may still come in. */
  readonly exceptMigrations: boolean
  /** What people at the doors are told; null for Latchkey's own words. */
  readonly message: string | null
}

/** A code, without its uses, and how its owner stands. */
export interface CodeStanding {
  readonly code: InviteCode
  /** `active` for `admin` and for owners not seen yet. */
  readonly ownerStatus: AccountStatus
}

/** What administrators see of an account. */
export interface MemberRecord extends MemberSnapshot {
  readonly invitedBy: InviteCodeWithUses | undefined
}
