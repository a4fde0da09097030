import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CALLBACK_PATH, JWKS_PATH, METADATA_PATH } from '../../src/auth/oauth-metadata.ts'
import { app } from '../../src/lexicons/index.ts'
import { PASSWORD_GUESSES } from '../../src/web/sign-in/open-sign-in.ts'
import { ADMIN_SIGN_IN_PATH, SIGN_IN_PATH, SIGN_OUT_PATH } from '../../src/web/sign-in/paths.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { pagesOf } from './browser.ts'
import { HttpBrowser } from './http-browser.ts'

let fronted: FrontedWorld
let web: string

beforeAll(async () => {
  fronted = await startFrontedWorld({ adminPassword: 'the password of the console' })
  web = pagesOf(fronted.url)
})

afterAll(() => fronted?.[Symbol.asyncDispose]())

function query(sql: string, ...values: string[]): Record<string, unknown>[] {
  using database = new DatabaseSync(fronted.databasePath)
  return database.prepare(sql).all(...values)
}

/** Sets out for the PDS. @returns the browser, and what the PDS would send back with it */
async function setOut(to = 'invites'): Promise<{ browser: HttpBrowser; state: string }> {
  const browser = new HttpBrowser(web)
  const before = new Set(query('SELECT key FROM web_sign_in').map(({ key }) => key))
  const reply = await browser.post(SIGN_IN_PATH, { to })
  expect(reply.place).toMatch(`${fronted.url}/oauth/authorize?`)
  const row = query('SELECT key FROM web_sign_in').find(({ key }) => !before.has(key))
  return { browser, state: String(row?.['key']) }
}

function answer(fields: Record<string, string>): string {
  return `${CALLBACK_PATH}?${new URLSearchParams({ iss: fronted.url, ...fields }).toString()}`
}

describe('a form that does not come from a page of ours', () => {
  test.each([
    [{}],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'none' }],
    [{ origin: 'null' }],
    [{ origin: 'https://evil.example' }],
    // A handle's subdomain, which could set cookies for us.
    [{ 'sec-fetch-site': 'same-site', origin: 'http://evil.localhost' }],
    // Our own page, under another name.
    [{ 'sec-fetch-site': 'same-origin', host: 'alice.localhost' }],
  ])('does nothing: %j', async (headers) => {
    for (const [path, page] of [
      [SIGN_IN_PATH, 'invites'],
      [SIGN_OUT_PATH, 'invites'],
      [ADMIN_SIGN_IN_PATH, 'admin'],
    ] as const) {
      const fields = { password: 'the password of the console' }
      const reply = await new HttpBrowser(web).post(path, fields, headers)
      expect(reply).toMatchObject({ status: 303, place: `${web}/${page}?problem=again` })
      expect(reply.headers['set-cookie']).toBeUndefined()
    }
  })

  test('may come from an older browser, which tells only its origin', async () => {
    const reply = await new HttpBrowser(web).post(SIGN_IN_PATH, {}, { origin: web })
    expect(reply.place).toMatch(`${fronted.url}/oauth/authorize?`)
  })

  test('is no form at all', async () => {
    const reply = await new HttpBrowser(web).post(SIGN_IN_PATH, {}, { 'content-type': 'application/json' })
    expect(reply.status).toBe(400)
  })

  test.each([SIGN_IN_PATH, SIGN_OUT_PATH, ADMIN_SIGN_IN_PATH])(
    'going back to %s leads to the page again',
    async (path) => {
      const reply = await new HttpBrowser(web).get(path)
      expect(reply.status).toBe(303)
      expect(reply.place).toBe(`${web}${path === ADMIN_SIGN_IN_PATH ? '/admin' : '/invites'}`)
    },
  )
})

describe('what comes back from the PDS', () => {
  test('is kept by no cache and told to nobody', async () => {
    const { browser, state } = await setOut()
    const { headers } = await browser.get(answer({ state, error: 'access_denied' }))
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
  })

  const made = { state: 'made up' }

  test.each<Record<string, string>>([{}, { state: '' }, made, { ...made, code: 'made up' }])(
    'for a sign-in that never was leads nowhere: %j',
    async (fields) => {
      const { browser } = await setOut()
      const reply = await browser.get(answer(fields))
      expect(reply.place).toBe(`${web}/invites?problem=again`)
    },
  )

  test('leads nowhere in a browser that did not begin it, and stays good for the one that did', async () => {
    const { browser, state } = await setOut('admin')
    const [thief, without] = [(await setOut()).browser, new HttpBrowser(web)]
    const denied = answer({ state, error: 'access_denied' })
    const comesTo = async (who: HttpBrowser) =>
      (await who.get(denied, { 'x-forwarded-for': '198.51.100.9' })).place
    expect(await comesTo(thief)).toBe(`${web}/invites?problem=again`)
    expect(await comesTo(without)).toBe(`${web}/invites?problem=again`)
    expect(await comesTo(browser)).toBe(`${web}/admin?problem=denied`)
    expect(await comesTo(browser)).toBe(`${web}/invites?problem=again`)
    const details = query('SELECT detail FROM audit_event ORDER BY rowid').map(
      ({ detail }) => JSON.parse(String(detail)) as { address?: string; problem: string },
    )
    const problems = details.filter(({ address }) => address === '198.51.100.9').map(({ problem }) => problem)
    expect(problems).toEqual(['again', 'again', 'denied', 'again'])
  })

  test('too late leads nowhere', async () => {
    const { browser, state } = await setOut()
    query('UPDATE web_sign_in SET ends_at = ? WHERE key = ?', String(Date.now()), state)
    const reply = await browser.get(answer({ state, error: 'access_denied' }))
    expect(reply.place).toBe(`${web}/invites?problem=again`)
  })

  test.each([
    ['an error of the PDS', { error: 'server_error' }],
    ['a code that the PDS never gave', { code: 'cod-0123456789abcdef0123456789abcdef' }],
    [
      'an answer of another server',
      { code: 'cod-0123456789abcdef0123456789abcdef', iss: 'https://evil.example' },
    ],
    ['no code', {}],
  ])('with %s signs nobody in', async (_what, fields) => {
    const { browser, state } = await setOut('admin')
    const reply = await browser.get(answer({ state, ...fields }))
    expect(reply.place).toBe(`${web}/admin?problem=failed`)
    expect([...browser.cookies.keys()]).toEqual(['latchkey-browser'])
  })

  test('can be two windows of one browser at once', async () => {
    const { browser, state } = await setOut()
    const before = new Set(query('SELECT key FROM web_sign_in').map(({ key }) => key))
    await browser.post(SIGN_IN_PATH, { to: 'admin' })
    const second = query('SELECT key FROM web_sign_in').find(({ key }) => !before.has(key))
    const other = answer({ state: String(second?.['key']), error: 'access_denied' })
    expect((await browser.get(other)).place).toBe(`${web}/admin?problem=denied`)
    const first = answer({ state, error: 'access_denied' })
    expect((await browser.get(first)).place).toBe(`${web}/invites?problem=denied`)
  })
})

