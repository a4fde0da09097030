import type { MemberInvites } from '../invites/giving-service.ts'
import type { OwnCode } from '../invites/giving.ts'
import { codeState } from '../invites/predicates.ts'
import type { Instant, Person } from '../invites/types.ts'
import { app } from '../lexicons/index.ts'
import { membersOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { datetime } from './kit/datetime.ts'
import { personView, useView } from './kit/latchkey-views.ts'
import { method, type XrpcMethod } from './kit/method.ts'

/** What the calling member has to give, and what became of it. */
export function getInvites(context: XrpcContext): XrpcMethod {
  const { giving } = context
  return method(app.latchkey.getInvites.main, membersOnly(context, 'GET'), async ({ caller }) =>
    invitesView(await giving.invitesOf(caller.did)),
  )
}

/** Shapes what a member has to give as the lexicon has it. */
export function invitesView({
  at,
  host,
  codes,
  people,
  next,
  invitedBy,
}: MemberInvites): app.latchkey.getInvites.$OutputBody {
  return {
    codes: codes.map((code) => ownCodeView(code, people, at)),
    ...('at' in next ? { nextAt: datetime(next.at) } : { why: next.why }),
    ...(invitedBy !== null && { invitedBy: personView(invitedBy) }),
    host,
  }
}

function ownCodeView(
  code: OwnCode,
  people: ReadonlyMap<string, Person>,
  now: Instant,
): app.latchkey.defs.Code {
  const { available, used, createdAt, expiresAt, disabledAt, label, uses } = code
  return {
    code: code.code,
    state: codeState(code, now),
    available,
    used,
    createdAt: datetime(createdAt),
    ...(expiresAt !== null && { expiresAt: datetime(expiresAt) }),
    ...(disabledAt !== null && { disabledAt: datetime(disabledAt) }),
    ...(label !== null && { label }),
    uses: uses.map((use) => useView(use, people)),
  }
}
