import { readFile } from 'node:fs/promises'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { app } from '../../src/lexicons/index.ts'
import { startChromium, withoutChromium } from '../support/chromium.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { giftCode, join, postAsAdmin } from '../support/members.ts'
import { pagesOf } from './browser.ts'
import { giveSession } from './member-session.ts'
import { openVisitor, type Visitor } from './visitor.ts'

/** An administrator and a moderator, whom nobody but the settings needs to know. */
const OPERATOR = `did:plc:${'o'.repeat(24)}`
const MODERATOR = `did:plc:${'m'.repeat(24)}`

describe.skipIf(withoutChromium())('the codes of the console', { timeout: 60_000 }, () => {
  let fronted: FrontedWorld
  let web: string
  let browser: Browser

  beforeAll(async () => {
    fronted = await startFrontedWorld({ inviteInterval: 'off', admins: OPERATOR, moderators: MODERATOR })
    web = pagesOf(fronted.url)
    browser = await startChromium()
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    await fronted?.[Symbol.asyncDispose]()
  })

  /** Opens a window in which an operator is signed in. */
  async function openConsole(options: BrowserContextOptions = {}, actor = OPERATOR): Promise<Visitor> {
    const visitor = await openVisitor(browser, web, options)
    await giveSession(fronted, visitor.page.context(), actor)
    await visitor.page.goto(`${web}/admin`)
    return visitor
  }

  /** Makes codes as if they had been made before. */
  async function make(input: object): Promise<readonly string[]> {
    const answer = await postAsAdmin(fronted, app.latchkey.admin.createCodes.$nsid, input)
    const { codes } = (await answer.json()) as app.latchkey.admin.createCodes.$OutputBody
    return codes
  }

  async function lookFor(page: Page, query: string): Promise<void> {
    await page.getByLabel('Code, account, handle or note').fill(query)
    await page.getByRole('button', { name: 'Search' }).click()
  }

  /** The status of an invite's page: 200 for a code that lets somebody in. */
  const doorOf = async (code: string) => (await fetch(`${web}/join/${code}`)).status
  const rows = (page: Page, table: string) => page.getByRole('region', { name: table }).locator('tbody tr')
  /** What stands on the page of what was done; screen readers are told besides. */
  const noticeOf = (page: Page, text: string) => page.locator('.notice').getByText(text)
  const inDialog = (page: Page, name: string) =>
    page.getByRole('dialog').getByRole('button', { name, exact: true })

  test('made, found, disabled, undone, and read of in the log', async () => {
    await using visitor = await openConsole()
    const { page } = visitor
    const urls: string[] = []
    page.on('request', (request) => urls.push(request.url()))

    await page.getByRole('link', { name: 'Codes', exact: true }).click()
    await page.getByText('There are no codes yet.').waitFor()
    const create = page.getByRole('button', { name: 'Create codes' })
    await create.click()
    await page.getByLabel('How many codes').fill('3')
    await page.getByLabel('Good for how many people each').fill('2')
    await page.getByRole('dialog').getByLabel('Note').fill('For the book club')
    await inDialog(page, 'Create').click()
    await page.getByRole('dialog').getByText('3 codes created.').waitFor()
    const made = await page.getByRole('dialog').locator('code').allTextContents()
    expect(made).toHaveLength(3)
    await inDialog(page, 'Done').click()
    await expectFocus(create)
    await expect.poll(() => rows(page, 'Invite codes').count()).toBe(3)

    const [code = ''] = made
    await lookFor(page, code.slice(-11))
    await expect.poll(() => rows(page, 'Invite codes').count()).toBe(1)
    const row = rows(page, 'Invite codes').first()
    expect(await row.textContent()).toContain(`${code}opengifted0 of 2the operator`)
    await row.getByRole('button', { name: code }).click()
    await page.getByRole('dialog').getByText('Nobody yet. Send somebody the link.').waitFor()
    await page.keyboard.press('Escape')
    await row.getByLabel(`Select ${code}`).check()
    await page.getByRole('button', { name: 'Disable', exact: true }).click()
    await page.getByText('1 code lets nobody in from then on.').waitFor()
    expect(await doorOf(code)).toBe(200)
    await page.getByRole('dialog').getByLabel('Note').fill('It leaked')
    await inDialog(page, 'Disable').click()
    await noticeOf(page, '1 code disabled.').waitFor()
    expect(await doorOf(code)).toBe(404)
    await row.getByText('disabled').waitFor()

    await page.getByRole('link', { name: 'See it in the log' }).click()
    const batch = rows(page, 'Actions on codes and accounts').filter({ hasText: '1 code disabled' })
    await batch.getByText('It leaked').waitFor()
    await batch.getByRole('button', { name: /^Undo: 1 code disabled/ }).click()
    await page.getByText('1 code will work as before.').waitFor()
    expect(await doorOf(code)).toBe(404)
    await inDialog(page, 'Undo').click()
    await noticeOf(page, 'Undone. 1 is as before.').waitFor()
    await batch.getByText('undone', { exact: true }).waitFor()
    expect(await doorOf(code)).toBe(200)

    const events = rows(page, 'Audit log')
    await events.filter({ hasText: 'Undone' }).waitFor()
    const lines = await events.allTextContents()
    for (const [index, deed] of ['Undone', 'Codes disabled', 'Codes created'].entries()) {
      expect(lines[index]).toContain(`${deed}${OPERATOR}`)
    }
    await page.getByLabel('What').selectOption({ label: 'Codes disabled' })
    await expect.poll(() => events.count()).toBe(1)
    expect(await events.textContent()).toContain(code)
    await events.locator('summary').click()
    expect(await events.getByText('It leaked').isVisible()).toBe(true)

    // A code is a key, and addresses are kept in many places.
    expect(urls.filter((url) => made.some((one) => url.includes(one.slice(-11))))).toEqual([])
    expect(visitor.complaints).toEqual([])
    expect(visitor.strangers).toEqual([])
  })

  test('one that leaked is replaced by one with the uses that are left, and says who joined', async () => {
    const ada = await join(fronted, 'ada.test')
    const code = await giftCode(fronted, { useCount: 4, forAccount: ada.did })
    await join(fronted, 'hana.test', code)
    await using visitor = await openConsole()
    const { page } = visitor
    await page.goto(`${web}/admin/codes`)
    await lookFor(page, code)
    await page.getByRole('button', { name: code }).click()
    await page.getByRole('dialog').getByText('@hana.test').waitFor()
    // What is left is what is left now, and not when the list was read.
    await join(fronted, 'ines.test', code)
    await inDialog(page, 'Replace').click()
    await page.getByText('good for the 2 people that this one has left').waitFor()
    await inDialog(page, 'Replace').click()
    await page.getByText('Joined with the old code').waitFor()
    const fresh = (await page.getByRole('dialog').locator('code').textContent()) ?? ''
    expect(await page.getByRole('dialog').getByText('@hana.test').isVisible()).toBe(true)
    expect([await doorOf(code), await doorOf(fresh)]).toEqual([404, 200])
    await inDialog(page, 'Done').click()
    await lookFor(page, 'ada.test')
    const row = rows(page, 'Invite codes').filter({ hasText: fresh })
    expect(await row.textContent()).toContain('0 of 2@ada.test')
  })

  test('everybody is given some, and nobody before the numbers were seen', async () => {
    await join(fronted, 'otis.test')
    await join(fronted, 'iris.test')
    await using visitor = await openConsole()
    const { page } = visitor
    await page.goto(`${web}/admin/codes`)
    const ofOtis = async () => {
      const answer = await postAsAdmin(fronted, app.latchkey.admin.listCodes.$nsid, { query: 'otis.test' })
      return ((await answer.json()) as app.latchkey.admin.listCodes.$OutputBody).codes.length
    }
    await page.getByRole('button', { name: 'Give to everyone' }).click()
    await page.getByLabel('Codes for each account').fill('2')
    await inDialog(page, 'See what it does').click()
    const told = await page.getByRole('dialog').getByText('Members see them right away').textContent()
    const [, codes, accounts] = /^(\d+) codes for (\d+) accounts/.exec(told ?? '') ?? []
    expect(Number(accounts)).toBeGreaterThanOrEqual(2)
    expect(Number(codes)).toBe(2 * Number(accounts))
    expect(await ofOtis()).toBe(0)
    await inDialog(page, `Give ${codes} codes`).click()
    await noticeOf(page, `${codes} codes given to ${accounts} accounts.`).waitFor()
    expect(await ofOtis()).toBe(2)
  })

  test('undoing says what it leaves alone, and leaves it alone', async () => {
    const [used = '', free = ''] = await make({ count: 2, uses: 2, note: 'half used' })
    await join(fronted, 'early.test', used)
    await using visitor = await openConsole()
    const { page } = visitor
    await page.goto(`${web}/admin/log`)
    const batch = rows(page, 'Actions on codes and accounts').filter({ hasText: 'half used' })
    await batch.getByRole('button').click()
    await page.getByText('1 code will let nobody in any more.').waitFor()
    await page.getByText('1 was used or changed since, and stays as it is.').waitFor()
    await inDialog(page, 'Undo').click()
    await noticeOf(page, 'Undone. 1 is as before. 1 was changed since and stays as it is.').waitFor()
    expect([await doorOf(used), await doorOf(free)]).toEqual([200, 404])
  })

  test('many are paged through, selected by the page, and exported', async () => {
    const made = await make({ count: 60, uses: 1, note: 'badges' })
    await using visitor = await openConsole()
    const { page } = visitor
    await page.goto(`${web}/admin/codes`)
    await lookFor(page, 'badges')
    const codes = rows(page, 'Invite codes')
    await expect.poll(() => codes.filter({ hasText: 'badges' }).count()).toBe(50)
    const pager = page.getByRole('navigation', { name: 'Pages: Invite codes' })
    await pager.getByRole('button', { name: 'Next' }).click()
    await expect.poll(() => codes.count()).toBe(10)
    expect(await pager.getByText('Page 2').isVisible()).toBe(true)
    await page.getByLabel('Select all on this page').check()
    await page.getByRole('button', { name: 'Disable', exact: true }).click()
    await inDialog(page, 'Disable').click()
    await noticeOf(page, '10 codes disabled.').waitFor()
    await page.getByLabel('State').selectOption({ label: 'open' })
    await expect.poll(() => codes.filter({ hasText: 'badges' }).count()).toBe(50)
    await pager.waitFor({ state: 'detached' })

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Export as CSV' }).click(),
    ])
    const lines = (await readFile(await download.path(), 'utf8')).split('\r\n')
    expect(lines[0]).toMatch(/^code,state,kind,owner/)
    expect(lines.filter((line) => made.some((code) => line.startsWith(`${code},`)))).toHaveLength(60)
  })

  test('an owner whom nobody knows is said so, and nothing is made', async () => {
    await using visitor = await openConsole()
    const { page } = visitor
    await page.goto(`${web}/admin/codes`)
    await page.getByRole('button', { name: 'Create codes' }).click()
    await page.getByRole('dialog').getByLabel('Owner').fill('nobody.test')
    await page.getByRole('dialog').getByLabel('Note').fill('for nobody')
    await inDialog(page, 'Create').click()
    await page.getByRole('alert').getByText('No account of this server is called that.').waitFor()
    await page.keyboard.press('Escape')
    await lookFor(page, 'for nobody')
    await page.getByText('No code is like that.').waitFor()
    await page.getByRole('button', { name: 'Show all codes' }).click()
    await rows(page, 'Invite codes').first().waitFor()
    expect(await page.getByLabel('Code, account, handle or note').inputValue()).toBe('')
  })

  test('a moderator looks and disables, and is offered nothing else', async () => {
    const [open = '', disabled = ''] = await make({ count: 2, uses: 1, note: 'for the moderator' })
    await using visitor = await openConsole({}, MODERATOR)
    const { page } = visitor
    const buttons = (within: Locator) => within.getByRole('button').allTextContents()
    await page.goto(`${web}/admin/codes`)
    await lookFor(page, 'for the moderator')
    await page.getByLabel(`Select ${disabled}`).check()
    await page.getByRole('button', { name: 'Disable', exact: true }).click()
    await inDialog(page, 'Disable').click()
    await noticeOf(page, '1 code disabled.').waitFor()
    await page.getByLabel('Select all on this page').check()
    const offered = async () =>
      [...(await buttons(page.getByRole('main'))), ...(await links(page))].toSorted()
    const all = [disabled, open, 'Disable', 'Search', 'See it in the log']
    await expect.poll(offered).toEqual(all.toSorted())
    for (const [code, each] of [
      [open, ['', 'Copy code', 'Copy link', 'Disable']],
      [disabled, ['', 'Copy code', 'Copy link']],
    ] as const) {
      await page.getByRole('button', { name: code }).click()
      await expect.poll(() => buttons(page.getByRole('dialog'))).toEqual(each)
      await page.keyboard.press('Escape')
    }
    await page.goto(`${web}/admin/log`)
    await rows(page, 'Actions on codes and accounts').first().waitFor()
    expect(await page.getByRole('button', { name: 'Undo' }).count()).toBe(0)
  })
})

async function expectFocus(place: Locator): Promise<void> {
  await expect.poll(() => place.evaluate((element) => element === document.activeElement)).toBe(true)
}

/** Where a view leads, but for the other views. */
function links(page: Page): Promise<readonly string[]> {
  return page.locator('main a:not(.views a)').allTextContents()
}
