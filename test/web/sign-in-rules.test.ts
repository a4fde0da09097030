import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AdministratorAuth } from '../../src/auth/administrator.ts'
import { Callers, rolesOf } from '../../src/auth/callers.ts'
import type { Credentials } from '../../src/auth/credentials.ts'
import type { Returned } from '../../src/auth/oauth-sign-in.ts'
import { REFUSALS_NOTED } from '../../src/auth/refused-sign-ins.ts'
import { PasswordTries } from '../../src/auth/password-tries.ts'
import { webCookies } from '../../src/auth/web-cookies.ts'
import { WebSessions } from '../../src/auth/web-sessions.ts'
import { createAddressLimiter } from '../../src/gate/doors/address-limiter.ts'
import { StoreUnavailableError } from '../../src/invites/store.ts'
import { ADMIN, type AccountStatus } from '../../src/invites/types.ts'
import { PdsUnreachableError } from '../../src/pds/answer.ts'
import { PASSWORD_GUESSES, STARTS } from '../../src/web/sign-in/open-sign-in.ts'
import { type Outcome, SignIn } from '../../src/web/sign-in/sign-in.ts'
import { ALICE, BOB, CAROL, HOST, NOW } from '../store/conformance/support.ts'
import { openForConformance } from '../store/sqlite-support.ts'

const PASSWORD = 'the admin password'
const MALLORY = '198.51.100.66'
const NO_ANSWER = new URLSearchParams()

let subject: Awaited<ReturnType<typeof openForConformance>>
let sessions: WebSessions
let signIn: SignIn
/** What the PDS says, in place of the real one, which lets only its own active accounts come so far. */
let returned: Returned
let statusOf: () => Promise<AccountStatus | undefined>

const administrators = new AdministratorAuth([PASSWORD])
const operators = rolesOf({ admins: [BOB, CAROL], moderators: [CAROL] })

beforeEach(async () => {
  subject = await openForConformance()
  const { store } = subject
  const cookies = webCookies(new URL('https://invites.example.com'))
  const ports = { store, cookies, now: () => NOW, random: randomBytes }
  sessions = new WebSessions(ports)
  statusOf = async () => 'active'
  signIn = new SignIn({
    ...ports,
    sessions,
    administrators,
    operators,
    oauth: { begin: async () => new URL('https://pds.example.com/authorize'), finish: async () => returned },
    statusOf: () => statusOf(),
    hostname: HOST,
    starts: createAddressLimiter(STARTS),
    guesses: createAddressLimiter(PASSWORD_GUESSES),
    refusals: createAddressLimiter(REFUSALS_NOTED),
    log: pino({ level: 'silent' }),
  })
})

afterEach(() => subject[Symbol.asyncDispose]())

/** The audit log, oldest first. */
async function logged(): Promise<readonly Record<string, unknown>[]> {
  const rows = await subject.execute('SELECT actor, action, subject, detail FROM audit_event ORDER BY rowid')
  return rows.map((row) => ({ ...row, detail: JSON.parse(String(row['detail'])) as unknown }))
}

function cookieOf({ cookies }: Outcome): string {
  return cookies.map((cookie) => cookie.split(';')[0]).join('; ')
}

