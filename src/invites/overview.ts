import type { EarningCode } from './earning.ts'
import type { CodeState } from './predicates.ts'
import type { Reservation } from './store.ts'
import type { Duration, Instant, Person } from './types.ts'

/** An account, as operators see it in a list. */
export interface AccountOverview {
  readonly person: Person
  /** When it came, as far as is known: by the PDS's clock, else when its sign-up ended. */
  readonly joinedAt: Instant | null
  /** The code it came in with; of several the newest. */
  readonly invitedWith: string | null
  /** Who owns that code; null for the operator's and for codes that are not known here. */
  readonly invitedBy: Person | null
  /** Whether it came past the doors. */
  readonly isDirect: boolean
  /** Codes it owns that are open. */
  readonly open: number
  /** All codes it owns. */
  readonly codes: number
  /** Uses of its codes. */
  readonly invited: number
  readonly invitesDisabled: boolean
  /** For administrators only. */
  readonly note: string | null
}

/** Where a page of accounts, newest first, ended. */
export interface JoinedPosition {
  /** 0 where it is not known. */
  readonly joinedAt: Instant
  readonly did: string
}

/** Where a page of accounts by handle ended. */
export interface HandlePosition {
  readonly handle: string
  readonly did: string
}

/** Which accounts are looked for, and in which order. */
export type AccountSearch =
  /** All, newest first; those come last of whom it is not known. */
  | { readonly by: 'joined'; readonly after: JoinedPosition | null }
  /** Those whose handle begins so, by handle. */
  | { readonly by: 'handle'; readonly beginning: string; readonly after: HandlePosition | null }
  | { readonly by: 'did'; readonly did: string }

/** An account in the tree. */
export interface TreeAccount {
  readonly person: Person
  readonly joinedAt: Instant | null
  /** The code it came in with. */
  readonly code: string | null
}

/** What the accounts of a part of the tree look like to earning. */
export interface EarningPart {
  readonly members: readonly {
    readonly did: string
    /** Null where it is not known yet. */
    readonly createdAt: Instant | null
    readonly codes: readonly EarningCode[]
  }[]
  /** The last DID that was looked at; null when there are no more. */
  readonly last: string | null
}

export const DAY: Duration = 86_400_000

/**
 * How operators look at accounts, at the tree of who invited whom, and at how sign-ups go. Part of the store: its rules hold
 * here too. An account stands below whoever owns the code it came in with; one that came with the operator's, with one that
 * is not known here or with none is a root. Whoever comes back by a code from their own branch becomes a root, so that the
 * tree has no rings.
 */
export interface OverviewStore {
  /** A page of accounts. @param page.now how open codes are judged */
  listAccounts(page: {
    host: string
    search: AccountSearch
    limit: number
    now: Instant
  }): Promise<readonly AccountOverview[]>
  /**
   * A page of the accounts below one, newest first.
   *
   * @param page.inviter null for the roots
   */
  listBranches(page: {
    host: string
    inviter: string | null
    limit: number
    after: JoinedPosition | null
  }): Promise<readonly TreeAccount[]>
  /** Of the accounts right below any of these, `limit` at most. */
  invitees(of: {
    host: string
    dids: readonly string[]
    limit: number
  }): Promise<readonly Pick<Person, 'did' | 'status'>[]>
  /**
   * The way from an account up to its root.
   *
   * @param limit how many steps at most
   * @returns the account first; nothing where it is not known
   */
  ancestors(host: string, did: string, limit: number): Promise<readonly Person[]>

  /** Sign-ups in progress, oldest first, and those that ended, newest first; `limit` of each at most. */
  shownSignUps(
    host: string,
    limit: number,
  ): Promise<{ readonly open: readonly Reservation[]; readonly ended: readonly Reservation[] }>
  /** How many sign-ups were committed on each day of UTC since an instant, by the day's number since 1970. */
  signUpsByDay(host: string, since: Instant): Promise<ReadonlyMap<number, number>>
  /** How many codes are in each state. Not one snapshot: other work is let in between. */
  countCodes(host: string, now: Instant): Promise<Readonly<Record<CodeState, number>>>

  /**
   * A part of the active accounts whose invites are not disabled, by DID, with their earned codes.
   *
   * @param page.after the last DID of the part before
   * @param page.limit how many accounts are looked at
   */
  listEarners(page: { host: string; after: string | null; limit: number }): Promise<EarningPart>
}
