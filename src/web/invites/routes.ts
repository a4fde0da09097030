import type { Role } from '../../auth/callers.ts'
import type { WebSessions } from '../../auth/web-sessions.ts'
import { ADMIN } from '../../invites/types.ts'
import type { WebRoute } from '../routing.ts'
import { leadToOwnName, PAGE_HEADERS } from '../sign-in/own-name.ts'
import { DESTINATIONS, PROBLEM, SIGN_IN_PROBLEMS } from '../sign-in/problems.ts'
import type { Invites } from './props.ts'

export interface InvitesRoutesPorts {
  readonly sessions: Pick<WebSessions, 'visitor'>
  /** What `app.latchkey.getInvites` tells a member. */
  readonly invitesOf: (did: string) => Promise<Invites>
  readonly handleOf: (did: string) => Promise<string | null>
  /** The operators among the accounts. */
  readonly operators: ReadonlyMap<string, Role>
  /** Where the people who run the host can be written to. @throws {PdsUnreachableError} */
  readonly contact: () => Promise<string | null>
  /** Where the pages are. */
  readonly webUrl: URL
}

/** The page of a member's invites, or how to come to it. */
export function invitesRoutes({
  sessions,
  invitesOf,
  handleOf,
  operators,
  contact,
  webUrl,
}: InvitesRoutesPorts): readonly WebRoute[] {
  return [
    {
      verb: 'GET',
      path: DESTINATIONS.invites,
      answer: async (request, { origin }) => {
        const elsewhere = leadToOwnName(DESTINATIONS.invites, request, { webUrl, origin })
        if (elsewhere !== undefined) return elsewhere
        const { headers, query } = request
        const visitor = await sessions.visitor(headers.cookie)
        if (visitor === undefined || visitor.actor === ADMIN) {
          const problem = SIGN_IN_PROBLEMS.find((one) => one === query.get(PROBLEM)) ?? null
          return { headers: PAGE_HEADERS, page: 'sign-in', props: { problem } }
        }
        const { actor: did, csrf } = visitor
        const [invites, handle, address] = await Promise.all([
          invitesOf(did),
          handleOf(did),
          // Invites are here even while the PDS is away.
          contact().catch(() => null),
        ])
        const isOperator = operators.has(did)
        const props = {
          member: { did, handle },
          invites,
          contact: address,
          isOperator,
          web: webUrl.origin,
          csrf,
        }
        return { headers: PAGE_HEADERS, page: 'invites', props }
      },
    },
  ]
}
