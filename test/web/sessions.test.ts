import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CSRF_HEADER } from '../../src/auth/credentials.ts'
import { webCookies } from '../../src/auth/web-cookies.ts'
import { WebSessions } from '../../src/auth/web-sessions.ts'
import { ADMIN } from '../../src/invites/types.ts'
import { ALICE, BOB, HOST, NOW } from '../store/conformance/support.ts'
import { openForConformance } from '../store/sqlite-support.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

type Subject = Awaited<ReturnType<typeof openForConformance>>

let subject: Subject
let now: number
let sessions: WebSessions
let tokens: number

beforeEach(async () => {
  subject = await openForConformance()
  now = NOW
  tokens = 0
  sessions = sessionsAt('https://invites.example.com')
})

afterEach(() => subject[Symbol.asyncDispose]())

function sessionsAt(url: string, store: Pick<Subject, 'store'>['store'] = subject.store): WebSessions {
  return new WebSessions({
    store,
    cookies: webCookies(new URL(url)),
    now: () => now,
    random: (length) => new Uint8Array(length).fill((tokens += 1)),
  })
}

/** What a browser sends back of a `Set-Cookie`. */
function sentBack(setCookie: string): string {
  return setCookie.split(';')[0] ?? ''
}

async function signIn(actor = ALICE): Promise<string> {
  return sentBack(await sessions.open(actor, undefined))
}

describe('the cookie', () => {
  test('is out of reach for scripts, other sites, other hosts and plain http', async () => {
    const [pair = '', ...attributes] = (await sessions.open(ALICE, undefined)).split('; ')
    expect(pair).toMatch(/^__Host-latchkey=[\w-]{43}$/)
    expect(attributes.toSorted()).toEqual(['HttpOnly', 'Max-Age=2592000', 'Path=/', 'SameSite=Lax', 'Secure'])
  })

  test('leaves away on a loopback address only what takes https', async () => {
    const cookie = await sessionsAt('http://127.0.0.1:2690').open(ALICE, undefined)
    expect(cookie).toMatch(/^latchkey=[\w-]{43}; /)
    expect(cookie).not.toContain('Secure')
    expect(cookie).toContain('HttpOnly')
    expect(await sessionsAt('http://pds.example.com').open(ALICE, undefined)).toContain('Secure')
  })

  test('can’t be found in the database', async () => {
    const cookie = await signIn()
    const token = cookie.split('=')[1] ?? ''
    const [row] = await subject.execute('SELECT * FROM web_session')
    expect(JSON.stringify(row)).not.toContain(token)
    expect(row).toMatchObject({ hash: createHash('sha256').update(token).digest('base64url'), actor: ALICE })
  })
})

