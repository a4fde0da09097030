import type { Instant, InviteUse } from './types.ts'

/** An account as its PDS has it, when it is copied from there. */
export interface UpstreamAccount {
  readonly did: string
  readonly handle: string | null
  readonly createdAt: Instant
  readonly invitesDisabled: boolean
}

/** A code as its PDS has it, when it is copied from there. */
export interface UpstreamCode {
  readonly code: string
  readonly forAccount: string
  readonly createdBy: string
  readonly createdAt: Instant
  /** What the PDS says that it was created with; the reference accepts numbers below zero. */
  readonly available: number
  readonly disabled: boolean
  readonly uses: readonly InviteUse[]
}

/** What an import added. */
export interface ImportCounts {
  readonly accounts: number
  readonly codes: number
  readonly uses: number
}

/** How many of the codes that were made at the PDS stand where. */
export type UpstreamCounts = Readonly<Record<'theirs' | 'closing' | 'ours', number>>

/**
 * What brings a PDS's own codes here and makes them Latchkey's. Part of the store: its rules hold here too.
 *
 * A code goes `theirs` (known here, redeemed by the PDS under its own name) → `closing` (about to be disabled at the
 * PDS; sign-ups with it wait) → `ours` (disabled there, redeemed here).
 */
export interface ImportStore {
  /**
   * Inserts accounts and fills in what is not known of others. Whether invites are disabled is as the PDS has it for as
   * long as the host does not earn here and nobody decided otherwise here; it is Latchkey's to say from then on.
   *
   * @param options.dryRun counts, and changes nothing
   * @returns how many were not imported before
   */
  importAccounts(
    host: string,
    accounts: readonly UpstreamAccount[],
    options: { readonly at: Instant; readonly dryRun: boolean },
  ): Promise<number>
  /**
   * Inserts codes as `theirs`, and adds uses that are not known to those imported before; their ordinals stay. Routine
   * codes take the next ordinals of their owners in the order given, which is to be `(createdAt, code)`. A code has room
   * for all its uses. Owners' versions grow where something changed.
   *
   * @param options.followFlags disables what is `theirs` still and was disabled at the PDS since it was imported;
   *   otherwise flags stay too
   * @returns how many codes and uses were not known
   */
  importCodes(
    host: string,
    codes: readonly UpstreamCode[],
    options: { readonly at: Instant; readonly dryRun: boolean; readonly followFlags?: boolean },
  ): Promise<Pick<ImportCounts, 'codes' | 'uses'>>
  /** The names of all that are `theirs` and that the PDS had not disabled when its flags were followed last. */
  openTheirs(host: string): Promise<ReadonlySet<string>>
  /**
   * Turns all that are `theirs` into `closing`; those that the PDS redeems no more, disabled or used up, into `ours`.
   *
   * @returns the names of all that are `closing`, those of an earlier call included
   */
  beginTakeOver(host: string): Promise<readonly string[]>
  /**
   * Adds the uses that the PDS had counted by the time it disabled these codes, and turns those that are `closing` into
   * `ours`.
   *
   * @returns how many are `ours` by this call
   */
  finishTakeOver(
    host: string,
    codes: readonly { readonly code: string; readonly uses: readonly InviteUse[] }[],
  ): Promise<number>
  /**
   * Counts a sign-up that the PDS redeemed under the code's own name, once for each account and code, and records who
   * came. Of a code that is not known here only the arrival is recorded.
   */
  recordUpstreamUse(use: {
    readonly host: string
    readonly code: string
    readonly did: string
    readonly handle: string | null
    readonly at: Instant
  }): Promise<void>
  /** How many codes are `closing`; quick, however many there are in all. */
  countClosing(host: string): Promise<number>
  /** How many codes of the PDS are known, by where they stand. Looks at all codes. */
  countUpstream(host: string): Promise<UpstreamCounts>
}
