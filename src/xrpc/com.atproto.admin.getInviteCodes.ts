import type { SortOrder } from '../invites/store.ts'
import { com } from '../lexicons/index.ts'
import { moderatorsOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { codeCursor, parseCodeCursor } from './kit/cursors.ts'
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
      const after = params.cursor === undefined ? null : parseCodeCursor(params.cursor, sort)
      // One more than asked for tells whether this page is the last.
      const found = await invites.listCodes({ sort, limit: params.limit + 1, after })
      const page = found.slice(0, params.limit)
      const last = page.at(-1)
      return {
        ...(found.length > page.length && last !== undefined && { cursor: codeCursor(last, sort) }),
        codes: page.map((code) => inviteCodeView(code, invites.now())),
      }
    },
  )
}

function parseSort(sort: string): SortOrder {
  if (sort === 'recent' || sort === 'usage') return sort
  throw invalidRequest(`unknown sort method: ${sort}`)
}
