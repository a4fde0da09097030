import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { app } from '../../src/lexicons/index.ts'
import { startChromium, withoutChromium } from '../support/chromium.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { join } from '../support/members.ts'
import { pagesOf } from './browser.ts'
import { giveSession } from './member-session.ts'
import { openVisitor } from './visitor.ts'

const OPERATOR = `did:plc:${'o'.repeat(24)}`
const { admin } = app.latchkey

describe.skipIf(withoutChromium())('a proxy that gives up', { timeout: 60_000 }, () => {
  let fronted: FrontedWorld
  let browser: Browser

  beforeAll(async () => {
    fronted = await startFrontedWorld({ inviteInterval: 'off', admins: OPERATOR })
    await join(fronted, 'ada.test')
    browser = await startChromium()
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    await fronted?.[Symbol.asyncDispose]()
  })

  async function openConsole(): Promise<Page> {
    const { page } = await openVisitor(browser, pagesOf(fronted.url))
    await giveSession(fronted, page.context(), OPERATOR)
    await page.goto(`${pagesOf(fronted.url)}/admin/codes`)
    return page
  }

  /** Between the browser and Latchkey somebody answers for it. */
  const giveUpOn = (page: Page, nsid: string, isMeant: (sent: string) => boolean = () => true) =>
    page.route(`**/xrpc/${nsid}*`, (route) =>
      isMeant(route.request().postData() ?? '')
        ? route.fulfill({ status: 504, contentType: 'text/html', body: '<h1>504 Gateway Time-out</h1>' })
        : route.continue(),
    )

  test('on a long action: it may still be going on, and the log tells', async () => {
    const page = await openConsole()
    await giveUpOn(page, admin.giveCodes.$nsid, (sent) => !sent.includes('"preview":true'))
    await page.getByRole('button', { name: 'Give to everyone' }).click()
    await page.getByRole('button', { name: 'See what it does' }).click()
    await page.getByRole('button', { name: /^Give 1 code/ }).click()
    await page.getByText('It may still be going on: look in the log').first().waitFor()
  })

  test('on a view: that it did not work, and a way to try again', async () => {
    const page = await openConsole()
    await giveUpOn(page, admin.listEvents.$nsid)
    await page.goto(`${pagesOf(fronted.url)}/admin/log`)
    await page.getByText('That did not work').first().waitFor()
    await page.unrouteAll()
    await page.getByRole('button', { name: 'Try again' }).first().click()
    await page.getByText('That did not work').waitFor({ state: 'detached' })
  })
})
