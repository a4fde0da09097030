import type { Browser, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { METADATA_PATH } from '../../src/auth/oauth-metadata.ts'
import { ADMIN_SIGN_IN_PATH, SIGN_IN_PATH, SIGN_OUT_PATH } from '../../src/web/sign-in/paths.ts'
import { withoutCaddy } from '../support/caddy.ts'
import { withoutChromium } from '../support/chromium.ts'
import type { Member } from '../support/pds.ts'
import { askInvites, signInAtPds } from './browser.ts'
import { startTlsWorld, type TlsWorld } from './tls-world.ts'

const PDS = 'pds.latchkey.internal'
/** Of the same site, as browsers call it: what is registered is one name. */
const BESIDE = 'invites.latchkey.internal'
const ELSEWHERE = 'invites.another.internal'

const TIMEOUT = { timeout: 60_000 }

describe.skipIf(withoutCaddy() || withoutChromium())('behind a reverse proxy with https', () => {
  test.each([
    { line: '0.5', web: PDS },
    { line: '0.5', web: BESIDE },
    { line: '0.5', web: ELSEWHERE },
    { line: '0.4', web: PDS },
    { line: '0.4', web: ELSEWHERE },
  ] as const)(`a member of ${PDS} signs in to $web and out again, with PDS $line`, TIMEOUT, async (run) => {
    await using tls = await startTlsWorld(run.line, { pds: PDS, web: run.web })
    const alice = await tls.world.createAccount({ handle: 'alice.test' })
    await using browser = await tls.startBrowser()
    const page = await openWindow(browser)
    await signIn(page, tls, alice)
    const cookies = (await page.context().cookies(tls.web)).filter(({ name }) => name.includes('latchkey'))
    const kept = { httpOnly: true, secure: true, sameSite: 'Lax', path: '/', domain: run.web }
    expect(cookies.toSorted((a, b) => a.name.length - b.name.length)).toMatchObject([
      { name: '__Host-latchkey', ...kept },
      { name: '__Host-latchkey-browser', ...kept },
    ])

    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    expect(await askInvites(page)).toBe(401)
  })

  test(
    'a page under a handle’s name can neither sign its visitor out nor in as another',
    TIMEOUT,
    async () => {
      await using tls = await startTlsWorld('0.5', { pds: PDS, web: PDS })
      const alice = await tls.world.createAccount({ handle: 'alice.test' })
      await using browser = await tls.startBrowser()
      const page = await openWindow(browser)
      await signIn(page, tls, alice)

      const evil = `https://mallory.${PDS}/`
      await page.route(`${evil}**`, (route) => route.fulfill({ contentType: 'text/html', body: '<title>.' }))
      for (const path of [SIGN_IN_PATH, SIGN_OUT_PATH, ADMIN_SIGN_IN_PATH]) {
        await page.goto(evil)
        await page.evaluate((action) => {
          document.cookie = `__Host-latchkey=x; path=/; secure; domain=${location.hostname.replace('mallory.', '')}`
          document.body.innerHTML = `<form method="post" action="${action}"><input name="password" value="x"></form>`
          document.querySelector('form')?.submit()
        }, tls.web + path)
        await page.waitForURL(/problem=again$/)
        expect(await askInvites(page)).toBe(200)
      }
    },
  )

  test('PDS 0.4 takes nobody from another name of its own site', TIMEOUT, async () => {
    await using tls = await startTlsWorld('0.4', { pds: PDS, web: BESIDE })
    await using browser = await tls.startBrowser()
    const page = await openWindow(browser)
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url().startsWith(`${tls.url}/oauth/authorize`)),
      setOut(page, tls.web),
    ])
    expect(answer.status()).toBe(400)
    expect(await page.content()).toContain('sec-fetch-site')
  })
})

async function signIn(page: Page, { url, web }: TlsWorld, member: Member): Promise<void> {
  await setOut(page, web)
  await signInAtPds(page, member)
  expect(new URL(page.url())).toMatchObject({ origin: url, pathname: '/oauth/authorize' })
  expect(new URL(page.url()).searchParams.get('client_id')).toBe(web + METADATA_PATH)
  await page.getByRole('button', { name: 'Authorize' }).click()
  await page.waitForURL(`${web}/invites`)
  expect(await askInvites(page)).toBe(200)
}

/** Presses the button of the page. */
async function setOut(page: Page, web: string): Promise<void> {
  await page.goto(`${web}/invites`)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(({ pathname }) => pathname === '/oauth/authorize')
}

/** A window with no cookies, which takes the word of Caddy's own authority. */
async function openWindow(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-US', ignoreHTTPSErrors: true })
  return context.newPage()
}
