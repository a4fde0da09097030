import type { ListingPosition, SortOrder } from '../invites/store.ts'
import type { InviteCodeWithUses } from '../invites/types.ts'
import { com } from '../lexicons/index.ts'
import { moderatorsOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { invalidRequest } from '../wire/failure.ts'
import { method, type XrpcMethod } from './kit/method.ts'
import { inviteCodeView } from './kit/views.ts'

const { main, $nsid } = com.atproto.admin.getInviteCodes

/** A request to it may hold a code in its cursor. */
export const LISTING_NSID = $nsid

/** Get an admin view of invite codes. */
export function getInviteCodes(context: XrpcContext): XrpcMethod {
  const { invites } = context
  return method(
    main,
    moderatorsOnly(context, { method: 'GET', path: `/xrpc/${$nsid}?limit=1` }),
    async ({ params }) => {
      const sort = parseSort(params.sort)
      const after = params.cursor === undefined ? null : parseCursor(params.cursor, sort)
      // One more than asked for tells whether this page is the last.
      const found = await invites.listCodes({ sort, limit: params.limit + 1, after })
      const page = found.slice(0, params.limit)
      const last = page.at(-1)
      return {
        ...(found.length > page.length && last !== undefined && { cursor: formatCursor(last, sort) }),
        codes: page.map((code) => inviteCodeView(code, invites.now())),
      }
    },
  )
}

function parseSort(sort: string): SortOrder {
  if (sort === 'recent' || sort === 'usage') return sort
  throw invalidRequest(`unknown sort method: ${sort}`)
}

/** Encoded, since it has a code in it, which no URL shows in the open. */
function formatCursor(code: InviteCodeWithUses, sort: SortOrder): string {
  const position = `${sort}:${sort === 'recent' ? code.createdAt : code.used}:${code.code}`
  return Buffer.from(position).toString('base64url')
}

/** Reads a cursor of ours: the order it belongs to, the position's number in it, and its code. */
function parseCursor(cursor: string, sort: SortOrder): ListingPosition {
  const position = Buffer.from(cursor, 'base64url').toString()
  const [, order, primary, code] = /^(recent|usage):(\d{1,15}):([^:]+)$/.exec(position) ?? []
  if (order !== sort || primary === undefined || code === undefined) throw invalidRequest('Malformed cursor')
  return { primary: Number(primary), code }
}