describe('who comes back from the PDS', () => {
  test.each([
    [undefined, 'stranger'],
    ['deactivated', 'inactive'],
    ['takendown', 'inactive'],
    ['suspended', 'inactive'],
    ['deleted', 'inactive'],
  ] as const)('with an account that is %s gets no session: %s', async (status, problem) => {
    statusOf = async () => status
    returned = { did: ALICE, note: 'invites' }
    expect(await signIn.finish(NO_ANSWER, undefined, MALLORY)).toEqual({
      to: 'invites',
      problem,
      cookies: [],
    })
    expect(await subject.execute('SELECT * FROM web_session')).toEqual([])
    const detail = { by: 'account', problem }
    expect(await logged()).toEqual([{ actor: ALICE, action: 'signInRefused', subject: HOST, detail }])
  })

  test('is told to wait while it is active again and the firehose has not told so, instead of being signed out at once', async () => {
    const { store } = subject
    await store.openHost({ hostname: HOST, did: 'did:web:first' })
    const told = (seq: number, status: AccountStatus) =>
      store.applyEvent(HOST, { seq, at: NOW, did: BOB, status })
    await told(1, 'deactivated')
    returned = { did: BOB, note: 'admin' }
    const early = await signIn.finish(NO_ANSWER, undefined, MALLORY)
    expect(early).toEqual({ to: 'admin', problem: 'unavailable', cookies: [] })
    expect(await subject.execute('SELECT * FROM web_session')).toEqual([])
    await told(2, 'active')
    const outcome = await signIn.finish(NO_ANSWER, undefined, MALLORY)
    expect(outcome).not.toHaveProperty('problem')
    expect(await sessions.visitor(cookieOf(outcome))).toMatchObject({ actor: BOB })
    expect((await logged()).map(({ action }) => action)).toEqual(['signInRefused', 'signIn'])
  })

  test('comes to where the sign-in began, and to no place that somebody made up', async () => {
    for (const [note, to] of [
      ['admin', 'admin'],
      ['invites', 'invites'],
      ['https://evil.example', 'invites'],
    ]) {
      returned = { did: ALICE, note: note ?? '' }
      expect(await signIn.finish(NO_ANSWER, undefined, MALLORY)).toMatchObject({ to })
    }
  })

  test('while the PDS or the database can’t be asked is told so, and is not signed in', async () => {
    returned = { did: ALICE, note: 'admin' }
    for (const error of [new PdsUnreachableError('down'), new StoreUnavailableError('gone')]) {
      statusOf = () => Promise.reject(error)
      const outcome = await signIn.finish(NO_ANSWER, undefined, MALLORY)
      expect(outcome).toEqual({ to: 'admin', problem: 'unavailable', cookies: [] })
    }
  })

  test('is known in its other windows, which may be at the PDS still', async () => {
    returned = { did: ALICE, note: 'invites' }
    const { cookies } = await signIn.finish(NO_ANSWER, '__Host-latchkey-browser=first', MALLORY)
    expect(cookies).toEqual([expect.stringMatching(/^__Host-latchkey=/)])
  })

  test.each([
    ['unknown', 'again'],
    [{ refused: 'denied', note: 'invites', reason: '' }, 'denied'],
    [{ refused: 'failed', note: 'invites', reason: 'a secret' }, 'failed'],
  ] as const)(
    'as nobody, %j, is in the audit log with the address, which can’t fill it',
    async (came, problem) => {
      returned = came
      for (let time = 1; time <= 10; time += 1)
        expect(await signIn.finish(NO_ANSWER, undefined, MALLORY)).toMatchObject({ problem })
      await signIn.finish(NO_ANSWER, undefined, '192.0.2.1')
      const line = (address: string) => ({
        actor: 'somebody',
        action: 'signInRefused',
        subject: HOST,
        detail: { by: 'account', problem, address },
      })
      expect(await logged()).toEqual([...Array.from({ length: 5 }, () => line(MALLORY)), line('192.0.2.1')])
    },
  )

  test('as an operator is in the audit log: coming, being refused, and going', async () => {
    returned = { did: BOB, note: 'admin' }
    const cookie = cookieOf(await signIn.finish(NO_ANSWER, undefined, MALLORY))
    const visitor = await sessions.visitor(cookie)
    await signIn.end('admin', cookie, 'made up')
    await signIn.end('admin', cookie, visitor?.csrf ?? null)
    await signIn.end('admin', cookie, visitor?.csrf ?? null)
    statusOf = async () => 'takendown'
    await signIn.finish(NO_ANSWER, undefined, MALLORY)
    const who = { actor: BOB, subject: HOST }
    expect(await logged()).toEqual([
      { ...who, action: 'signIn', detail: { by: 'account', role: 'administrator' } },
      { ...who, action: 'signOut', detail: {} },
      { ...who, action: 'signInRefused', detail: { by: 'account', problem: 'inactive' } },
    ])
  })

  test('as a member is too', async () => {
    returned = { did: ALICE, note: 'invites' }
    const cookie = cookieOf(await signIn.finish(NO_ANSWER, undefined, MALLORY))
    expect(await sessions.visitor(cookie)).toMatchObject({ actor: ALICE })
    await signIn.end('invites', cookie, (await sessions.visitor(cookie))?.csrf ?? null)
    expect(await sessions.visitor(cookie)).toBeUndefined()
    const who = { actor: ALICE, subject: HOST }
    expect(await logged()).toEqual([
      { ...who, action: 'signIn', detail: { by: 'account' } },
      { ...who, action: 'signOut', detail: {} },
    ])
  })
})

