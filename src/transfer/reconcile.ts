import { wantListing } from '../invites/feed.ts'
import type { UpstreamAccount } from '../invites/imports.ts'
import type { HeldUse, UpstreamArrival } from '../invites/reconciling.ts'
import type { InviteStore } from '../invites/store.ts'
import type { Instant } from '../invites/types.ts'
import type { PdsClient } from '../pds/client.ts'
import { importUsers } from './import/import.ts'
import { inParts } from './parts.ts'
import { type DoubtfulSignUp, type Survey, survey, type SurveyPorts, useKey } from './reconcile-survey.ts'

export interface ReconcilePorts extends SurveyPorts {
  readonly store: InviteStore
  readonly pds: Pick<PdsClient, 'listCodes' | 'describeAccounts' | 'listAccounts' | 'disableCodes'>
  readonly now: () => Instant
}

export interface ReconcileOptions {
  /** Does what is found to be necessary; otherwise nothing is written anywhere. */
  readonly apply: boolean
  /** Takes back the uses of vanished accounts, when it is applied. */
  readonly giveBack: boolean
}

/** A sign-up that the PDS let in and Latchkey does not count. */
export interface LostUse {
  readonly did: string
  readonly handle: string | null
  readonly code: string
  readonly usedAt: Instant
  /**
   * `lost`: nothing is known of it; `lost with its code`: nor of its code; `released`: its use was given back although the
   * account exists; `upstream`: the PDS redeemed a code that is Latchkey's by now.
   */
  readonly kind: 'lost' | 'lost with its code' | 'released' | 'upstream'
  /** False when the account was deleted since, or by the PDS's own clean-up: nobody can tell any more. */
  readonly exists: boolean
}

/** An account that came in by Latchkey, and of which the PDS knows neither the account nor the use. */
export type VanishedAccount = Pick<HeldUse, 'usedBy' | 'handle' | 'code' | 'usedAt'>

/** What was found, and done where it was to be applied. */
export interface Reconciliation {
  readonly applied: boolean
  readonly lost: readonly LostUse[]
  /** How many sign-ups are used at the PDS and not finished here: a running Latchkey counts them by itself. */
  readonly unfinished: number
  /** Codes that were open at the PDS and must not be. */
  readonly open: readonly string[]
  readonly vanished: readonly VanishedAccount[]
  /** How many uses of vanished accounts were given back. */
  readonly givenBack: number
}

/** So many rows are read at once. */
const PAGE = 500

/**
 * Finds what a restored backup has forgotten, on either side, and mends it: uses that the PDS knows of and Latchkey does
 * not are counted, codes that the PDS would redeem again are disabled there. Accounts that the PDS has lost are told, and
 * their uses given back only when asked for. A second time finds nothing but those. Where it was applied and anything was
 * found, a listing of the accounts is wanted as well, by which lost ones count as deleted.
 *
 * Latchkey may be serving meanwhile.
 *
 * @throws {PdsUnreachableError} or {PdsRefusedError} when the PDS can't be asked; the errors of the store; the reason of the
 *   signal. What was done until then stays, and it can be run again
 */
export async function reconcile(ports: ReconcilePorts, options: ReconcileOptions): Promise<Reconciliation> {
  // Sign-ups that finish from now on may be missing from the list.
  const before = ports.now()
  const found = await survey(ports)
  const { open } = found
  if (options.apply) await close(ports, open)
  // Disabling is the fence: only what is read after it is all that the PDS ever counted.
  const current = options.apply && open.length > 0 ? await survey(ports) : found
  const arrivals = await findArrivals(ports, current.doubtful)
  const lost = [...arrivals.map(asLostUse), ...(await lostUpstream(ports, current.uncounted))]
  if (options.apply) await count(ports, arrivals, current.uncounted)
  const vanished = await findVanished(ports, current.uses, before)
  // Where a restored PDS's events have passed the last number known before it was heard again, it does not say that they began
  // anew, and whom it has lost would stay.
  if (options.apply && lost.length + open.length + vanished.length > 0)
    await wantListing(ports.store, ports.hostname, ports.now())
  const givenBack = options.apply && options.giveBack ? await giveBack(ports, vanished) : 0
  return {
    applied: options.apply,
    lost,
    unfinished: current.unfinished,
    open,
    vanished: vanished.map(({ usedBy, handle, code, usedAt }) => ({ usedBy, handle, code, usedAt })),
    givenBack,
  }
}

