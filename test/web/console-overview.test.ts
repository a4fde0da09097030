import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { app, com } from '../../src/lexicons/index.ts'
import { startChromium, withoutChromium } from '../support/chromium.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { codesOf, getAsAdmin, giftCode, join, setBirth } from '../support/members.ts'
import type { Member } from '../support/pds.ts'
import { pagesOf } from './browser.ts'
import { giveSession } from './member-session.ts'
import { openVisitor, type Visitor } from './visitor.ts'

const DAY = 86_400_000
const MODERATOR = 'did:plc:moderatormoderatormodera'

const PAUSED = 'We clean up. Back on Monday.'

describe.skipIf(withoutChromium())('the console', { timeout: 60_000 }, () => {
  let fronted: FrontedWorld
  let web: string
  let browser: Browser
  /** Invited by the operators; invited bob, who invited cleo. */
  let ada: Member

  beforeAll(async () => {
    fronted = await startFrontedWorld(
      { moderators: MODERATOR },
      {},
      { lookWhileSound: 100, lookWhileFaulty: 100 },
    )
    web = pagesOf(fronted.url)
    browser = await startChromium()
    ada = await join(fronted, 'ada.test')
    const bob = await join(fronted, 'bob.test', await giftCode(fronted, { forAccount: ada.did }))
    await join(fronted, 'cleo.test', await giftCode(fronted, { forAccount: bob.did }))
    await join(fronted, 'dax.test', await giftCode(fronted, { forAccount: ada.did }))
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    await fronted?.[Symbol.asyncDispose]()
  })

  /** Opens a window in which an operator is signed in. */
  async function openConsole(options: BrowserContextOptions = {}): Promise<Visitor> {
    const visitor = await openVisitor(browser, web, options)
    await giveSession(fronted, visitor.page.context(), 'admin')
    return visitor
  }

  const show = (page: Page, view: string) => page.goto(`${web}/admin${view}`)
  /** What stands on the page of what was done; screen readers are told besides. */
  const noticeOf = (page: Page, text: string) => page.locator('.notice').getByText(text)
  const rowOf = (page: Page, handle: string) =>
    page.locator('tbody tr').filter({ has: page.locator('td:first-child', { hasText: handle }) })

  const statusOf = () =>
    getAsAdmin<app.latchkey.admin.getStatus.$OutputBody>(fronted, app.latchkey.admin.getStatus.$nsid)
  const faultOf = async () => (await statusOf()).fault

  /** What somebody hears who signs up with a good code. */
  async function knock(handle: string): Promise<string> {
    const answer = await fetch(`${fronted.url}/xrpc/${com.atproto.server.createAccount.$nsid}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        handle,
        email: `${handle}@mail.test`,
        password: 'long-enough-22',
        inviteCode: await giftCode(fronted),
      }),
    })
    return answer.status === 200 ? 'welcome' : ((await answer.json()) as { message: string }).message
  }

  test('with the password, sign-ups are paused and opened again', async () => {
    await using visitor = await openVisitor(browser, web)
    const { page } = visitor
    await page.goto(`${web}/admin`)
    await page.getByText('With the admin password').click()
    await page.getByLabel('Admin password').fill(fronted.world.secrets.adminPassword)
    await page.getByRole('button', { name: 'Sign in with the password' }).click()

    await page.getByRole('heading', { name: 'Sign-ups are open' }).waitFor()
    await page.getByRole('button', { name: 'Pause sign-ups' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Keep them open' }).click()
    expect(await knock('elif.test')).toBe('welcome')

    await page.getByRole('button', { name: 'Pause sign-ups' }).click()
    await dialog.getByLabel('What people at the door are told').fill(PAUSED)
    await page.keyboard.press('Enter')
    await noticeOf(page, 'Sign-ups are paused now.').waitFor()
    await page.getByRole('heading', { name: 'Sign-ups are paused' }).waitFor()
    await page.getByText(PAUSED).waitFor()
    expect(await knock('finn.test')).toBe(PAUSED)

    await page.getByRole('button', { name: 'Resume sign-ups' }).click()
    await noticeOf(page, 'Sign-ups are open again.').waitFor()
    await page.getByRole('heading', { name: 'Sign-ups are open' }).waitFor()
    expect(await knock('finn.test')).toBe('welcome')
    expect(visitor.complaints).toEqual([])
    expect(visitor.strangers).toEqual([])
  })

  test('the chart says the number of each day, by arrow keys too', async () => {
    await using visitor = await openConsole()
    const { page } = visitor
    await show(page, '')
    const { days } = await statusOf()
    const today = days.at(-1)?.signUps ?? 0
    expect(today).toBeGreaterThan(3)
    const bars = page.getByRole('group', { name: 'Sign-ups per day' }).getByRole('img')
    await expect.poll(() => bars.count()).toBe(30)
    const told = page.locator('.chart-told')
    await bars.last().focus()
    expect(await told.textContent()).toMatch(new RegExp(`: ${today} sign-ups$`))
    expect(await bars.last().getAttribute('aria-label')).toBe(await told.textContent())
    await page.keyboard.press('ArrowLeft')
    expect(await told.textContent()).toMatch(/: 0 sign-ups$/)
    await page.keyboard.press('Tab')
    expect(await told.textContent()).toMatch(/in the last thirty days$/)
  })

  test('a fault that closes the doors is read before all else', async () => {
    const { cfg } = fronted.world.pds.pds.ctx
    const asItWas = cfg.invites
    onTestFinished(async () => {
      cfg.invites = asItWas
      await expect.poll(faultOf).toBeUndefined()
    })
    await using visitor = await openConsole()
    const { page } = visitor
    cfg.invites = { required: false }
    await expect.poll(faultOf).toContain('PDS_INVITE_REQUIRED=true')
    await show(page, '')
    const fault = page.getByRole('alert')
    await fault.getByText('Sign-ups are closed').waitFor()
    expect(await fault.textContent()).toContain('PDS_INVITE_REQUIRED=true')
    expect(await page.getByText('Sign-ups are open').count()).toBe(0)
  })

  test('an account’s invites are turned off with a note, and on again', async () => {
    await using visitor = await openConsole()
    const { page } = visitor
    await show(page, '/accounts')
    await page.getByLabel('Find accounts').fill('@BOB')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('tbody tr').count()).toBe(1)
    const row = rowOf(page, '@bob.test')
    expect(await row.locator('td').nth(2).textContent()).toContain('@ada.test')
    await row.getByRole('button', { name: 'Turn off invites of @bob.test' }).click()
    await page.getByRole('dialog').getByLabel('Note').fill('Sold codes')
    await page.keyboard.press('Enter')
    await noticeOf(page, 'Invites of @bob.test are off.').waitFor()
    await row.getByText('Note: Sold codes').waitFor()

    await page.reload()
    await row.getByText('Note: Sold codes').waitFor()
    await page.getByRole('link', { name: 'Log' }).click()
    await page.getByText('Sold codes').first().waitFor()

    await show(page, '/accounts')
    await row.getByRole('button', { name: 'Turn on invites of @bob.test' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Turn on' }).click()
    await noticeOf(page, 'Invites of @bob.test are on again.').waitFor()
    await row.getByRole('button', { name: 'Turn off invites of @bob.test' }).waitFor()

    await page.getByLabel('Find accounts').fill('nobody')
    await page.getByRole('button', { name: 'Find' }).click()
    await page.getByText('No account goes by “nobody”.').waitFor()
    await page.getByRole('button', { name: 'Show all accounts' }).click()
    await rowOf(page, '@ada.test').waitFor()
    expect(visitor.complaints).toEqual([])
  })

  test('the tree unfolds by keys, and leads from an account to those above it', async () => {
    await using visitor = await openConsole()
    const { page } = visitor
    await show(page, '/tree')
    const toggle = (handle: string) => page.getByRole('button', { name: handle, exact: true })
    const root = page.getByRole('listitem').filter({ has: toggle('@ada.test') })
    expect(await root.first().textContent()).toContain('invited 23 in the branch3 active')
    await toggle('@ada.test').focus()
    await page.keyboard.press('Enter')
    await toggle('@bob.test').waitFor()
    expect(await page.getByText('@cleo.test').count()).toBe(0)
    await page.keyboard.press('Tab')
    await expect.poll(() => toggle('@bob.test').evaluate((one) => one === document.activeElement)).toBe(true)
    await page.keyboard.press('Space')
    await page.getByText('@cleo.test').waitFor()
    expect(await toggle('@bob.test').getAttribute('aria-expanded')).toBe('true')
    await page.keyboard.press('Space')
    expect(await page.getByText('@cleo.test').count()).toBe(0)

    await page.getByLabel('Find an account in the tree').fill('cleo')
    await page.keyboard.press('Enter')
    await page.getByRole('navigation', { name: 'Found' }).getByText('@cleo.test').click()
    const way = page.getByRole('navigation', { name: 'The way to it' })
    await way.waitFor()
    expect(await way.getByRole('link').allTextContents()).toEqual([
      'All',
      '@ada.test',
      '@bob.test',
      '@cleo.test',
    ])
    await page.getByText('@cleo.test has invited nobody yet.').waitFor()
    await way.getByText('@bob.test').click()
    await page.getByText('invited 1', { exact: true }).waitFor()
    await way.getByText('All').click()
    await toggle('@ada.test').waitFor()

    await page.goto('about:blank')
    await show(page, '/tree#did:plc:nobodynobodynobodynobody')
    await page.getByText('This account is not known here.').waitFor()
    expect(visitor.complaints).toEqual([])
  })

  test('a policy is seen before it holds', async () => {
    await setBirth(fronted, ada.did, new Date(Date.now() - 22 * DAY))
    const earned = async () =>
      (await codesOf(fronted, ada)).filter(({ createdBy }) => createdBy === ada.did).length
    await using visitor = await openConsole()
    const { page } = visitor
    const preview = page.locator('.policy .notice')
    const look = () => page.getByRole('button', { name: 'See what it would do' }).click()
    await show(page, '/policy')
    await page.getByText('Nobody earns codes.').waitFor()
    await page.getByLabel('Members earn codes').check()
    await page.getByLabel('One code every').fill('3')
    await look()
    // Nobody has looked yet: the PDS was asked when they joined.
    await preview.getByText('This releases 1 code at once, for 1 member.').waitFor()
    expect(await earned()).toBe(0)
    await page.getByRole('button', { name: 'Change it for everybody' }).click()
    await page.getByText('Members earn one code every 3 weeks, up to 5 open ones at a time.').waitFor()
    expect(await earned()).toBe(1)

    await page.getByLabel('One code every').fill('1')
    await look()
    await preview.getByText('This releases 2 codes at once, for 1 member.').waitFor()
    await page.getByLabel('One code every').fill('2')
    expect(await preview.count()).toBe(0)
    await page.getByLabel('One code every').fill('1')
    await look()
    await page.getByRole('button', { name: 'Change it for everybody' }).click()
    await noticeOf(page, 'Changed. It holds from now on.').waitFor()
    await page.getByText('Members earn one code every week').waitFor()
    expect(await earned()).toBe(3)
    expect(visitor.complaints).toEqual([])
  })

  test('what settings write can be changed only there', async () => {
    await using written = await startFrontedWorld({ inviteInterval: '7d' })
    const pages = pagesOf(written.url)
    await using visitor = await openVisitor(browser, pages)
    const { page } = visitor
    await giveSession(written, page.context(), 'admin')
    await page.goto(`${pages}/admin/policy`)
    await page.getByText('start: LATCHKEY_INVITE_INTERVAL. What they write').waitFor()
    expect(await page.getByLabel('One code every').isDisabled()).toBe(true)
    await page.getByLabel('Open codes at most').fill('9')
    await page.getByRole('button', { name: 'See what it would do' }).click()
    await page.getByRole('button', { name: 'Change it for everybody' }).click()
    await page.getByText('up to 9 open ones at a time').waitFor()
  })

  test('a moderator is offered what moderators may do', async () => {
    await using visitor = await openVisitor(browser, web)
    const { page } = visitor
    await giveSession(fronted, page.context(), MODERATOR)
    await show(page, '')
    await page.getByRole('heading', { name: 'Sign-ups are open' }).waitFor()
    expect(await page.getByRole('button', { name: 'Pause sign-ups' }).count()).toBe(0)
    await show(page, '/policy')
    await page.getByText(/^Members earn one code|^Nobody earns codes/).waitFor()
    expect(await page.getByRole('button', { name: 'See what it would do' }).count()).toBe(0)
    await show(page, '/accounts')
    const row = rowOf(page, '@dax.test')
    await row.getByRole('button', { name: 'Turn off invites of @dax.test' }).click()
    await page.getByRole('dialog').getByLabel('Note').fill('For administrators')
    await page.getByRole('dialog').getByRole('button', { name: 'Turn off' }).click()
    await noticeOf(page, 'Invites of @dax.test are off.').waitFor()
    expect(await row.getByRole('button').count()).toBe(0)
    expect(await page.getByText('For administrators').count()).toBe(0)
    expect(visitor.complaints).toEqual([])
  })

  test.each(['/codes', '/policy', '/log'])(
    'in a small window too, %s is seen among the views',
    async (view) => {
      await using visitor = await openConsole({ viewport: { width: 360, height: 740 } })
      const { page } = visitor
      await show(page, view)
      const current = page.locator('.views [aria-current]')
      expect(await current.getAttribute('href')).toBe(`/admin${view}`)
      const isSeen = async () => {
        const { x, width } = (await current.boundingBox()) ?? { x: -1, width: 0 }
        return x >= 0 && x + width <= 360
      }
      await expect.poll(isSeen).toBe(true)
      expect(await page.evaluate(() => window.scrollY)).toBe(0)
      expect(visitor.complaints).toEqual([])
    },
  )
})
