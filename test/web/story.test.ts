import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Program, startProgram } from '../cli/program.ts'
import { startChromium, withoutChromium } from '../support/chromium.ts'
import { authorize, signInAtPds } from './browser.ts'
import { openVisitor, type Visitor } from './visitor.ts'

/** What `latchkey dev --json` says. The first account is an administrator. */
interface Stack {
  readonly url: string
  readonly webUrl: string
  readonly accounts: readonly { readonly did: string; readonly handle: string; readonly password: string }[]
}

const GUEST = { name: 'grace', email: 'grace@mail.test', password: 'long-enough-22' }

describe.skipIf(withoutChromium())('with latchkey dev and nothing else', { timeout: 120_000 }, () => {
  let dev: Program
  let stack: Stack
  let browser: Browser

  beforeAll(async () => {
    dev = startProgram(['dev', '--port', '0', '--json', '--invite-interval', '1s'])
    await dev.untilSays(/"accounts".*\n/)
    stack = JSON.parse(dev.stdout()) as Stack
    browser = await startChromium()
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    await dev?.[Symbol.asyncDispose]()
  })

  test('a member invites, a guest comes in, and an operator switches a code off and on again', async () => {
    const [alice] = stack.accounts
    if (alice === undefined) throw new Error('latchkey dev has no accounts')
    await using member = await openWindow({ permissions: ['clipboard-read', 'clipboard-write'] })
    await signIn(member.page, '/invites', alice)
    const copy = member.page.getByRole('button', { name: /^Copy link/ }).first()
    await reloadUntil(member.page, () => copy.isVisible())
    await copy.click()
    const link = await member.page.evaluate(() => navigator.clipboard.readText())
    const code = link.slice(`${stack.webUrl}/join/`.length)
    expect(link).toBe(`${stack.webUrl}/join/${code}`)

    await using guest = await openWindow()
    await guest.page.goto(link)
    expect(await guest.page.locator('main').textContent()).toContain(alice.handle)
    await guest.page.locator('#name').fill(GUEST.name)
    await guest.page.locator('#email').fill(GUEST.email)
    await guest.page.locator('#password').fill(GUEST.password)
    await guest.page.getByRole('button', { name: 'Create account' }).click()
    await guest.page.waitForURL(`${link}/done`)
    const handle = `${GUEST.name}.test`
    expect(await guest.page.locator('main').textContent()).toContain(`@${handle}`)
    await signIn(guest.page, '/invites', { handle, password: GUEST.password })
    expect(await guest.page.getByRole('banner').textContent()).toContain(`@${handle}`)
    expect(await guest.page.locator('main').textContent()).toContain(`@${alice.handle}`)

    const people = member.page.locator('section').filter({ hasText: 'People you invited' })
    await reloadUntil(member.page, () => people.getByText(`@${handle}`).isVisible())

    // The code that the guest used is used up; another one is open.
    await reloadUntil(member.page, () => copy.isVisible())
    await copy.click()
    const other = (await member.page.evaluate(() => navigator.clipboard.readText())).split('/').at(-1) ?? ''
    expect(other).not.toBe(code)
    const doorOf = async () => (await fetch(`${stack.webUrl}/join/${other}`)).status

    await using operator = await openWindow()
    const { page } = operator
    await signIn(page, '/admin', alice)
    await page.getByRole('banner').getByRole('link', { name: 'localhost' }).click()
    await page.waitForURL(`${stack.webUrl}/invites`)
    await page.getByRole('link', { name: 'Console' }).click()
    await page.waitForURL(`${stack.webUrl}/admin`)
    await page.getByRole('navigation').getByRole('link', { name: 'Codes' }).click()
    await page.getByLabel('Code, account, handle or note').fill(other)
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByLabel(`Select ${other}`).check()
    await page.getByRole('button', { name: 'Disable', exact: true }).click()
    await inDialog(page, 'Disable').click()
    await page.locator('.notice').getByText('1 code disabled.').waitFor()
    expect(await doorOf()).toBe(404)

    await page.getByRole('link', { name: 'See it in the log' }).click()
    await page.getByRole('button', { name: /^Undo: 1 code disabled/ }).click()
    await inDialog(page, 'Undo').click()
    await page.locator('.notice').getByText('Undone. 1 is as before.').waitFor()
    expect(await doorOf()).toBe(200)

    const events = page.getByRole('region', { name: 'Audit log' }).locator('tbody tr')
    await events.filter({ hasText: 'Undone' }).waitFor()
    const lines = await events.allTextContents()
    for (const [index, deed] of ['Undone', 'Codes disabled'].entries()) {
      expect(lines[index]).toContain(`${deed}@${alice.handle}${alice.did}`)
    }
    for (const { complaints } of [member, guest, operator]) expect(complaints).toEqual([])
  })

  function openWindow(options: BrowserContextOptions = {}): Promise<Visitor> {
    return openVisitor(browser, stack.webUrl, options)
  }

  /** Signs in by the page's button and the PDS's own pages. */
  async function signIn(
    page: Page,
    path: string,
    account: Pick<Stack['accounts'][number], 'handle' | 'password'>,
  ): Promise<void> {
    await page.goto(stack.webUrl + path)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await signInAtPds(page, account)
    await authorize(page, stack.webUrl)
  }
})

/** What happened elsewhere is seen on the next visit. */
async function reloadUntil(page: Page, isThere: () => Promise<boolean>): Promise<void> {
  await expect
    .poll(async () => (await page.reload(), isThere()), { timeout: 30_000, interval: 500 })
    .toBe(true)
}

function inDialog(page: Page, name: string) {
  return page.getByRole('dialog').getByRole('button', { name, exact: true })
}
