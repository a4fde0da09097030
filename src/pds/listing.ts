import { setImmediate as others } from 'node:timers/promises'
import { isSuspicious, missingFrom, type FeedStore, type ListedAccount } from '../invites/feed.ts'
import type { AccountStatus, Instant } from '../invites/types.ts'
import type { PdsClient } from './client.ts'
import { unlessAborted } from './waiting.ts'

export interface ListingOptions {
  readonly store: FeedStore
  readonly host: string
  readonly pds: Pick<PdsClient, 'listAccounts'>
  readonly now: () => Instant
  /** Ends it while pages are fetched. Nothing is worked in then. */
  readonly signal: AbortSignal
  /** Told of every page that was fetched, and of every part that was worked in. */
  readonly onProgress: () => void
}

/** What came of a listing. */
export type ListingOutcome =
  | { readonly kind: 'done'; readonly accounts: number; readonly gone: number }
  /** So many would be gone that nothing was changed, and the operator has to say so. */
  | { readonly kind: 'held'; readonly gone: number; readonly known: number }

/** So many accounts are worked in at once; other writers and requests come between. */
const PART = 500

/**
 * Lists all accounts of the PDS, compares them with what is known, and works in the difference. What is known is read
 * before the first page, so that whoever arrives meanwhile can't be missed in it.
 *
 * @param wantedAt since when it is wanted; a later wish stays
 * @param accepted how many accounts may be gone by the operator's word; null without one
 * @throws {PdsUnreachableError} or {PdsRefusedError} when a page can't be had; nothing was changed
 */
export async function resyncByListing(
  options: ListingOptions,
  wantedAt: Instant,
  accepted: number | null,
): Promise<ListingOutcome> {
  const { store, host, now, onProgress } = options
  const { asOf, dids } = await store.knownAccounts(host)
  const listed = await listAll(options)
  const gone = missingFrom(listed, dids)
  if (isSuspicious(gone.length, dids.length, accepted)) {
    await store.holdResync(host, gone.length)
    return { kind: 'held', gone: gone.length, known: dids.length }
  }
  const present: ListedAccount[] = Array.from(listed, ([did, status]) => ({ did, status }))
  const at = now()
  for (const part of [
    ...parts(present).map((some) => ({ present: some, gone: [] })),
    ...parts(gone).map((some) => ({ present: [], gone: some })),
  ]) {
    await store.applyListing(host, { asOf, at, ...part })
    onProgress()
    await others()
  }
  await store.finishResync(host, wantedAt, now())
  return { kind: 'done', accounts: listed.size, gone: gone.length }
}

async function listAll({
  pds,
  signal,
  onProgress,
}: ListingOptions): Promise<ReadonlyMap<string, AccountStatus>> {
  const listed = new Map<string, AccountStatus>()
  let cursor: string | undefined
  do {
    const page = await unlessAborted(signal, () => pds.listAccounts(cursor))
    onProgress()
    for (const { did, status } of page.accounts) listed.set(did, status)
    if (page.cursor === cursor) break
    cursor = page.cursor
  } while (cursor !== undefined)
  return listed
}

function parts<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / PART) }, (_, index) =>
    all.slice(index * PART, (index + 1) * PART),
  )
}
