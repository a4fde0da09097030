import { readFile } from 'node:fs/promises'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OAUTH_SIGN_UP_PATH } from '../../src/gate/doors/oauth-sign-up.ts'
import { com } from '../../src/lexicons/index.ts'
import { METHOD_NSIDS } from '../../src/xrpc/methods.ts'
import { type OAuthClient, startOAuthClient } from '../doors/oauth-client.ts'
import { startChromium, withoutChromium } from '../support/chromium.ts'
import { type Member, postJson } from '../support/pds.ts'
import { PROXIES, type RoutedWorld, startRoutedWorld } from './world.ts'

const DOWN = {
  error: 'ServiceUnavailable',
  message: 'Invites and sign-ups are not available right now, try again in a moment',
}
const NSIDS = [...METHOD_NSIDS, com.atproto.server.createAccount.$nsid]

describe.each(PROXIES)('Latchkey killed behind $name', ({ isMissing, ...proxy }) => {
  describe.skipIf(isMissing())('everything else lives on', () => {
    let routed: RoutedWorld
    let alice: Member
    let client: OAuthClient

    beforeAll(async () => {
      routed = await startRoutedWorld({ isMissing, ...proxy })
      const { url, world, latchkey } = routed
      const { code } = await postJson<{ code: string }>(
        `${url}/xrpc/${com.atproto.server.createInviteCode.$nsid}`,
        { useCount: 1 },
        world.adminAuth,
      )
      alice = await world.createAccount({ handle: 'alice.test', viaUrl: url, inviteCode: code })
      client = await startOAuthClient(url)
      latchkey.child.kill('SIGKILL')
      await latchkey.exit
    })
    afterAll(async () => {
      await client?.[Symbol.asyncDispose]()
      await routed?.[Symbol.asyncDispose]()
    })

    const xrpc = (nsid: string, search = '') => `${routed.url}/xrpc/${nsid}${search}`

    test.each(NSIDS)('%s answers the JSON 503 that browsers may read', async (nsid) => {
      for (const method of ['GET', 'POST']) {
        const answer = await fetch(xrpc(nsid), { method })
        expect(answer.status).toBe(503)
        expect(answer.headers.get('access-control-allow-origin')).toBe('*')
        expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
        expect(answer.headers.get('retry-after')).toBe('5')
        expect(await answer.json()).toEqual(DOWN)
      }
      const preflight = await fetch(xrpc(nsid), {
        method: 'OPTIONS',
        headers: {
          origin: 'https://client.example',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type',
        },
      })
      expect(preflight.status).toBe(204)
      expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
      expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization,content-type')
      expect(preflight.headers.get('access-control-allow-methods')).toContain('POST')
    })

    test('the form of the OAuth pages is told so in its own shape', async () => {
      const answer = await fetch(`${routed.url}${OAUTH_SIGN_UP_PATH}`, { method: 'POST', body: '{}' })
      expect(answer.status).toBe(503)
      expect(answer.headers.get('access-control-allow-origin')).toBeNull()
      expect(await answer.json()).toEqual({
        error: 'temporarily_unavailable',
        error_description: 'Sign-ups are not available right now, try again in a moment',
      })
    })

    test('signing in, posting, blobs and the firehose go on', async () => {
      const { handle, did, password } = alice
      const session = await postJson<{ accessJwt: string }>(xrpc(com.atproto.server.createSession.$nsid), {
        identifier: handle,
        password,
      })
      const authorization = `Bearer ${session.accessJwt}`
      const firehose = new WebSocket(
        `${routed.url.replace('http', 'ws')}/xrpc/${com.atproto.sync.subscribeRepos.$nsid}`,
      )
      firehose.binaryType = 'arraybuffer'
      const heard: string[] = []
      firehose.addEventListener('message', ({ data }) => {
        heard.push(Buffer.from(data as ArrayBuffer).toString('latin1'))
      })
      await new Promise((open, failed) => {
        firehose.addEventListener('open', open, { once: true })
        firehose.addEventListener('error', failed, { once: true })
      })

      const bytes = Buffer.alloc(2_000_000, 7)
      const uploaded = await fetch(xrpc('com.atproto.repo.uploadBlob'), {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/octet-stream' },
        body: bytes,
      })
      const { blob } = (await uploaded.json()) as { blob: { ref: { $link: string } } }
      const record = { $type: 'com.example.photo', blob, text: 'while Latchkey is down' }
      const created = await postJson<{ uri: string }>(
        xrpc('com.atproto.repo.createRecord'),
        { repo: did, collection: 'com.example.photo', record, validate: false },
        authorization,
      )
      expect(created.uri).toContain(did)
      const got = await fetch(xrpc('com.atproto.sync.getBlob', `?did=${did}&cid=${blob.ref.$link}`))
      expect(Buffer.from(await got.arrayBuffer()).equals(bytes)).toBe(true)
      await expect.poll(() => heard.join('')).toContain('com.example.photo')
      firehose.close()
    })

    test.skipIf(withoutChromium())('signing in by the OAuth page goes on', { timeout: 60_000 }, async () => {
      const browser: Browser = await startChromium()
      try {
        const signIn = await client.ask('login')
        const page = await browser.newPage({ locale: 'en-US' })
        await page.goto(signIn.pageUrl)
        await page.getByRole('button', { name: 'Sign in' }).click()
        await page.locator('input[name=username]').fill(alice.handle)
        await page.locator('input[type=password]').fill(alice.password)
        await page.locator('button[type=submit]').click()
        await page.getByRole('button', { name: 'Authorize' }).click()
        await page.waitForURL((url) => url.href.startsWith(client.redirectUri))
        expect(await signIn.redeem(new URL(page.url()))).toBe(alice.did)
      } finally {
        await browser.close()
      }
    })

    test('a page of the PDS opens whose address has escapes', async () => {
      const path = `/account/u/${encodeURIComponent(alice.did)}/about`
      expect(path).toContain('%3A')
      const own = await fetch(`${routed.world.pds.url}${path}`, { redirect: 'manual' })
      const answer = await fetch(`${routed.url}${path}`, { redirect: 'manual' })
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        own.status,
        own.headers.get('content-type'),
      ])
      expect(answer.status).toBeLessThan(500)
    })

    test('what the reverse proxy says of a failed link shows no code', async () => {
      const answer = await fetch(`${routed.url}/join/secret-code-5`, {
        headers: { referer: `${routed.url}/join/secret-code-6` },
      })
      expect(answer.status).toBe(503)
      const other = await fetch(`${routed.url}/invites`)
      expect(other.status).toBe(503)
      await expect.poll(() => readFile(routed.proxy.accessLog, 'utf8')).toContain('/invites')
      const logs = routed.proxy.errorLog() + (await readFile(routed.proxy.accessLog, 'utf8'))
      expect(logs).not.toContain('secret-code')
    })

    test('an answer of the PDS that fails stays the PDS’s', async () => {
      const answer = await fetch(xrpc(com.atproto.server.createSession.$nsid), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ identifier: alice.handle, password: 'wrong' }),
      })
      expect(answer.status).toBe(401)
    })
  })
})
