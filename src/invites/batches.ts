import type { AuditAction, AuditEvent, Deed, LogPosition } from './audit.ts'
import type { Duration, Instant } from './types.ts'

export type BatchAction = Extract<
  AuditAction,
  | 'createCodes'
  | 'giveCodes'
  | 'replaceCode'
  | 'disableCodes'
  | 'enableCodes'
  | 'disableInvites'
  | 'enableInvites'
>

/** Whether a batch is about whole accounts: what is noted of them is for administrators only, and erased with them. */
export function isAboutInvites(action: BatchAction): boolean {
  return action === 'disableInvites' || action === 'enableInvites'
}

/** An action of operators over codes or accounts. Its id and instant are those of its line in the audit log. */
export interface NewBatch extends Deed {
  readonly host: string
  readonly action: BatchAction
  /** Why. */
  readonly note: string | null
  /** What the audit log names as done to: a code, an account, or the batch itself. */
  readonly subject: string
  /** What the audit log keeps beside the numbers. */
  readonly detail: AuditEvent['detail']
}

/** A batch as it stands. */
export interface Batch extends Deed {
  readonly action: BatchAction
  readonly note: string | null
  /** How many codes it changed or made so far. */
  readonly codes: number
  /** How many accounts it changed so far, or whose codes it did. */
  readonly accounts: number
  /** False while it goes on, and for ever when its process died: then what it did can be undone. */
  readonly finished: boolean
  readonly undoneAt: Instant | null
  readonly undoneBy: string | null
}

/** A batch as it is listed: with the handles of who did it and who undid it, where they have one here. */
export interface ListedBatch extends Batch {
  readonly actorHandle?: string
  readonly undoneByHandle?: string
}

/** So many of the newest batches are looked at for one that goes on. */
export const LATEST = 100

/** So long a batch that is not finished may still be going on; after that its process must have died. */
const LONGEST: Duration = 600_000

/**
 * Whether one of these batches does the same and may still be going on. Whoever began it may have heard no more of it, since
 * proxies don't wait as long, and must not begin it twice.
 */
export function isUnderWay(batches: readonly Batch[], action: BatchAction, now: Instant): boolean {
  return batches.some(
    (batch) =>
      batch.action === action && !batch.finished && batch.undoneAt === null && batch.at > now - LONGEST,
  )
}

/** What all codes of a batch have in common. */
export interface CodeTerms {
  readonly available: number
  readonly expiresAt: Instant | null
  /** What they are made for. */
  readonly note: string | null
}

/** How a part of a batch ended; `stopped` when it is being undone, and does nothing more. */
export type PartOutcome = 'done' | 'collision' | 'stopped'

/** A part of giving. */
export interface GivenPart {
  /** The account to go on after; null when it was the last part. */
  readonly after: string | null
}

/** Whose codes an action reached. */
export interface CodeAndOwner {
  readonly code: string
  readonly owner: string
}

/** Where a part of what `codesToSwitch` finds ended. */
export interface OwnedPosition {
  readonly owner: string
  readonly createdAt: Instant
  readonly code: string
}

/** A part of what disabling or enabling would change. */
export interface SwitchablePart {
  readonly codes: readonly CodeAndOwner[]
  /** Where to go on; null when it was the last part. */
  readonly after: OwnedPosition | null
}

export interface UndoCounts {
  /** Rows that are as they were before the batch; of those that it made, such as nobody can use any more. */
  readonly restored: number
  /** Rows that were left alone, since somebody else changed them after the batch. */
  readonly changedSince: number
}

/** Why nothing was undone. */
export type UndoRefusal = 'unknown' | 'already undone'

/** Where a part of an undoing's preview ended: among the codes of the batch, or among its accounts, which come after them. */
export type UndoPosition = { readonly made: 0 | 1; readonly code: string } | { readonly did: string }

/** What undoing a part of a batch would do. */
export interface UndoPreviewPart extends UndoCounts {
  /** Where to go on; null when it was the last part. */
  readonly after: UndoPosition | null
}

/** So many rows are looked at in one turn at most, where nothing is written. */
export const LOOK = 1000

/** So many rows are written in one transaction at most: a tenth of a second, also among a million codes. */
export const PART = 250

/** How long other writers have the database to themselves between two parts. */
export const BREATH: Duration = 20

/**
 * Actions of operators over many rows. Part of the store: its rules hold here too.
 *
 * A batch is done in parts, each one transaction: the batch's row and its line in the audit log are written with the first,
 * the numbers with every part, and a row for each code and account says how it was before. So whatever was done when a
 * process dies is in the batch, and can be undone. `last` says that a part is the last one: then the batch is finished.
 */
