import type { AccountOverview, AccountSearch } from '../invites/overview.ts'
import { app } from '../lexicons/index.ts'
import { invalidRequest } from '../wire/failure.ts'
import { operatorsOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { joinedCursor, pageOf, parseJoinedCursor } from './kit/cursors.ts'
import { datetime } from './kit/datetime.ts'
import { personView } from './kit/latchkey-views.ts'
import { method, type XrpcMethod } from './kit/method.ts'

const { main } = app.latchkey.admin.listAccounts

/** Search accounts. */
export function listAccounts(context: XrpcContext): XrpcMethod {
  const admit = operatorsOnly(context, 'POST', 'moderator')
  return method(main, admit, async ({ input: { query = '', limit = 50, cursor }, caller }) => {
    const search = parseSearch(query.trim(), cursor)
    const found = await context.overview.accounts(search, limit + 1)
    const { page, ...rest } = pageOf(found, limit, (last) => formatCursor(search, last))
    const showNote = caller.role === 'administrator'
    return { ...rest, accounts: page.map((account) => accountView(account, showNote)) }
  })
}

function accountView(account: AccountOverview, showNote: boolean): app.latchkey.admin.listAccounts.Account {
  const { person, joinedAt, invitedBy, invitedWith, isDirect, open, codes, invited, note } = account
  return {
    person: personView(person),
    ...(joinedAt !== null && { joinedAt: datetime(joinedAt) }),
    ...(invitedBy !== null && { invitedBy: personView(invitedBy) }),
    ...(invitedWith !== null && { invitedWith }),
    ...(isDirect && { direct: true }),
    open,
    codes,
    invited,
    invitesDisabled: account.invitesDisabled,
    ...(showNote && note !== null && { note }),
  }
}

/** Reads what is looked for: a DID, or the beginning of a handle, which may come with its @. */
function parseSearch(query: string, cursor: string | undefined): AccountSearch {
  if (query === '') return { by: 'joined', after: cursor === undefined ? null : parseJoinedCursor(cursor) }
  if (query.startsWith('did:')) return { by: 'did', did: query }
  const beginning = query.replace(/^@/, '').toLowerCase()
  if (cursor === undefined) return { by: 'handle', beginning, after: null }
  const [, handle, did] = /^([^:]+):(did:.+)$/.exec(cursor) ?? []
  if (handle === undefined || did === undefined) throw invalidRequest('Malformed cursor')
  return { by: 'handle', beginning, after: { handle, did } }
}

function formatCursor({ by }: AccountSearch, { person: { did, handle }, joinedAt }: AccountOverview): string {
  return by === 'handle' ? `${handle}:${did}` : joinedCursor({ joinedAt: joinedAt ?? 0, did })
}