describe('signing out everywhere', () => {
  test.each([ALICE, BOB, ADMIN])(
    'ends all sessions of %s and no others, and is in the audit log',
    async (actor) => {
      const cookie = cookieOf({ to: 'invites', cookies: [await sessions.open(actor, undefined)] })
      const elsewhere = await sessions.open(actor, undefined)
      const carol = await sessions.open(CAROL, undefined)
      const outcome = await signIn.end(
        'invites',
        cookie,
        (await sessions.visitor(cookie))?.csrf ?? null,
        true,
      )
      expect(outcome).toMatchObject({ to: 'invites', cookies: [expect.stringContaining('Max-Age=0')] })
      expect(await sessions.visitor(cookie)).toBeUndefined()
      expect(await sessions.visitor(elsewhere)).toBeUndefined()
      expect(await sessions.visitor(carol)).toMatchObject({ actor: CAROL })
      expect(await logged()).toEqual([
        { actor, action: 'signOut', subject: HOST, detail: { everywhere: true } },
      ])
    },
  )

  test('takes a page of ours', async () => {
    const cookie = await sessions.open(ALICE, undefined)
    expect(await signIn.end('invites', cookie, 'made up', true)).toMatchObject({ problem: 'again' })
    expect(await sessions.visitor(cookie)).toBeDefined()
    expect(await logged()).toEqual([])
  })
})

describe('the admin password', () => {
  test('opens a session of its own, in the audit log', async () => {
    const outcome = await signIn.withPassword(PASSWORD, undefined, MALLORY)
    expect(outcome).toMatchObject({ to: 'admin' })
    expect(await sessions.visitor(cookieOf(outcome))).toMatchObject({ actor: ADMIN })
    const detail = { by: 'password', address: MALLORY }
    expect(await logged()).toEqual([{ actor: ADMIN, action: 'signIn', subject: HOST, detail }])
  })

  test('is guessed five times from one address, and then not even the right one helps', async () => {
    for (let guess = 1; guess <= 5; guess += 1) {
      const outcome = await signIn.withPassword(`guess ${guess}`, undefined, MALLORY)
      expect(outcome).toEqual({ to: 'admin', problem: 'password', cookies: [] })
    }
    expect(await signIn.withPassword(PASSWORD, undefined, MALLORY)).toMatchObject({ problem: 'wait' })
    const others = await signIn.withPassword(PASSWORD, undefined, '192.0.2.1')
    expect(others).not.toHaveProperty('problem')
    const log = await logged()
    expect(log.map(({ action }) => action)).toEqual([...Array<string>(6).fill('signInRefused'), 'signIn'])
    expect(log[5]).toMatchObject({ detail: { by: 'password', problem: 'wait', address: MALLORY } })
    expect(JSON.stringify(log)).not.toContain('guess 1')
  })
})

test('an address that sets out for the PDS too often has to wait', async () => {
  for (let start = 1; start <= STARTS.times; start += 1)
    expect(await signIn.begin('invites', undefined, MALLORY)).toHaveProperty('place')
  const refused = { to: 'invites', problem: 'wait', cookies: [] }
  expect(await signIn.begin('invites', undefined, MALLORY)).toEqual(refused)
  const detail = { by: 'account', problem: 'wait', address: MALLORY }
  expect(await logged()).toMatchObject([{ actor: 'somebody', action: 'signInRefused', detail }])
  expect(await signIn.begin('invites', undefined, '192.0.2.1')).toHaveProperty('place')
})

