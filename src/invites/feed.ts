import type { Deed } from './audit.ts'
import type { AccountStatus, Duration, Instant } from './types.ts'

/** What a host tells of one of its accounts. */
export interface AccountEvent {
  /** The host's number of it; a later event has a greater one. */
  readonly seq: number
  /** When it happened, by the host's clock. */
  readonly at: Instant
  readonly did: string
  /** Left out where it tells of the handle only. */
  readonly status?: AccountStatus
  /** Left out where it does not tell of the handle. */
  readonly handle?: string
}

/** An account as a listing of its host has it. */
export interface ListedAccount {
  readonly did: string
  readonly status: AccountStatus
}

/** What is known before a listing is made. */
export interface KnownAccounts {
  /** Rows that later events wrote are newer than the listing, and stay. */
  readonly asOf: number
  /** The accounts that the host is known to have had, without deleted ones. */
  readonly dids: readonly string[]
}

/** A part of a listing, small enough for one transaction. */
export interface ListingPart {
  readonly asOf: number
  readonly at: Instant
  /**
   * They get their status, and a row where they have none. Who was not known, although a listing was worked in before,
   * is taken to arrive.
   */
  readonly present: readonly ListedAccount[]
  /** They are deleted, as by an event. */
  readonly gone: readonly string[]
}

/** Whether the accounts of a host are to be compared with a listing of it. */
export interface Resync {
  /** Since when a listing is wanted; null when none is. */
  readonly wantedAt: Instant | null
  /** How many accounts a listing lacked that waits for the operator's word; null when none waits. */
  readonly missing: number | null
  /** Whether the operator gave the word. */
  readonly accepted: boolean
}

/** What keeps accounts as their host has them. Part of the store: its rules hold here too. */
export interface FeedStore {
  /** The last event that was worked in; null before the first, and when the host's numbers began anew. */
  firehoseCursor(host: string): Promise<number | null>
  /**
   * Works in one event and moves the cursor to it, in one transaction. An account not seen yet gets a row, and is taken
   * to arrive when a listing was worked in before; so does one that comes back after its deletion. A deletion erases
   * handles and note. The version grows when the status changed.
   *
   * @returns false when the cursor is there or further already; nothing was changed
   */
  applyEvent(host: string, event: AccountEvent): Promise<boolean>
  /** Moves the cursor over events that concern no account. It never goes back. */
  advanceCursor(host: string, seq: number): Promise<void>
  /**
   * Forgets the cursor and the numbers of events, since the host's began anew, and wants a listing. Changes nothing when
   * the cursor is not this one any more.
   */
  forgetCursor(host: string, cursor: number, at: Instant): Promise<void>

  /** Whether a listing is wanted or waits. Undefined for an unknown host. */
  resync(host: string): Promise<Resync | undefined>
  /** Wants a listing, a new one when one waits for the operator's word. Unknown hosts are refused by an Error. */
  wantResync(host: string, at: Instant): Promise<void>
  /**
   * Gives the operator's word.
   *
   * @param deed recorded when a listing waits for it
   * @returns how many accounts may be marked as gone; null when no listing waits for it
   */
  acceptResync(host: string, deed?: Deed): Promise<number | null>
  /** Lets a listing wait for the operator's word. */
  holdResync(host: string, missing: number): Promise<void>
  /** Ends a listing. One that was wanted later than `wantedAt` is still wanted. */
  finishResync(host: string, wantedAt: Instant, at: Instant): Promise<void>
  /** What to compare a listing with; read before its first page. */
  knownAccounts(host: string): Promise<KnownAccounts>
  /** Works in a part of a listing. Accounts that an event after `asOf` told of are left as they are. */
  applyListing(host: string, part: ListingPart): Promise<void>

  /**
   * Records how the accounts came that arrived and were not explained yet: as invited where a code of theirs was used
   * then, as direct where no sign-up in progress could still turn out to be theirs.
   *
   * @param margin how far the host's clock and ours may be apart
   */
  explainArrivals(host: string, margin: Duration): Promise<void>
}

/**
 * Wants a listing, unless one waits for the operator's word or has it: wanting anew would take that word back.
 *
 * @returns whether one will be made by itself
 */
export async function wantListing(
  store: Pick<FeedStore, 'resync' | 'wantResync'>,
  host: string,
  at: Instant,
): Promise<boolean> {
  const resync = await store.resync(host)
  if (resync === undefined || resync.missing !== null) return false
  await store.wantResync(host, at)
  return true
}

/** So many accounts can be gone at once without a question. */
const UNSUSPICIOUS = 20
const UNSUSPICIOUS_SHARE = 0.05

/** Compares a listing with what is known. @returns who is gone, in the order of `known` */
export function missingFrom(
  listed: ReadonlyMap<string, AccountStatus>,
  known: readonly string[],
): readonly string[] {
  return known.filter((did) => !listed.has(did))
}

/**
 * Whether so many accounts are gone that the listing is more likely wrong than they deleted: more than twenty, and more
 * than one in twenty.
 *
 * @param accepted how many the operator said may be gone; null without a word
 */
export function isSuspicious(gone: number, known: number, accepted: number | null): boolean {
  if (accepted !== null && gone <= accepted) return false
  return gone > UNSUSPICIOUS && gone > UNSUSPICIOUS_SHARE * known
}
