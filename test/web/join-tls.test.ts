import { describe, expect, test } from 'vitest'
import { withoutCaddy } from '../support/caddy.ts'
import { withoutChromium } from '../support/chromium.ts'
import { giftCode } from '../support/members.ts'
import { startTlsWorld } from './tls-world.ts'

const PDS = 'pds.latchkey.internal'
const READY = 'Your account is ready'

describe.skipIf(withoutCaddy() || withoutChromium())('behind a reverse proxy with https', () => {
  test('a page under a handle’s name takes nobody’s sign-up away', { timeout: 60_000 }, async () => {
    await using tls = await startTlsWorld('0.5', { pds: PDS, web: PDS })
    await using browser = await tls.startBrowser()
    const context = await browser.newContext({ locale: 'en-US', ignoreHTTPSErrors: true })
    const page = await context.newPage()
    const link = `${tls.web}/join/${await giftCode(tls)}`
    await page.goto(link)
    await page.locator('#name').fill('alice')
    await page.locator('#email').fill('alice@mail.test')
    await page.locator('#password').fill('long-enough-22')
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByText(READY).waitFor()
    const names = await Promise.all(
      [/^__Host-latchkey-joined-/, /^__Host-latchkey-form$/].map(async (pattern) => {
        const kept = (await context.cookies(link)).find(({ name }) => pattern.test(name))
        expect(kept).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', path: '/', domain: PDS })
        return kept?.name ?? ''
      }),
    )

    const evil = `https://mallory.${PDS}/`
    await page.route(`${evil}**`, (route) => route.fulfill({ contentType: 'text/html', body: '<title>.' }))
    await page.goto(evil)
    const bare = names.map((name) => name.replace('__Host-', ''))
    await page.evaluate(
      ({ planted, domain, path }) => {
        for (const one of planted) document.cookie = `${one}=junk; path=${path}; secure; domain=${domain}`
      },
      { planted: [...names, ...bare], domain: PDS, path: new URL(link).pathname },
    )
    // Those without the prefix were taken, and go first: their path is the longer one.
    expect((await context.cookies(link)).map((cookie) => cookie.name).toSorted()).toEqual(
      [...names, ...bare].toSorted(),
    )
    await page.goto(`${link}/done`)
    expect(await page.getByText(READY).isVisible()).toBe(true)
  })
})