describe('whoever calls a method from a page', () => {
  const credentials = {
    authorization: undefined,
    dpop: undefined,
    csrf: undefined,
    site: 'same-origin',
    source: undefined,
    forwardedFor: '',
  }
  const webUrl = new URL('https://invites.example.com')

  function callers(guesses = createAddressLimiter(PASSWORD_GUESSES)): Callers {
    const members = { identify: async () => ({ refusal: { status: 401 } }) } as never
    const { store } = subject
    const refusals = createAddressLimiter(REFUSALS_NOTED)
    const ports = { store, guesses, refusals, hostname: HOST, now: () => NOW, random: randomBytes }
    const tries = new PasswordTries(ports)
    return new Callers({ members, administrators, sessions, operators, tries, webUrl })
  }

  test.each([
    [ALICE, undefined],
    [BOB, { actor: BOB, role: 'administrator' }],
    [CAROL, { actor: CAROL, role: 'administrator' }],
    [ADMIN, { actor: ADMIN, role: 'administrator' }],
  ])('is the operator that the settings name, or knows the password: %s', async (actor, operator) => {
    const cookie = (await sessions.open(actor, undefined)).split(';')[0]
    expect(await callers().operator({ ...credentials, cookie }, 'GET', MALLORY)).toEqual(operator)
    const forged = { ...credentials, cookie, csrf: 'made up' }
    expect(await callers().operator(forged, 'POST', MALLORY)).toBe('forged')
  })

  test('is a member with an account, and not with the password', async () => {
    const cookie = (await sessions.open(ALICE, undefined)).split(';')[0]
    expect(await callers().member({ ...credentials, cookie }, 'GET')).toEqual({ did: ALICE })
    const password = (await sessions.open(ADMIN, undefined)).split(';')[0]
    const answer = await callers().member({ ...credentials, cookie: password }, 'GET')
    expect(answer).toEqual({ refusal: { status: 401 } })
  })

  const source = 'https://invites.example.com'
  test.each<[string, Pick<Credentials, 'site' | 'source'>, boolean]>([
    ['a page of ours', { site: 'same-origin', source: undefined }, true],
    ['a typed address', { site: 'none', source: undefined }, true],
    ['a handle’s subdomain', { site: 'same-site', source }, false],
    ['another site', { site: 'cross-site', source }, false],
    ['a page of ours in an older browser', { site: undefined, source: `${source}/admin` }, true],
    ['another site in an older browser', { site: undefined, source: 'https://evil.example/' }, false],
    ['a page without an origin', { site: undefined, source: 'null' }, false],
    ['nobody says where', { site: undefined, source: undefined }, false],
  ])('reads with the cookie from a page of ours only: %s', async (_name, from, isLet) => {
    const cookie = (await sessions.open(BOB, undefined)).split(';')[0]
    const asked = { ...credentials, cookie, ...from }
    expect(await callers().operator(asked, 'GET', MALLORY)).toEqual(
      isLet ? { actor: BOB, role: 'administrator' } : 'forged',
    )
    expect(await callers().member(asked, 'GET')).toEqual(isLet ? { did: BOB } : 'forged')
  })

  test('guesses the password no oftener than in the form, and in the audit log', async () => {
    const basic = (password: string) => ({
      ...credentials,
      site: undefined,
      cookie: undefined,
      authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`,
    })
    const guesses = createAddressLimiter(PASSWORD_GUESSES)
    const called = callers(guesses)
    const right = { actor: ADMIN, role: 'administrator' }
    for (let time = 1; time <= 10; time += 1)
      expect(await called.operator(basic(PASSWORD), 'GET', MALLORY)).toEqual(right)
    for (let guess = 1; guess <= 5; guess += 1)
      expect(await called.operator(basic(`guess ${guess}`), 'GET', MALLORY)).toBeUndefined()
    expect(await called.operator(basic(PASSWORD), 'GET', MALLORY)).toEqual({ retryAfter: 900 })
    expect(await called.operator(basic(PASSWORD), 'GET', '192.0.2.1')).toEqual(right)
    const detail = { by: 'password', address: MALLORY }
    const refused = { actor: ADMIN, action: 'signInRefused', subject: HOST, detail }
    const late = { ...refused, detail: { ...detail, problem: 'wait' } }
    expect(await logged()).toEqual([...Array.from({ length: 5 }, () => refused), late])
  })
})
