import type { InviteStore, ListingPosition } from '../../invites/store.ts'
import { type AccountStatus, ADMIN, type InviteCodeWithUses } from '../../invites/types.ts'
import { TransferError } from '../transfer-error.ts'

/** A code on its way back, with what its owner's standing says about it. */
export interface OwnedCode {
  readonly code: InviteCodeWithUses
  /** `active` for `admin` and for owners not seen yet. */
  readonly ownerStatus: AccountStatus
}

/** So many codes or accounts are in memory at once. */
export const PART = 500

/** Reads all codes of a host, newest first, a part at a time. */
export async function* listOwnedCodes(
  store: InviteStore,
  host: string,
): AsyncGenerator<readonly OwnedCode[]> {
  const statuses = new Map<string, AccountStatus>([[ADMIN, 'active']])
  let after: ListingPosition | null = null
  for (;;) {
    const codes: readonly InviteCodeWithUses[] = await store.listCodes({
      host,
      sort: 'recent',
      limit: PART,
      after,
    })
    const last = codes.at(-1)
    if (last === undefined) return
    const unseen = codes.map(({ forAccount }) => forAccount).filter((did) => !statuses.has(did))
    for (const [did, { account }] of await store.memberRecords(unseen))
      statuses.set(did, account?.status ?? 'active')
    yield codes.map((code) => ({ code, ownerStatus: statuses.get(code.forAccount) ?? 'active' }))
    after = last
  }
}

/** @throws {TransferError} while anybody can still spend a use here, or somebody is about to */
export async function requireClosedDoors(store: InviteStore, host: string): Promise<void> {
  const pause = await store.pause(host)
  if (pause === undefined)
    throw new TransferError(
      'Sign-ups are open, and a use could be spent here as well as at the PDS: run latchkey signups pause first; or give --anyway.',
    )
  if (pause.exceptMigrations)
    throw new TransferError(
      'Sign-ups are paused except migrations, which spend codes too: run latchkey signups pause without --except-migrations first; or give --anyway.',
    )
  await requireNoSignUps(store, host)
}

/** @throws {TransferError} while sign-ups are in progress, whose uses are not decided yet */
async function requireNoSignUps(store: InviteStore, host: string): Promise<void> {
  const { reserved, forwarded, settling } = await store.countOpen(host)
  const open = reserved + forwarded + settling
  if (open === 0) return
  throw new TransferError(
    `Sign-ups are in progress (${open}): pause sign-ups (latchkey signups pause) and let Latchkey run until they are finished, then stop it; or give --anyway.`,
  )
}
