import { randomBytes, randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { com } from '../../src/lexicons/index.ts'
import type { Door } from '../../src/invites/types.ts'

/** Somebody who wants to come in. */
export interface Person {
  readonly door: Door
  readonly handle: string
  readonly email: string
  readonly password: string
  readonly code: string
}

/** What somebody at the door heard; undefined when the connection broke. */
export type Heard = { readonly status: number; readonly body: Record<string, unknown> } | undefined

export const DOORS: readonly Door[] = ['createAccount', 'oauth']

/** Where a door's sign-ups go. */
export const DOOR_PATHS: Record<Door, string> = {
  createAccount: `/xrpc/${com.atproto.server.createAccount.$nsid}`,
  oauth: '/@atproto/oauth-provider/~api/sign-up',
}

let people = 0

/** Makes up somebody with a code. */
export function somebody(door: Door, code: string, handle = `person${(people += 1)}.test`): Person {
  return { door, handle, email: `${randomUUID()}@mail.test`, password: randomUUID(), code }
}

/** Everybody comes from a network of their own: how many may come from one is limited. */
function elsewhere(): string {
  const [a, b, c] = randomBytes(6).toString('hex').match(/.{4}/g) ?? []
  return `2001:db8:${a}:${b}:${c}::1`
}

/** Signs up at a door, as a client or the PDS's own page does. Never throws. */
export function signUp(url: string, { door, handle, email, password, code: inviteCode }: Person) {
  const input = { handle, email, password, inviteCode }
  const from = { 'x-forwarded-for': elsewhere() }
  if (door === 'createAccount') return post(`${url}${DOOR_PATHS[door]}`, input, from)
  const csrf = randomBytes(12).toString('hex')
  return post(
    `${url}${DOOR_PATHS[door]}`,
    { ...input, locale: 'en' },
    {
      ...from,
      cookie: `csrf-token=${csrf}`,
      'x-csrf-token': csrf,
      origin: url,
      referer: `${url}/account`,
      'sec-fetch-mode': 'same-origin',
      'sec-fetch-site': 'same-origin',
      'sec-fetch-dest': 'empty',
    },
  )
}

/** Whether somebody has an account, asked by signing in at `url`. @throws when that can't be told */
export async function canSignIn(url: string, { handle, password }: Person): Promise<boolean> {
  const path = `${url}/xrpc/${com.atproto.server.createSession.$nsid}`
  const heard = await post(path, { identifier: handle, password })
  if (heard?.status === 200) return true
  if (heard?.status === 401) return false
  throw new Error(`signing in: ${JSON.stringify(heard)}`)
}

/** Posts JSON over a connection of its own. Not `fetch`, which sets headers that browsers keep to themselves. */
export function post(url: string, input: object, headers: Record<string, string> = {}): Promise<Heard> {
  const body = Buffer.from(JSON.stringify(input))
  return new Promise((resolve) => {
    const outgoing = request(
      url,
      {
        method: 'POST',
        agent: false,
        headers: { ...headers, 'content-type': 'application/json', 'content-length': body.length },
      },
      (answer) => {
        let text = ''
        answer
          .setEncoding('utf8')
          .on('data', (chunk: string) => (text += chunk))
          .on('end', () => resolve({ status: answer.statusCode ?? 0, body: parse(text) }))
          .on('error', () => resolve(undefined))
      },
    )
    outgoing.on('error', () => resolve(undefined))
    outgoing.end(body)
  })
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return { text }
  }
}
