import type { UpstreamCode } from '../../invites/imports.ts'
import type { Instant } from '../../invites/types.ts'
import type { com } from '../../lexicons/index.ts'
import type { PdsClient } from '../../pds/client.ts'
import { readUpstreamOwner } from '../../pds/upstream-owner.ts'

export interface ListingOptions {
  readonly pds: Pick<PdsClient, 'listCodes'>
  readonly hostname: string
  /** Ends the listing after the page that goes back to this instant; the whole list where left out. */
  readonly since?: Instant
  /** Ends it between pages, and while one is waited for, with an error. */
  readonly signal?: AbortSignal | undefined
}

/** Lists the PDS's own codes page by page, newest first: without those that sign-ups through Latchkey go by. */
export async function* listUpstreamCodes(
  options: ListingOptions,
): AsyncGenerator<readonly UpstreamCode[], void> {
  const { pds, hostname, since = Number.NEGATIVE_INFINITY, signal } = options
  let cursor: string | undefined
  do {
    signal?.throwIfAborted()
    const page = await pds.listCodes(cursor, signal)
    yield page.codes
      .filter(({ forAccount }) => readUpstreamOwner(hostname, forAccount) === undefined)
      .map(asUpstreamCode)
      .filter(({ createdAt }) => createdAt >= since)
    const oldest = page.codes.at(-1)
    cursor = oldest !== undefined && Date.parse(oldest.createdAt) >= since ? page.cursor : undefined
  } while (cursor !== undefined)
}

/** By `(createdAt, code)`: the order in which an owner's routine codes were earned. */
export function inOrderOfCreation(codes: Iterable<UpstreamCode>): readonly UpstreamCode[] {
  return [...codes].toSorted(
    (one, other) => one.createdAt - other.createdAt || (one.code < other.code ? -1 : 1),
  )
}

function asUpstreamCode(listed: com.atproto.server.defs.InviteCode): UpstreamCode {
  const { code, forAccount, createdBy, createdAt, available, disabled, uses } = listed
  return {
    code,
    forAccount,
    createdBy,
    createdAt: Date.parse(createdAt),
    available,
    disabled,
    uses: uses.map(({ usedBy, usedAt }) => ({ usedBy, usedAt: Date.parse(usedAt) })),
  }
}
