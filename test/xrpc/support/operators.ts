import { randomBytes } from 'node:crypto'
import { CSRF_HEADER } from '../../../src/auth/credentials.ts'
import { webCookies } from '../../../src/auth/web-cookies.ts'
import { WebSessions } from '../../../src/auth/web-sessions.ts'
import { openSqliteStore } from '../../../src/store/sqlite.ts'
import type { FrontedWorld } from '../../support/latchkey.ts'

/** What a request of an operator's carries. */
export type Proof = Readonly<Record<string, string>>

/** Signs an operator in, as the sign-in to the pages does at its end. @returns the headers of requests from a page */
export async function sessionOf({ url, databasePath }: FrontedWorld, did: string): Promise<Proof> {
  await using store = await openSqliteStore({ path: databasePath })
  const cookies = webCookies(new URL(url))
  const sessions = new WebSessions({ store, cookies, now: Date.now, random: randomBytes })
  const [cookie = ''] = (await sessions.open(did, undefined)).split('; ')
  const visitor = await sessions.visitor(cookie)
  return { cookie, 'sec-fetch-site': 'same-origin', [CSRF_HEADER]: visitor?.csrf ?? '' }
}

/** Asks a method as the administrator, unless as somebody else. With an input it is a POST. */
export function ask(
  { url, world }: FrontedWorld,
  nsid: string,
  { as, input, search = '' }: { as?: Proof | undefined; input?: unknown; search?: string } = {},
): Promise<Response> {
  return fetch(`${url}/xrpc/${nsid}${search}`, {
    method: input === undefined ? 'GET' : 'POST',
    headers: {
      ...(as ?? { authorization: world.adminAuth }),
      ...(input !== undefined && { 'content-type': 'application/json' }),
    },
    ...(input !== undefined && { body: JSON.stringify(input) }),
  })
}

/** The answer of a method. @throws when it is no success */
export async function answerOf<T = Record<string, unknown>>(...request: Parameters<typeof ask>): Promise<T> {
  const response = await ask(...request)
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${request[1]}: ${response.status} ${text}`)
  return JSON.parse(text) as T
}

/** The status and name of a refusal. */
export async function refusalOf(...request: Parameters<typeof ask>): Promise<readonly [number, string]> {
  const response = await ask(...request)
  const body = (await response.json()) as { error?: string }
  return [response.status, body.error ?? 'none']
}