describe('a session', () => {
  test('tells who signed in, and nobody else by a made-up or missing cookie', async () => {
    const cookie = await signIn()
    expect(await sessions.visitor(`other=1; ${cookie}`)).toMatchObject({ actor: ALICE })
    expect(await sessions.visitor(undefined)).toBeUndefined()
    expect(await sessions.visitor('__Host-latchkey=')).toBeUndefined()
    expect(await sessions.visitor(`${cookie}x`)).toBeUndefined()
    expect(await sessions.visitor(cookie.replace('__Host-', ''))).toBeUndefined()
  })

  test('is over a week after it was used last, to the millisecond', async () => {
    const cookie = await signIn()
    now += 7 * DAY - 1
    expect(await sessions.visitor(cookie)).toBeDefined()
    now += 7 * DAY - 1
    expect(await sessions.visitor(cookie)).toBeDefined()
    now += 7 * DAY
    expect(await sessions.visitor(cookie)).toBeUndefined()
    now -= DAY
    expect(await sessions.visitor(cookie)).toBeUndefined()
  })

  test('is over after thirty days, however much it is used', async () => {
    const cookie = await signIn()
    for (let day = 1; day < 30; day += 1) {
      now = NOW + day * DAY
      expect(await sessions.visitor(cookie)).toBeDefined()
    }
    now = NOW + 30 * DAY - 1
    expect(await sessions.visitor(cookie)).toBeDefined()
    now += 1
    expect(await sessions.visitor(cookie)).toBeUndefined()
  })

  test('of the password is over after an hour, used or not', async () => {
    const cookie = await signIn(ADMIN)
    now += HOUR - 1
    expect(await sessions.visitor(cookie)).toMatchObject({ actor: ADMIN })
    now += 1
    expect(await sessions.visitor(cookie)).toBeUndefined()
  })

  test('is not written for every request', async () => {
    const cookie = await signIn()
    now += HOUR - 1
    await sessions.visitor(cookie)
    expect(await subject.execute('SELECT idle_at AS idle FROM web_session')).toEqual([
      { idle: NOW + 7 * DAY },
    ])
    now += 1
    await sessions.visitor(cookie)
    expect(await subject.execute('SELECT idle_at AS idle FROM web_session')).toEqual([
      { idle: now + 7 * DAY },
    ])
  })

  test.each(['takendown', 'suspended', 'deactivated', 'deleted'] as const)(
    'ends at once when the account is %s, and stays over once that was seen',
    async (status) => {
      const { store } = subject
      await store.openHost({ hostname: HOST, did: 'did:web:first' })
      const cookie = await signIn()
      await store.applyEvent(HOST, { seq: 1, at: now, did: ALICE, status })
      expect(await sessions.visitor(cookie)).toBeUndefined()
      await store.applyEvent(HOST, { seq: 2, at: now, did: ALICE, status: 'active' })
      expect(await sessions.visitor(cookie)).toBeUndefined()
    },
  )

  test('goes with signing out, and with signing in anew in the same browser', async () => {
    const first = await signIn()
    const elsewhere = await signIn()
    const second = sentBack(await sessions.open(ALICE, first))
    expect(await sessions.visitor(first)).toBeUndefined()
    expect(await sessions.end(second)).toMatch(/^__Host-latchkey=; Max-Age=0; Path=\/; HttpOnly; Secure/)
    expect(await sessions.visitor(second)).toBeUndefined()
    expect(await sessions.visitor(elsewhere)).toBeDefined()
  })
})

test('signing out everywhere ends the sessions of all browsers, and takes the cookie away', async () => {
  const [here, elsewhere, bob] = [await signIn(), await signIn(), await signIn(BOB)]
  const event = { id: '1', at: now, actor: ALICE, action: 'signOut', subject: HOST, detail: {} } as const
  expect(await sessions.endAll(ALICE, event)).toMatch(/^__Host-latchkey=; Max-Age=0; /)
  expect(await sessions.visitor(here)).toBeUndefined()
  expect(await sessions.visitor(elsewhere)).toBeUndefined()
  expect(await sessions.visitor(bob)).toBeDefined()
})

describe('whoever changes something', () => {
  test(`proves with ${CSRF_HEADER} that one of our pages did it`, async () => {
    const cookie = await signIn()
    const another = await sessions.visitor(await signIn())
    const csrf = (await sessions.visitor(cookie))?.csrf
    expect(csrf).toMatch(/^[\w-]{43}$/)
    expect(await sessions.read({ cookie, csrf }, 'POST')).toEqual({ did: ALICE })
    for (const wrong of [undefined, '', `${csrf}x`, cookie.split('=')[1], another?.csrf])
      expect(await sessions.read({ cookie, csrf: wrong }, 'POST')).toBe('forged')
    expect(await sessions.read({ cookie, csrf: undefined }, 'GET')).toEqual({ did: ALICE })
    expect(await sessions.read({ cookie: undefined, csrf }, 'POST')).toBeUndefined()
  })

  test('is the administrator with a session of the password, and no member', async () => {
    const cookie = await signIn(ADMIN)
    expect(await sessions.read({ cookie, csrf: undefined }, 'GET')).toBe(ADMIN)
  })
})