async function close({ pds, progress, signal }: ReconcilePorts, codes: readonly string[]): Promise<void> {
  if (codes.length === 0) return
  using step = progress.begin('Disabling codes at the PDS', codes.length)
  for await (const part of inParts(codes)) {
    signal?.throwIfAborted()
    await pds.disableCodes(part, signal)
    step.advance(part.length)
  }
}

type Judged = UpstreamArrival & Pick<DoubtfulSignUp, 'verdict'>

/** Leaves out those that were given back for good reason: the PDS deleted the account again and keeps the use. */
async function findArrivals(
  ports: ReconcilePorts,
  doubtful: readonly DoubtfulSignUp[],
): Promise<readonly Judged[]> {
  const accounts = await findAccounts(
    ports,
    doubtful.map(({ use }) => use.usedBy),
  )
  return doubtful
    .map((signUp) => ({ ...signUp, account: accounts.get(signUp.use.usedBy) ?? null }))
    .filter(({ verdict, account }) => verdict !== 'released' || account !== null)
    .toSorted((a, b) => a.use.usedAt - b.use.usedAt)
}

function asLostUse({ code, use, account, verdict }: Judged): LostUse {
  if (verdict === 'settled' || verdict === 'unfinished') throw new Error('A sign-up in order is not lost')
  const { usedBy: did, usedAt } = use
  return { did, handle: account?.handle ?? null, code, usedAt, kind: verdict, exists: account !== null }
}

async function lostUpstream(
  ports: ReconcilePorts,
  uncounted: Survey['uncounted'],
): Promise<readonly LostUse[]> {
  const all = uncounted.flatMap(({ code, uses }) => uses.map((use) => ({ ...use, code })))
  const accounts = await findAccounts(
    ports,
    all.map(({ usedBy }) => usedBy),
  )
  return all.map(({ code, usedBy, usedAt }) => {
    const account = accounts.get(usedBy)
    const exists = account !== undefined
    return { did: usedBy, handle: account?.handle ?? null, code, usedAt, kind: 'upstream', exists }
  })
}

async function count(
  ports: ReconcilePorts,
  arrivals: readonly UpstreamArrival[],
  uncounted: Survey['uncounted'],
): Promise<void> {
  const { store, hostname, now, progress, signal } = ports
  if (arrivals.length + uncounted.length === 0) return
  using step = progress.begin('Counting uses', arrivals.length + uncounted.length)
  for await (const part of inParts(arrivals)) {
    signal?.throwIfAborted()
    await store.countSignUps(hostname, part, now())
    step.advance(part.length)
  }
  for await (const part of inParts(uncounted)) {
    await importUsers(ports, part)
    // The codes are Latchkey's already, so that this only counts.
    await store.finishTakeOver(hostname, part)
    step.advance(part.length)
  }
}

async function findVanished(
  ports: ReconcilePorts,
  known: ReadonlySet<string>,
  before: Instant,
): Promise<readonly HeldUse[]> {
  const { store, hostname, progress, signal } = ports
  using step = progress.begin('Comparing the uses of Latchkey')
  const vanished: HeldUse[] = []
  let after: HeldUse | null = null
  do {
    signal?.throwIfAborted()
    const page: readonly HeldUse[] = await store.heldUses({ host: hostname, before, after, limit: PAGE })
    const unknown = page.filter(({ upstreamCode, usedBy }) => !known.has(useKey(upstreamCode, usedBy)))
    const accounts = await findAccounts(
      ports,
      unknown.map(({ usedBy }) => usedBy),
    )
    vanished.push(...unknown.filter(({ usedBy }) => !accounts.has(usedBy)))
    step.advance(page.length)
    after = page.length < PAGE ? null : (page.at(-1) ?? null)
  } while (after !== null)
  return vanished.toSorted((a, b) => a.usedAt - b.usedAt)
}

async function giveBack(
  { store, hostname, now, signal }: ReconcilePorts,
  vanished: readonly HeldUse[],
): Promise<number> {
  let given = 0
  for await (const part of inParts(vanished)) {
    signal?.throwIfAborted()
    given += await store.giveBack(hostname, part, now())
  }
  return given
}

/** Those of these accounts that the PDS has. */
async function findAccounts(
  { pds, signal }: ReconcilePorts,
  dids: readonly string[],
): Promise<ReadonlyMap<string, UpstreamAccount>> {
  const accounts = await pds.describeAccounts(dids, signal)
  return new Map(accounts.map((account) => [account.did, account]))
}
