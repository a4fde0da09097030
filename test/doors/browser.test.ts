import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { startChromium, withoutChromium } from '../support/chromium.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { giftCode } from '../support/members.ts'
import { PDS_LINES, postJson } from '../support/pds.ts'
import { accountsOf, countersOf, invitedByOf } from './ledger.ts'
import { type OAuthClient, startOAuthClient } from './oauth-client.ts'
import { newPerson, type Person } from './people.ts'

describe.skipIf(withoutChromium()).each(PDS_LINES)('a person in a browser, in front of PDS %s', (line) => {
  let fronted: FrontedWorld
  let client: OAuthClient
  let browser: Browser

  beforeAll(async () => {
    fronted = await startFrontedWorld({}, { line })
    client = await startOAuthClient(fronted.url)
    browser = await startChromium()
  })

  afterAll(async () => {
    // First the browser: it keeps connections open, which servers wait for.
    await browser?.close()
    await client?.[Symbol.asyncDispose]()
    await fronted?.[Symbol.asyncDispose]()
  })

  test(
    'signs up with a Latchkey code, not with another, and signs in afterwards',
    { timeout: 90_000 },
    async () => {
      const person = newPerson()
      const code = await giftCode(fronted)
      const creation = await client.ask('create')
      const page = await openPage(browser)
      await page.goto(creation.pageUrl)
      await chooseHandle(page, person)

      await sendForm(page, person, 'localhost-aaaaa-bbbbb')
      await page.getByRole('alert').getByText('The invite code is not valid').waitFor()
      expect(await accountsOf(fronted.world)).toEqual([])

      await sendForm(page, person, code)
      const did = await creation.redeem(await authorize(page, client))
      expect(await accountsOf(fronted.world)).toEqual([did])
      expect(countersOf(fronted, code)).toEqual({ used: 1, reserved: 0 })
      expect(await invitedByOf(fronted, did)).toBe(code)
      await page.context().close()

      const { handle, password } = person
      const createSession = `${fronted.url}/xrpc/${com.atproto.server.createSession.$nsid}`
      expect(await postJson(createSession, { identifier: handle, password })).toMatchObject({ did, handle })

      const signIn = await client.ask('login')
      const later = await openPage(browser)
      await later.goto(signIn.pageUrl)
      await later.getByRole('button', { name: 'Sign in' }).click()
      await later.locator('input[name=username]').fill(handle)
      await later.locator('input[type=password]').fill(password)
      await later.locator('button[type=submit]').click()
      expect(await signIn.redeem(await authorize(later, client))).toBe(did)
      await later.context().close()
    },
  )
})

/** A window with no cookies. */
async function openPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-US' })
  return context.newPage()
}

async function chooseHandle(page: Page, { handle }: Person): Promise<void> {
  await page.locator('input[name=handle]').fill(handle.split('.')[0] ?? '')
  await page.getByRole('button', { name: 'Next' }).click()
}

async function sendForm(page: Page, { email, password }: Person, inviteCode: string): Promise<void> {
  await page.locator('input[name=inviteCode]').fill(inviteCode)
  await page.locator('input[name=email]').fill(email)
  await page.locator('input[name=password]').fill(password)
  await page.getByRole('button', { name: 'Sign up' }).click()
}

/** Lets the client in. @returns the address that the browser was sent back to */
async function authorize(page: Page, { redirectUri }: OAuthClient): Promise<URL> {
  await page.getByRole('button', { name: 'Authorize' }).click()
  await page.waitForURL((url) => url.href.startsWith(redirectUri))
  return new URL(page.url())
}
