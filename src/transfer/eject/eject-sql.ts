import { type FileHandle, open, rm } from 'node:fs/promises'
import { isDisabled, isExpired, isUsedUp } from '../../invites/predicates.ts'
import type { Deed } from '../../invites/audit.ts'
import type { InviteStore } from '../../invites/store.ts'
import type { Instant } from '../../invites/types.ts'
import { listOwnedCodes, type OwnedCode, PART, requireClosedDoors } from './eject-codes.ts'
import { TransferError } from '../transfer-error.ts'
import { type RowCounts, scriptHead, scriptTail, STAGED, staging, type SqlValue } from './eject-script.ts'
import type { Progress } from '../progress.ts'

export interface SqlEjection {
  readonly store: InviteStore
  readonly hostname: string
  readonly now: Instant
  /** Who does it, for the audit log. */
  readonly deed?: Deed
  /** Where the script goes. */
  readonly file: string
  /**
   * Whether open doors and sign-ups in progress are no obstacle: those that the PDS has finished by then are counted by the
   * script.
   */
  readonly anyway: boolean
  readonly progress: Progress
  /** Ends it, and leaves no file. */
  readonly signal: AbortSignal
}

/** What the PDS does not know, counted in codes that have uses left and are not disabled. */
interface Losses {
  expired: number
  restricted: number
  ownerDeleted: number
  expiring: number
}

/** What a script has. `expired`, `restricted` and `ownerDeleted` codes are disabled in it. */
export type SqlEjected = RowCounts & Readonly<Losses>

/**
 * Writes an SQL script that gives a host's codes and uses back to the PDS, under the same names, and records that they
 * are, so that Latchkey does not serve from this database again. Only its owner can read the file. When it fails neither
 * the file nor the record is left.
 *
 * @throws {TransferError} while sign-ups are open or in progress, when the file can't be written, and at the signal
 */
export async function ejectAsSql(ejection: SqlEjection): Promise<SqlEjected> {
  const { store, hostname, now, deed, file, anyway } = ejection
  if (!anyway) await requireClosedDoors(store, hostname)
  const handle = await create(file)
  try {
    // First, so that there is no script of which the database does not know.
    await store.setEjected(hostname, now, deed)
    const ejected = await writeScript(ejection, handle)
    await handle.sync()
    return ejected
  } catch (error) {
    await rm(file, { force: true })
    await store.setEjected(hostname, null)
    throw error
  } finally {
    await handle.close()
  }
}

async function create(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'wx', 0o600)
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    if (exists) throw new TransferError(`${file} is there already: nothing is overwritten.`)
    throw new TransferError(`${file} can't be written: ${String(error)}.`, { cause: error })
  }
}

async function writeScript(ejection: SqlEjection, handle: FileHandle): Promise<SqlEjected> {
  const { store, hostname, now, progress, signal } = ejection
  const losses: Losses = { expired: 0, restricted: 0, ownerDeleted: 0, expiring: 0 }
  using step = progress.begin('Invite codes')
  let codes = 0
  let uses = 0
  const at = new Date(now).toISOString()
  await handle.appendFile(scriptHead(`The invite codes of ${hostname}, written by latchkey eject on ${at}.`))
  for await (const part of listOwnedCodes(store, hostname)) {
    if (signal.aborted) throw new TransferError('Broken off: no script was written.')
    const useRows = part.flatMap(rowsOfUses)
    await handle.appendFile(
      staging(
        STAGED.codes,
        part.map((owned) => rowOfCode(owned, now, losses)),
      ),
    )
    await handle.appendFile(staging(STAGED.uses, useRows))
    codes += part.length
    uses += useRows.length
    step.advance(part.length)
  }
  const accounts = await writeAccounts(store, hostname, handle)
  await handle.appendFile(scriptTail(hostname, { codes, uses, accounts }))
  return { codes, uses, accounts, ...losses }
}

function rowOfCode(owned: OwnedCode, now: Instant, losses: Losses): SqlValue[] {
  const { code, forAccount, createdBy, createdAt, available, used, expiresAt, upstream } = owned.code
  const closed = closedBecause(owned, now)
  const loss = closed ?? (expiresAt === null ? null : 'expiring')
  if (loss !== null && !isUsedUp(owned.code) && !isDisabled(owned.code)) losses[loss] += 1
  const disabled = isDisabled(owned.code) || closed !== null
  // The PDS counts somebody who came twice once: what is left has to be the same.
  const availableThere = available - used + countPeople(owned)
  const created = new Date(createdAt).toISOString()
  const isTheirs = upstream === 'theirs'
  return [code, availableThere, disabled ? 1 : 0, forAccount, createdBy, created, isTheirs ? 1 : 0]
}

/** Why a code can't be redeemed that the PDS would redeem. */
function closedBecause({ code, ownerStatus }: OwnedCode, now: Instant): keyof Losses | null {
  if (isExpired(code, now)) return 'expired'
  if (code.restrictedTo !== null) return 'restricted'
  return ownerStatus === 'deleted' ? 'ownerDeleted' : null
}

function countPeople({ code }: OwnedCode): number {
  return new Set(code.uses.map(({ usedBy }) => usedBy)).size
}

/** The newest use of each person, which is the one that the PDS asks for. */
function rowsOfUses({ code: { code, uses } }: OwnedCode): SqlValue[][] {
  const newest = new Map(uses.toReversed().map(({ usedBy, usedAt }) => [usedBy, usedAt]))
  return Array.from(newest, ([usedBy, usedAt]) => [code, usedBy, new Date(usedAt).toISOString()])
}

async function writeAccounts(store: InviteStore, hostname: string, handle: FileHandle): Promise<number> {
  const { dids } = await store.knownAccounts(hostname)
  for (let start = 0; start < dids.length; start += PART) {
    const records = await store.memberRecords(dids.slice(start, start + PART))
    const rows = Array.from(records, ([did, { account }]) => [did, account?.invitesDisabled === true ? 1 : 0])
    await handle.appendFile(staging(STAGED.accounts, rows))
  }
  return dids.length
}
