import type { LogPosition } from '../../invites/audit.ts'
import type { JoinedPosition } from '../../invites/overview.ts'
import type { ListingPosition, SortOrder } from '../../invites/store.ts'
import { invalidRequest } from '../../wire/failure.ts'

/**
 * Cuts a page off what was found. One more than asked for tells whether it is the last.
 *
 * @returns the page, and a cursor where there is more
 */
export function pageOf<T>(
  found: readonly T[],
  limit: number,
  cursorOf: (last: T) => string,
): { readonly page: readonly T[]; readonly cursor?: string } {
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return { page, ...(found.length > page.length && last !== undefined && { cursor: cursorOf(last) }) }
}

const CODE_CURSORS: Readonly<Record<SortOrder, RegExp>> = {
  recent: /^recent:(?<createdAt>\d{1,15}):(?<code>[^:]+)$/,
  usage: /^usage:(?<used>\d{1,15}):(?<createdAt>\d{1,15}):(?<code>[^:]+)$/,
}

/** The cursor of a page of codes that ends here. Encoded, since no URL shows a code in the open. */
export function codeCursor({ used, createdAt, code }: ListingPosition, sort: SortOrder): string {
  const position = sort === 'recent' ? [sort, createdAt, code] : [sort, used, createdAt, code]
  return Buffer.from(position.join(':')).toString('base64url')
}

/** Reads a cursor of ours, which belongs to the one order. */
export function parseCodeCursor(cursor: string, sort: SortOrder): ListingPosition {
  const position = Buffer.from(cursor, 'base64url').toString()
  const { used = 0, createdAt, code } = CODE_CURSORS[sort].exec(position)?.groups ?? {}
  if (createdAt === undefined || code === undefined) throw invalidRequest('Malformed cursor')
  return { used: Number(used), createdAt: Number(createdAt), code }
}

/** The cursor of a page of the log, or of batches, that ends with this one. */
export function logCursor({ at, id }: LogPosition): string {
  return `${at}:${id}`
}

/** Reads a cursor of ours. @returns null where there is none */
export function parseLogCursor(cursor: string | undefined): LogPosition | null {
  if (cursor === undefined) return null
  const [, at, id] = /^(\d{1,15}):([^:]+)$/.exec(cursor) ?? []
  if (at === undefined || id === undefined) throw invalidRequest('Malformed cursor')
  return { at: Number(at), id }
}

/** The cursor of a page of accounts, newest first, that ended here. */
export function joinedCursor({ joinedAt, did }: JoinedPosition): string {
  return `${joinedAt}:${did}`
}

/** Reads a cursor of ours. */
export function parseJoinedCursor(cursor: string): JoinedPosition {
  const [, joinedAt, did] = /^(\d{1,15}):(did:.+)$/.exec(cursor) ?? []
  if (joinedAt === undefined || did === undefined) throw invalidRequest('Malformed cursor')
  return { joinedAt: Number(joinedAt), did }
}
