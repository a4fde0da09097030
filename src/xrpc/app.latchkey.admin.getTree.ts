import type { Branch } from '../invites/overview-service.ts'
import { app } from '../lexicons/index.ts'
import { operatorsOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { joinedCursor, parseJoinedCursor } from './kit/cursors.ts'
import { datetime } from './kit/datetime.ts'
import { personView } from './kit/latchkey-views.ts'
import { method, type XrpcMethod } from './kit/method.ts'

/** A level of the invitation tree. */
export function getTree(context: XrpcContext): XrpcMethod {
  const admit = operatorsOnly(context, 'GET', 'moderator')
  return method(app.latchkey.admin.getTree.main, admit, async ({ params: { did, limit, cursor } }) => {
    const after = cursor === undefined ? null : parseJoinedCursor(cursor)
    const { branches, end, path } = await context.overview.level(did, { limit, after })
    return {
      ...(end !== null && { cursor: joinedCursor(end) }),
      branches: branches.map(branchView),
      path: path.map(personView),
    }
  })
}

function branchView(branch: Branch): app.latchkey.admin.getTree.Branch {
  const { person, code, joinedAt, children, joined, active, takenDown, atLeast } = branch
  return {
    person: personView(person),
    ...(code !== null && { code }),
    ...(joinedAt !== null && { joinedAt: datetime(joinedAt) }),
    children,
    joined,
    active,
    takenDown,
    ...(atLeast && { atLeast }),
  }
}
