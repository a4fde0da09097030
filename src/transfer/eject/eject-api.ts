import type { Deed } from '../../invites/audit.ts'
import { isOpen, refuseRedemption, type Redeemer } from '../../invites/predicates.ts'
import type { InviteStore } from '../../invites/store.ts'
import type { Instant } from '../../invites/types.ts'
import { listOwnedCodes, type OwnedCode, requireClosedDoors } from './eject-codes.ts'
import { fitsIntoRow, openRenamedCodes, type RenamedCodes } from './eject-csv.ts'
import { TransferError } from '../transfer-error.ts'
import { mintRenamed, type MintPorts } from './eject-mint.ts'
import type { Progress } from '../progress.ts'

export interface ApiEjection extends MintPorts {
  readonly store: InviteStore
  readonly hostname: string
  readonly now: Instant
  /** Who does it, for the audit log. */
  readonly deed?: Deed
  /** Where it says which code became which; see {@link openRenamedCodes}. */
  readonly file: string
  /** Whether the file is that of a run that broke off. */
  readonly resume: boolean
  /** Whether open doors and sign-ups in progress are no obstacle. */
  readonly anyway: boolean
  readonly progress: Progress
}

/** How many codes went which way. */
export interface ApiEjected {
  /** Made by this run. */
  made: number
  /** Made by an earlier run of which the file tells. */
  madeBefore: number
  /** Still redeemed by the PDS itself, under their own names. */
  theirs: number
  /** Left out: the PDS does not know that a code is good for one person only. */
  restricted: number
  /** Left out: their owners are not in good standing. */
  ownerGone: number
  /** Made, and the PDS does not know that the old ones would expire. */
  expiring: number
  /** Whether it ended before all codes were looked at. */
  interrupted: boolean
}

const NOBODY: Redeemer = { handle: null, did: null }

/**
 * Makes a code at the PDS for every code that can still be redeemed: for the same owner, with the uses that are left.
 * The old ones have to be dead from then on, so sign-ups have to be paused, and Latchkey does not serve from this database
 * again.
 *
 * @throws {TransferError} when sign-ups are not paused or are in progress, the file can't be had, or the PDS does not make a
 *   code; what was made until then is in the file
 */
export async function ejectByApi(ejection: ApiEjection): Promise<ApiEjected> {
  const { store, hostname, file, resume, anyway, now, deed, progress, signal } = ejection
  if (!anyway) await requireClosedDoors(store, hostname)
  await requireNoTakeOver(store, hostname)
  await using renamed = await openRenamedCodes(file, resume)
  // Before the first code is made: a Latchkey that serves takes what is made at the PDS for its own.
  await store.setEjected(hostname, now, deed)
  const ejected: ApiEjected = {
    made: 0,
    madeBefore: 0,
    theirs: 0,
    restricted: 0,
    ownerGone: 0,
    expiring: 0,
    interrupted: false,
  }
  using step = progress.begin('Invite codes')
  for await (const part of listOwnedCodes(store, hostname)) {
    for (const owned of part) {
      if (signal.aborted) return { ...ejected, interrupted: true }
      const fate = fateOf(owned, renamed, now)
      if (fate === 'made') {
        if (!(await renameCode(ejection, renamed, owned))) return { ...ejected, interrupted: true }
        if (owned.code.expiresAt !== null) ejected.expiring += 1
      }
      if (fate !== null) ejected[fate] += 1
      step.advance(1)
    }
  }
  return ejected
}

async function requireNoTakeOver(store: InviteStore, hostname: string): Promise<void> {
  const closing = await store.countClosing(hostname)
  if (closing === 0) return
  throw new TransferError(
    `Codes of the PDS are half taken over (${closing}), so that their uses are not known: run latchkey import --take-over first.`,
  )
}

/** What is done with a code; null for one that nobody could redeem anyway. */
function fateOf(
  { code, ownerStatus }: OwnedCode,
  renamed: RenamedCodes,
  now: Instant,
): Exclude<keyof ApiEjected, 'expiring' | 'interrupted'> | null {
  if (renamed.has(code.code)) return 'madeBefore'
  if (code.upstream === 'theirs') return isOpen(code, now) ? 'theirs' : null
  const refusal = refuseRedemption(code, ownerStatus, NOBODY, now)
  if (refusal === null) return 'made'
  if (refusal === 'restricted') return 'restricted'
  return refusal === 'owner gone' ? 'ownerGone' : null
}

/** Makes the new code and writes it down. @returns false when the signal came before it was made */
async function renameCode(ports: MintPorts, renamed: RenamedCodes, { code }: OwnedCode): Promise<boolean> {
  const { code: old, forAccount: owner } = code
  if (![old, owner].every(fitsIntoRow))
    throw new TransferError(
      'A code has a comma, a quote or a line break in its name or its owner, which a CSV can not hold.',
    )
  const uses = code.available - code.used - code.reserved
  const made = await mintRenamed(ports, { uses, owner })
  if (made === undefined) return false
  await renamed.append({ old, new: made, uses, owner })
  return true
}