test('while the PDS is down one is told so', async () => {
  fronted.link.refuse(true)
  const reply = await new HttpBrowser(web).post(SIGN_IN_PATH, { to: 'admin' })
  fronted.link.refuse(false)
  expect(reply.place).toBe(`${web}/admin?problem=unavailable`)
})

describe('the admin password', () => {
  const right = { password: 'the password of the console' }

  /** A form of the page, from an address that the reverse proxy tells. */
  function from(address: string): Record<string, string> {
    return { 'sec-fetch-site': 'same-origin', 'x-forwarded-for': address }
  }

  test('opens the console for an hour, and nobody’s invites', async () => {
    const browser = new HttpBrowser(web)
    const reply = await browser.post(ADMIN_SIGN_IN_PATH, right)
    expect(reply.place).toBe(`${web}/admin`)
    expect(reply.headers['set-cookie']).toEqual([expect.stringContaining('; Max-Age=3600; ')])
    expect((await browser.get(`/xrpc/${app.latchkey.admin.getStatus.$nsid}`)).status).toBe(200)
    expect((await browser.get(`/xrpc/${app.latchkey.getInvites.$nsid}`)).status).toBe(401)
  })

  test('can’t be guessed from one address, and all of it is in the audit log, but for the passwords', async () => {
    const [guesser, operator] = ['198.51.100.66', '198.51.100.7']
    const mallory = new HttpBrowser(web)
    for (let guess = 1; guess <= PASSWORD_GUESSES.times; guess += 1) {
      const reply = await mallory.post(ADMIN_SIGN_IN_PATH, { password: `guess ${guess}` }, from(guesser))
      expect(reply.place).toBe(`${web}/admin?problem=password`)
    }
    const late = await mallory.post(ADMIN_SIGN_IN_PATH, right, from(guesser))
    expect(late.place).toBe(`${web}/admin?problem=wait`)
    expect([...mallory.cookies.keys()]).toEqual([])

    const admin = new HttpBrowser(web)
    expect((await admin.post(ADMIN_SIGN_IN_PATH, right, from(operator))).place).toBe(`${web}/admin`)
    const log = (await admin.get(`/xrpc/${app.latchkey.admin.listEvents.$nsid}?limit=100`)).body
    const events = (JSON.parse(log) as app.latchkey.admin.listEvents.$OutputBody).events
    const ofAddress = (address: string) =>
      events.filter(({ detail }) => JSON.stringify(detail).includes(`"${address}"`))
    // The last is of the try that had to wait.
    expect(ofAddress(guesser)).toHaveLength(PASSWORD_GUESSES.times + 1)
    for (const event of ofAddress(guesser))
      expect(event).toMatchObject({ actor: 'admin', action: 'signInRefused' })
    expect(ofAddress(operator)).toMatchObject([{ actor: 'admin', action: 'signIn' }])
    expect(log).not.toContain('guess 1')
  })
})

test('what is secret is neither in the database as it is, nor in the log', async () => {
  const { browser, state } = await setOut()
  await browser.get(answer({ state, code: 'cod-fedcba9876543210fedcba9876543210' }))
  const token = browser.cookies.get('latchkey-browser') ?? 'none'
  await browser.post(ADMIN_SIGN_IN_PATH, { password: 'a wrong password' })
  await browser.post(ADMIN_SIGN_IN_PATH, { password: 'the password of the console' })
  const session = browser.cookies.get('latchkey') ?? 'none'
  const rows = ['web_session', 'web_sign_in', 'audit_event'].flatMap((table) =>
    query(`SELECT * FROM ${table}`),
  )
  const kept = JSON.stringify(rows)
  const logs = fronted.logs.join('\n')
  expect(kept).not.toContain(token)
  expect(kept).not.toContain(session)
  for (const secret of [token, session, state, 'cod-fedcba', 'a wrong password', 'password of the console'])
    expect(logs).not.toContain(secret)
})

test('on loopback it is a client that needs no key', async () => {
  const browser = new HttpBrowser(web)
  const metadata = JSON.parse((await browser.get(METADATA_PATH)).body) as object
  expect(metadata).toMatchObject({
    scope: 'atproto',
    redirect_uris: [`${web}${CALLBACK_PATH}`],
    token_endpoint_auth_method: 'none',
  })
  expect(JSON.parse((await browser.get(JWKS_PATH)).body)).toEqual({ keys: [] })
  expect(query('SELECT * FROM web_key')).toEqual([])
})
