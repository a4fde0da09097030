import type { Role } from '../../auth/callers.ts'
import type { WebSessions } from '../../auth/web-sessions.ts'
import { ADMIN } from '../../invites/types.ts'
import type { Frame } from '../pages.ts'
import type { WebAnswer, WebRequest, WebRoute } from '../routing.ts'
import { leadToOwnName, PAGE_HEADERS } from '../sign-in/own-name.ts'
import { PROBLEM, SIGN_IN_PROBLEMS } from '../sign-in/problems.ts'
import { pathOf } from './paths.ts'
import { type View, VIEWS } from './props.ts'

export interface ConsoleRoutesPorts {
  readonly sessions: Pick<WebSessions, 'visitor'>
  /** The operators among the accounts. */
  readonly operators: ReadonlyMap<string, Role>
  readonly handleOf: (did: string) => Promise<string | null>
  /** Where the pages are. */
  readonly webUrl: URL
}

/** The operators' console, or how to come to it. */
export function consoleRoutes(ports: ConsoleRoutesPorts): readonly WebRoute[] {
  return VIEWS.map((view) => ({
    verb: 'GET' as const,
    path: pathOf(view),
    answer: async (request: WebRequest, { origin }: Frame) =>
      leadToOwnName(pathOf(view), request, { webUrl: ports.webUrl, origin }) ?? {
        headers: PAGE_HEADERS,
        ...(await answer(ports, view, request)),
      },
  }))
}

async function answer(
  { sessions, operators, handleOf, webUrl }: ConsoleRoutesPorts,
  view: View,
  { headers, query }: WebRequest,
): Promise<WebAnswer> {
  const problem = SIGN_IN_PROBLEMS.find((one) => one === query.get(PROBLEM)) ?? null
  const visitor = await sessions.visitor(headers.cookie)
  if (visitor === undefined) return { page: 'console-sign-in', props: { problem, stranger: null } }
  const { actor, csrf } = visitor
  const role = actor === ADMIN ? 'administrator' : operators.get(actor)
  const handle = actor === ADMIN ? null : await handleOf(actor)
  if (role === undefined) return { page: 'console-sign-in', props: { problem, stranger: { handle, csrf } } }
  return { page: 'console', props: { view, operator: { actor, handle, role }, web: webUrl.origin, csrf } }
}
