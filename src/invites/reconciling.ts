import type { Instant, InviteUse } from './types.ts'

/** Why an administrator finds a code that nobody made: what is known of it is its uses. */
export const LOST_CODE_NOTE =
  'Made after the backup that was restored. Only its uses were found again, by what the PDS knows of them.'

/** A code that the PDS minted for a sign-up here, read from the PDS alone. */
export interface UpstreamSignUp {
  readonly reservation: string
  /** The code that was redeemed here. */
  readonly code: string
  /** The one that the PDS minted. */
  readonly upstreamCode: string
  readonly mintedAt: Instant
  /** Who came in with it; null when nobody did. */
  readonly use: InviteUse | null
}

/** A sign-up that the PDS let in. */
export interface UpstreamArrival extends UpstreamSignUp {
  readonly use: InviteUse
  /** The account as the PDS has it; null when it is gone. */
  readonly account: { readonly handle: string | null; readonly createdAt: Instant } | null
}

/**
 * What is known here of a sign-up at the PDS: `settled`, and nothing is to be done; `unfinished`; `released`, its use given
 * back; `lost`, and it was never heard of; `lost with its code`, and its code neither.
 */
export type SignUpVerdict = 'settled' | 'unfinished' | 'released' | 'lost' | 'lost with its code'

/** Where a page of uses ended. */
export type UsePosition = Pick<HeldUse, 'code' | 'usedBy' | 'usedAt'>

/** A use that the PDS must know as well. */
export interface HeldUse extends InviteUse {
  readonly code: string
  /** Null for one of a code that the PDS redeemed under its own name. */
  readonly reservation: string | null
  /** The name under which the PDS knows it. */
  readonly upstreamCode: string
  readonly handle: string | null
}

/**
 * What finds again what a restored backup lost, here or at the PDS. Part of the store: its rules hold here too.
 *
 * What was judged before may be otherwise by the time it is counted; whoever counts judges again in the same transaction.
 */
export interface ReconcileStore {
  /**
   * Compares sign-ups at the PDS with what is known here. One that was given back here is `settled` when the same account
   * came in later by another.
   *
   * @returns one verdict for each, in their order
   */
  judgeSignUps(signUps: readonly UpstreamSignUp[]): Promise<readonly SignUpVerdict[]>
  /**
   * Counts those that are judged `released` or lost: inserts what is missing of sign-up, code and account, a code as a gift
   * of the operator's that is used up; a code that is known gets room. Owners' versions grow. Who came has the code of their
   * newest use as the one that invited them, and is taken for deleted when neither side knows them.
   *
   * @returns what each was judged; those that say `settled` or `unfinished` were left alone
   */
  countSignUps(
    host: string,
    arrivals: readonly UpstreamArrival[],
    at: Instant,
  ): Promise<readonly SignUpVerdict[]>
  /** Of these codes of the PDS those that are Latchkey's by now, each with the DIDs that are known to have used it. */
  takenOver(host: string, codes: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<string>>>
  /**
   * A page of the uses that the PDS must know, older than `before`, by `(code, usedBy, usedAt)`.
   *
   * @param after the last one of the page before
   */
  heldUses(page: {
    host: string
    before: Instant
    after: UsePosition | null
    limit: number
  }): Promise<readonly HeldUse[]>
  /**
   * Takes back uses of accounts that a restored PDS has lost: the use is free again, its sign-up released, the owner's
   * version grows, and who came has the code of the newest use that is left as the one that invited them.
   *
   * @returns how many were there
   */
  giveBack(host: string, uses: readonly HeldUse[], at: Instant): Promise<number>
}