export interface BatchStore {
  /** How many accounts `giveCodes` would give codes: active ones that the host is known to have, and may be given codes. */
  countGiveable(host: string): Promise<number>
  /** How often codes were given to all accounts, or are being given. */
  countGivings(host: string): Promise<number>
  /** Makes gifted codes, and grows their owners' versions. */
  makeCodes(
    batch: NewBatch,
    part: { codes: readonly CodeAndOwner[]; terms: CodeTerms; last: boolean },
  ): Promise<PartOutcome>
  /**
   * Gives the next accounts, by DID, `each` codes, and grows their versions. A part that finds no more accounts than it has
   * codes for is the last.
   *
   * @param part.codes fresh names, a multiple of `each`; those that are left over are not used
   * @param part.after the last account of the part before
   * @param part.givings how many there were before this one
   * @returns `overtaken` where the first part finds another number: of two at the same time one gives nothing
   */
  giveCodes(
    batch: NewBatch,
    part: {
      codes: readonly string[]
      each: number
      terms: CodeTerms
      after: string | null
      givings: number
    },
  ): Promise<GivenPart | 'overtaken' | Exclude<PartOutcome, 'done'>>
  /**
   * Disables a code that is open at the instant of the batch, and makes a gifted one for its owner with the uses that no
   * sign-up has or holds, the same expiry and restriction; its note unless another is given. A batch of one part.
   *
   * @returns `upstream` for a code that the PDS still redeems: it would stay good there
   */
  replaceCode(
    batch: NewBatch,
    part: { code: string; replacement: string; note: string | null },
  ): Promise<PartOutcome | 'unknown' | 'not open' | 'upstream'>
  /**
   * A part of what disabling or enabling would change: of the codes named those that are not, or are, disabled; of these
   * owners those that are open, or disabled and not used up. Enabling leaves out what owners switched off themselves, and
   * what the replacing of a code, or its undoing, put out of use, since another code came in its place; who names such a
   * code means it, and gets it.
   *
   * @param which.limit about how many codes are looked at, beside those named, which all come with the first part
   * @param which.after where the part before ended; null for the first
   * @returns each once over all parts
   */
  codesToSwitch(which: {
    host: string
    codes: readonly string[]
    owners: readonly string[]
    disabled: boolean
    now: Instant
    limit: number
    after: OwnedPosition | null
  }): Promise<SwitchablePart>
  /**
   * Disables codes, or enables them again; those that are so already are left out. Grows their owners' versions. A sign-up
   * that holds a use may finish; none starts after a code was disabled.
   *
   * @param part.counted owners that earlier parts counted
   * @returns the owners whose codes were changed
   */
  switchCodes(
    batch: NewBatch,
    part: {
      codes: readonly string[]
      disabled: boolean
      counted: ReadonlySet<string>
      last: boolean
    },
  ): Promise<{ readonly owners: readonly string[] } | 'stopped'>
  /** Those of these accounts whose invites are not, or are, disabled; one that was not seen yet has them enabled. */
  invitesToSwitch(which: { accounts: readonly string[]; disabled: boolean }): Promise<readonly string[]>
  /**
   * Disables or enables the invites of accounts, keeps the batch's note with them, and grows their versions; those that
   * are so already are left out, and accounts not seen yet get a row. A batch of one part. Its own note is erased when the
   * last of its accounts is deleted.
   */
  switchInvites(batch: NewBatch, part: { accounts: readonly string[]; disabled: boolean }): Promise<void>

  /** One batch. @returns undefined when the host has no such batch */
  batch(id: string, host: string): Promise<Batch | undefined>
  /** A page of batches, newest first. @param page.after the position of the last one of the page before */
  listBatches(page: {
    host: string
    limit: number
    after: LogPosition | null
  }): Promise<readonly ListedBatch[]>
  /**
   * A part of what undoing would do now; what was undone by a process that died is counted with the first.
   *
   * @param part.limit how many rows at most; 2 at least
   * @param part.after where the part before ended; null for the first
   */
  previewUndo(part: {
    batch: string
    host: string
    limit: number
    after: UndoPosition | null
  }): Promise<UndoPreviewPart | UndoRefusal>
  /**
   * Undoes the next rows of a batch, which does nothing more from then on. A row is made as it was only if it still is as
   * the batch left it. Codes are never deleted: those that it made are disabled if nobody used them, or holds a use of
   * them. A replaced code is enabled again only if its replacement could be disabled, so that never both are good.
   * Owners' versions grow. Callers at the same time share the rows among them.
   *
   * @param part.limit how many rows at most; 2 at least
   * @returns what was done in all, and whether that was the end
   */
  undoPart(
    deed: Deed,
    part: { batch: string; host: string; limit: number },
  ): Promise<(UndoCounts & { readonly finished: boolean }) | UndoRefusal>
}
