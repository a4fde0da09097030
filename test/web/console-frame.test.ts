import { randomUUID } from 'node:crypto'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { app, com } from '../../src/lexicons/index.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { startChromium, withoutChromium } from '../support/chromium.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { giftCode, join, postAsAdmin } from '../support/members.ts'
import type { Member } from '../support/pds.ts'
import { pagesOf } from './browser.ts'
import { giveSession } from './member-session.ts'
import { openVisitor, type Visitor } from './visitor.ts'

const PHONE = { width: 360, height: 640 }

describe.skipIf(withoutChromium())('around the views of the console', { timeout: 60_000 }, () => {
  let fronted: FrontedWorld
  let web: string
  let browser: Browser
  /** A member and no operator. */
  let bob: Member

  beforeAll(async () => {
    fronted = await startFrontedWorld({ inviteInterval: '2s' })
    web = pagesOf(fronted.url)
    browser = await startChromium()
    await join(fronted, 'ada.test')
    bob = await join(fronted, 'bob.test')
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    await fronted?.[Symbol.asyncDispose]()
  })

  async function openAs(actor: string | null, options: BrowserContextOptions = {}): Promise<Visitor> {
    const visitor = await openVisitor(browser, web, options)
    if (actor !== null) await giveSession(fronted, visitor.page.context(), actor)
    return visitor
  }

  const show = (page: Page, view: string) => page.goto(`${web}/admin${view}`)

  async function guess(page: Page, password: string): Promise<void> {
    await show(page, '')
    await page.getByText('With the admin password').click()
    await page.getByLabel('Admin password').fill(password)
    await page.getByRole('button', { name: 'Sign in with the password' }).click()
  }

  const isInView = async (page: Page, name: string) => {
    const box = await page.getByRole('button', { name }).first().boundingBox()
    return box !== null && box.x >= 0 && box.x + box.width <= PHONE.width
  }

  test('a wrong password is told at its field, which has the focus', async () => {
    await using visitor = await openAs(null)
    const { page } = visitor
    await guess(page, 'wrong')
    const field = page.getByLabel('Admin password')
    await page.getByText('That is not the password.').waitFor()
    expect(await field.isVisible()).toBe(true)
    expect(await field.getAttribute('aria-invalid')).toBe('true')
    const described = (await field.getAttribute('aria-describedby')) ?? ''
    expect(await page.locator(`#${described}`).textContent()).toBe('That is not the password.')
    await expect.poll(() => field.evaluate((one) => one === document.activeElement)).toBe(true)
  })

  test('a member who is no operator is led to their invites', async () => {
    await using visitor = await openAs(bob.did)
    const { page } = visitor
    await show(page, '')
    await page.getByText('@bob.test is no operator of this server.').waitFor()
    await page.getByRole('link', { name: 'To my invites' }).click()
    await page.waitForURL(`${web}/invites`)
  })

  test('whose session is over is led to sign in again, to the view that they were at', async () => {
    await using visitor = await openAs('admin')
    const { page } = visitor
    await show(page, '/accounts')
    await page.getByRole('button', { name: 'Turn off invites of @bob.test' }).click()
    await page.context().clearCookies()
    await page.getByRole('dialog').getByRole('button', { name: 'Turn off' }).click()
    await page.getByText('You are not signed in any more.').waitFor()
    expect(await page.getByRole('link', { name: 'Sign in again' }).count()).toBe(1)
    await page.getByLabel('Find accounts').fill('bob')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('tbody tr').count()).toBe(0)
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0)
    await page.getByRole('link', { name: 'Sign in again' }).first().click()
    await page.getByText('With the admin password').waitFor()
    expect(page.url()).toBe(`${web}/admin/accounts`)
  })

  test('without scripts it is said that they are needed, and nothing seems to load', async () => {
    await using visitor = await openAs('admin', { javaScriptEnabled: false })
    const { page } = visitor
    await show(page, '')
    // Chromium with scripts switched off from outside does not draw it.
    expect(await page.locator('noscript').textContent()).toContain('The console needs scripts.')
    expect(await page.getByText('Loading …').isVisible()).toBe(false)
  })

  test('an attempt that let nobody in is not told as if that member had not joined', async () => {
    const inviteCode = await giftCode(fronted)
    const answer = await fetch(`${fronted.url}/xrpc/${com.atproto.server.createAccount.$nsid}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        handle: 'bob.test',
        email: 'else@mail.test',
        password: 'long-enough-22',
        inviteCode,
      }),
    })
    expect(answer.status).toBe(400)
    await using visitor = await openAs('admin')
    const { page } = visitor
    await show(page, '')
    const row = page.locator('tbody tr').filter({ hasText: 'wanted @bob.test' })
    await row.getByText('nobody came in').waitFor()
    expect(await page.getByText('Nobody is signing up right now.').count()).toBe(1)
  })

  test('an odd interval is told and kept in seconds', async () => {
    await using visitor = await openAs('admin')
    const { page } = visitor
    await show(page, '/policy')
    await page.getByText('Members earn one code every 2 seconds').waitFor()
    expect(await page.getByLabel('One code every').inputValue()).toBe('2')
    expect(await page.getByLabel('Unit').inputValue()).toBe('seconds')
  })

  test('creating codes says before what it makes', async () => {
    await using visitor = await openAs('admin')
    const { page } = visitor
    await show(page, '/codes')
    await page.getByRole('button', { name: 'Create codes' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('This makes 1 code good for one person, for the server.').waitFor()
    await dialog.getByLabel('How many codes').fill('30')
    await dialog.getByLabel('Good for how many people each').fill('5')
    await dialog.getByLabel('Owner').fill('bob.test')
    await dialog.getByText('This makes 30 codes, good for 150 people in all, for bob.test.').waitFor()
  })

  test('the log names who did what by handle, and finds them by it', async () => {
    await using other = await startFrontedWorld({ admins: 'did:plc:oooooooooooooooooooooooo' })
    const carl = await join(other, 'carl.test')
    const { $nsid } = app.latchkey.admin.setInvitesDisabled
    await postAsAdmin(other, $nsid, { accounts: [carl.did], disabled: true })
    const pages = pagesOf(other.url)
    await using visitor = await openVisitor(browser, pages)
    const { page } = visitor
    await giveSession(other, page.context(), 'admin')
    await page.goto(`${pages}/admin/log`)
    const events = page.getByRole('region', { name: 'Audit log' }).locator('tbody tr')
    await events.filter({ hasText: 'Invites of accounts disabled' }).getByText('@carl.test').waitFor()
    const search = async (name: string) => {
      await page.getByLabel('By whom').fill(name)
      await page.keyboard.press('Enter')
    }
    await search('@carl.test')
    await page.getByText('Nothing like that has been done.').waitFor()
    await using store = await openSqliteStore({ path: other.databasePath })
    const deed = { id: randomUUID(), at: Date.now(), actor: carl.did }
    await store.recordEvent({ ...deed, action: 'signIn', subject: carl.did, detail: {} })
    await search('carl.TEST')
    await events.filter({ hasText: 'Signed in' }).getByText('@carl.test').first().waitFor()
    expect(await events.count()).toBe(1)
    await search('carl.nowhere')
    await page.getByText('Nothing like that has been done.').waitFor()
  })

  test('on a phone, what can be done is seen without moving sideways, and what came of it comes into view', async () => {
    await using visitor = await openAs('admin', { viewport: PHONE })
    const { page } = visitor
    await postAsAdmin(fronted, app.latchkey.admin.createCodes.$nsid, { count: 30, uses: 1 })
    await show(page, '/log')
    await page.getByRole('button', { name: /^Undo/ }).first().waitFor()
    expect(await isInView(page, 'Undo: 30 codes created')).toBe(true)
    await show(page, '/accounts')
    await page.getByRole('button', { name: 'Turn off invites of @ada.test' }).waitFor()
    expect(await isInView(page, 'Turn off invites of @ada.test')).toBe(true)

    await show(page, '/codes')
    await page.getByLabel('Search').or(page.getByLabel('Code, account, handle or note')).first().waitFor()
    await page
      .getByRole('checkbox', { name: /^Select localhost/ })
      .last()
      .check()
    await page.getByRole('button', { name: 'Disable', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Disable', exact: true }).click()
    const link = page.getByRole('link', { name: 'See it in the log' })
    await link.waitFor()
    await expect
      .poll(async () => {
        const { y = -1, height = 0 } = (await link.boundingBox()) ?? {}
        return y >= 0 && y + height <= PHONE.height
      })
      .toBe(true)
    await page
      .getByText(/on this page$/)
      .and(page.getByRole('status'))
      .waitFor()
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('1 code disabled.')
  })
})
