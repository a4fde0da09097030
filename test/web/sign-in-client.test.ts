import { DatabaseSync } from 'node:sqlite'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { CALLBACK_PATH, JWKS_PATH, METADATA_PATH } from '../../src/auth/oauth-metadata.ts'
import { app } from '../../src/lexicons/index.ts'
import { SIGN_IN_PATH } from '../../src/web/sign-in/paths.ts'
import { startChromium, withoutChromium } from '../support/chromium.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { join } from '../support/members.ts'
import { type Member, PDS_LINES } from '../support/pds.ts'
import { heldAnswer, openWindow, signInAtPds } from './browser.ts'
import { HttpBrowser } from './http-browser.ts'

/** Where the pages are. No name server knows it; the PDS does not even ask for names that are kept for examples. */
const WEB = 'https://invites.latchkey.internal'

describe.each(PDS_LINES)('with pages of another name, in front of PDS %s, Latchkey', (line) => {
  let fronted: FrontedWorld
  let alice: Member

  beforeAll(async () => {
    fronted = await startFrontedWorld({ webUrl: WEB }, { line })
    alice = await join(fronted, 'alice.test')
    const plain = globalThis.fetch
    // In the place of name server and TLS, for the PDS, which asks there who the client is.
    vi.stubGlobal('fetch', (input: RequestInfo | URL, init?: RequestInit) => {
      const request = new Request(input, init)
      if (!request.url.startsWith(`${WEB}/`)) return plain(input, init)
      return plain(fronted.url + request.url.slice(WEB.length), { redirect: 'manual' })
    })
  })

  afterAll(async () => {
    vi.unstubAllGlobals()
    await fronted?.[Symbol.asyncDispose]()
  })

  test('says who it is, and shows the public half of the key that proves it', async () => {
    const browser = new HttpBrowser(fronted.url, WEB)
    const metadata = JSON.parse((await browser.get(METADATA_PATH)).body) as object
    expect(metadata).toMatchObject({
      client_id: WEB + METADATA_PATH,
      redirect_uris: [WEB + CALLBACK_PATH],
      jwks_uri: WEB + JWKS_PATH,
      scope: 'atproto',
      grant_types: ['authorization_code'],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      dpop_bound_access_tokens: true,
    })
    const { keys } = JSON.parse((await browser.get(JWKS_PATH)).body) as { keys: Record<string, string>[] }
    const text: unknown = expect.stringMatching(/^[\w-]+$/)
    const key = { kty: 'EC', crv: 'P-256', alg: 'ES256', key_ops: ['verify'], kid: text, x: text, y: text }
    expect(keys).toEqual([key])
  })

  test('keeps that key over a restart', async () => {
    const browser = new HttpBrowser(fronted.url, WEB)
    const before = (await browser.get(JWKS_PATH)).body
    await fronted.stopLatchkey()
    await fronted.startLatchkey()
    expect((await browser.get(JWKS_PATH)).body).toBe(before)
    using database = new DatabaseSync(fronted.databasePath, { readOnly: true })
    const [kept, ...others] = database.prepare('SELECT id, host, jwk FROM web_key').all()
    expect(others).toEqual([])
    expect(kept).toMatchObject({ host: 'localhost' })
    expect(JSON.parse(before)).toMatchObject({ keys: [{ kid: kept?.['id'] }] })
    const { d: secret } = JSON.parse(String(kept?.['jwk'])) as { d: string }
    expect(secret).toMatch(/^[\w-]{43}$/)
    expect(before).not.toContain(secret)
  })

  test.skipIf(withoutChromium())('signs a member in', { timeout: 60_000 }, async () => {
    const browser = new HttpBrowser(fronted.url, WEB)
    const { place } = await browser.post(SIGN_IN_PATH, { to: 'invites' })
    expect(new URL(place)).toMatchObject({ origin: fronted.url, pathname: '/oauth/authorize' })
    const answer = await atPds(place)
    const reply = await browser.get(`${CALLBACK_PATH}?${answer.toString()}`)
    expect(reply).toMatchObject({ status: 303, place: `${WEB}/invites` })
    expect([...browser.cookies.keys()]).toEqual(['__Host-latchkey-browser', '__Host-latchkey'])
    expect((await browser.get(`/xrpc/${app.latchkey.getInvites.$nsid}`)).status).toBe(200)
  })

  test('asks the PDS at its inner address, whether its own name can be reached from here or not', async () => {
    const called: string[] = []
    const mapped = globalThis.fetch
    vi.stubGlobal('fetch', (input: RequestInfo | URL, init?: RequestInit) => {
      called.push(new Request(input, init).url)
      return mapped(input, init)
    })
    const { place } = await new HttpBrowser(fronted.url, WEB).post(SIGN_IN_PATH, {})
    vi.stubGlobal('fetch', mapped)
    expect(place).toMatch(`${fronted.url}/oauth/authorize?`)
    expect(called.filter((url) => url.startsWith(`${fronted.url}/`))).toEqual([])
  })

  async function atPds(place: string): Promise<URLSearchParams> {
    let chromium: Browser | undefined
    try {
      chromium = await startChromium()
      const page = await openWindow(chromium)
      await page.goto(place)
      await signInAtPds(page, alice)
      return await heldAnswer(page)
    } finally {
      await chromium?.close()
    }
  }
})
