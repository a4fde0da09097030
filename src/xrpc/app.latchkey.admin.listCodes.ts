import { app } from '../lexicons/index.ts'
import { operatorsOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { codeCursor, pageOf, parseCodeCursor } from './kit/cursors.ts'
import { method, type XrpcMethod } from './kit/method.ts'
import { foundCodeView, oneOf } from './kit/operator-views.ts'

/** Search codes. */
export function listCodes(context: XrpcContext): XrpcMethod {
  const { operations } = context
  return method(
    app.latchkey.admin.listCodes.main,
    operatorsOnly(context, 'POST', 'moderator'),
    async ({ input: { query = '', limit = 50, cursor, ...input } }) => {
      const state = oneOf(['open', 'usedUp', 'expired', 'disabled'], 'state', input.state)
      const kind = oneOf(['gifted', 'earned'], 'kind', input.kind)
      const sort = oneOf(['recent', 'usage'], 'sort', input.sort) ?? 'recent'
      const after = cursor === undefined ? null : parseCodeCursor(cursor, sort)
      const found = await operations.listCodes({ query, state, kind, sort, limit: limit + 1, after })
      const { page, ...rest } = pageOf(found, limit, (last) => codeCursor(last, sort))
      return { ...rest, codes: page.map((code) => foundCodeView(code, operations.now())) }
    },
  )
}
