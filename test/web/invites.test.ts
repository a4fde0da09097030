import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { app, com } from '../../src/lexicons/index.ts'
import { startChromium, withoutChromium } from '../support/chromium.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { giftCode, join, postAsAdmin, setBirth } from '../support/members.ts'
import type { Member } from '../support/pds.ts'
import { authorize, pagesOf, signInAtPds } from './browser.ts'
import { giveSession } from './member-session.ts'
import { PNG, showProfile } from './profiles.ts'
import { openVisitor, type Visitor } from './visitor.ts'

const HOUR = 3_600_000

describe.skipIf(withoutChromium())("the page of a member's invites", () => {
  const running = new AsyncDisposableStack()
  let fronted: FrontedWorld
  let web: string
  let browser: Browser
  let ada: Member

  beforeAll(async () => {
    fronted = running.use(await startFrontedWorld({ inviteInterval: '1h', fresh: 'true' }))
    fronted.world.pds.pds.ctx.cfg.service.contactEmailAddress = 'door@harbor.example'
    web = pagesOf(fronted.url)
    ada = await join(fronted, 'ada.test')
    browser = await startChromium()
    // First the browser: it keeps connections open, which servers wait for.
    running.defer(() => browser.close())
  })

  afterAll(() => running.disposeAsync())

  /** Opens the page as a member. */
  async function openAs(
    member: Member,
    options: BrowserContextOptions = {},
    prepare: (page: Page) => Promise<unknown> = async () => {},
  ): Promise<Visitor> {
    const visitor = await openVisitor(browser, web, options)
    await giveSession(fronted, visitor.page.context(), member.did)
    await prepare(visitor.page)
    await visitor.page.goto(`${web}/invites`)
    return visitor
  }

  function gift(to: Member, useCount = 1): Promise<string> {
    return giftCode(fronted, { forAccount: to.did, useCount })
  }

  /** A code that nobody came with before it ended. */
  async function expiringCode({ did }: Member): Promise<string> {
    const body = { count: 1, uses: 1, owner: did, expiresAt: new Date(Date.now() + 1000).toISOString() }
    const answer = await postAsAdmin(fronted, app.latchkey.admin.createCodes.$nsid, body)
    const { codes } = (await answer.json()) as app.latchkey.admin.createCodes.$OutputBody
    return codes[0] ?? ''
  }

  test('explains itself to whoever is not signed in, and lets them in with one button', async () => {
    await using visitor = await openVisitor(browser, web)
    const { page } = visitor
    await page.goto(`${web}/invites`)
    expect(await headingOf(page)).toBe('Invite somebody')
    expect(await page.getByText('Members of localhost bring in the people they know.').isVisible()).toBe(true)
    expect(await page.locator('input:visible').count()).toBe(0)
    expect(await page.getByRole('button').count()).toBe(1)
    expect(await page.getByText("You type your password on localhost's own sign-in page.").isVisible()).toBe(
      true,
    )
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL((url) => url.origin === fronted.url)
    await signInAtPds(page, ada)
    await authorize(page, web)
    expect(await headingOf(page)).toBe('No invite to give right now')
    expect(await page.getByText('@ada.test').isVisible()).toBe(true)
    expect(await page.getByRole('link', { name: 'Console' }).count()).toBe(0)

    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.getByRole('heading', { name: 'Invite somebody' }).waitFor()
  })

  test('shows each invite with its link, which can be copied, shared and scanned', async () => {
    const bela = await join(fronted, 'bela.test')
    const [single, triple] = [await gift(bela), await gift(bela, 3)]
    await using visitor = await openAs(bela, { permissions: ['clipboard-read', 'clipboard-write'] }, (page) =>
      page.addInitScript(sharingBrowser),
    )
    const { page } = visitor
    expect(await page.title()).toBe('My invites · localhost')
    expect(await headingOf(page)).toBe('2 invites to give')
    expect(await page.getByText('Good for 4 people at localhost.').isVisible()).toBe(true)
    expect(await page.getByText('Good for 3 people').isVisible()).toBe(true)

    const links = [single, triple].map((code) => `${web}/join/${code}`)
    const copied: string[] = []
    for (const code of [single, triple]) {
      await page.getByRole('button', { name: `Copy link: ${code}` }).click()
      copied.push(await page.evaluate(() => navigator.clipboard.readText()))
    }
    expect(copied).toEqual(links)
    for (const code of [triple, single]) {
      await page.getByRole('button', { name: `Share: ${code}` }).click()
      const shared = await page.evaluate(() => (globalThis as unknown as { shared: unknown }).shared)
      expect(shared).toMatchObject({ url: `${web}/join/${code}` })
    }
    const ticket = page.locator('.ticket').first()
    await ticket.getByRole('button', { name: `Copy code: ${triple}` }).click()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(triple)
    await page.setViewportSize({ width: 360, height: 740 })
    expect(await ticket.getByRole('img', { name: `QR code of ${links[1]}` }).isVisible()).toBe(true)

    await page.getByRole('button', { name: `Show QR code: ${single}` }).click()
    const dialog = page.getByRole('dialog', { name: 'Scan it to join' })
    expect(await dialog.getByRole('img', { name: `QR code of ${links[0]}` }).isVisible()).toBe(true)
    await dialog.getByRole('button', { name: 'Copy code' }).click()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(single)
    await page.keyboard.press('Escape')
    expect(await dialog.isVisible()).toBe(false)
    expect(visitor.complaints).toEqual([])
    expect(visitor.strangers).toEqual([])
  })

  test('shows its links without scripts too, and no button that would do nothing', async () => {
    const cleo = await join(fronted, 'cleo.test')
    const codes = [await gift(cleo), await gift(cleo)]
    await join(fronted, 'cleos-guest.test', await gift(cleo))
    await using visitor = await openAs(cleo, { javaScriptEnabled: false })
    const { page } = visitor
    // By class: what is in `noscript` is not looked through for text.
    const links = page.locator('.invite-link')
    expect((await links.allInnerTexts()).toSorted()).toEqual(
      codes.map((code) => `${web}/join/${code}`).toSorted(),
    )
    for (const link of await links.all()) expect(await link.isVisible()).toBe(true)
    const picture = page.getByRole('listitem').filter({ hasText: 'cleos-guest' }).locator('img')
    await expect.poll(() => widthOf(picture)).toBe(1)
    const buttons = await page.locator('button:visible').allTextContents()
    expect(buttons).toEqual(['Sign out', 'Sign out everywhere'])
  })

  test('keeps the name that a member gives to an invite', async () => {
    const dana = await join(fronted, 'dana.test')
    const code = await gift(dana)
    await using visitor = await openAs(dana)
    const { page } = visitor
    await page.getByRole('button', { name: `Name it: ${code}` }).click()
    await page.keyboard.type('For Tom <from the choir>')
    await page.keyboard.press('Enter')
    await page.getByText('Named: For Tom <from the choir>.').first().waitFor()
    await page.getByRole('button', { name: `Change the name: ${code}` }).waitFor()
    await page.reload()
    expect(await page.getByText('For Tom <from the choir>', { exact: true }).isVisible()).toBe(true)
    expect(await (await fetch(`${web}/join/${code}`)).text()).not.toContain('choir')
    await page.getByRole('button', { name: `Change the name: ${code}` }).click()
    await page.getByLabel('A name for this invite').fill('')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Name taken away.').first().waitFor()
    expect(visitor.complaints).toEqual([])
  })

  test('switches an invite off when that is confirmed, and gives another for it', async () => {
    const ezra = await join(fronted, 'ezra.test')
    const code = await gift(ezra)
    const made = new Date().toISOString()
    await using visitor = await openAs(ezra)
    const { page } = visitor
    const ask = () => page.getByRole('button', { name: `Switch off: ${code}` }).click()
    await ask()
    await page.getByRole('button', { name: 'Keep it' }).click()
    expect((await fetch(`${web}/join/${code}`)).status).toBe(200)

    await ask()
    await page.getByRole('button', { name: 'Switch off', exact: true }).click()
    await page.getByText('Switched off. Here is another one.').first().waitFor()
    expect((await fetch(`${web}/join/${code}`)).status).toBe(404)
    expect(await headingOf(page)).toBe('1 invite to give')
    const other = await page.locator('.ticket-code').first().textContent()
    expect(other).not.toBe(code)
    expect((await fetch(`${web}/join/${other}`)).status).toBe(200)

    await page.getByText('Ended without a guest').click()
    const ended = page.getByRole('listitem').filter({ hasText: code })
    expect(await ended.locator('.ticket-stub').textContent()).toBe('switched off')
    const since = ended.getByText('Switched off on').locator('time')
    expect(((await since.getAttribute('datetime')) ?? '') > made).toBe(true)
  })

  test('says what came of it where one is, on a phone and far down, and can be gone on from', async () => {
    const mona = await join(fronted, 'mona.test')
    const codes: string[] = []
    for (const _ of Array(12).keys()) codes.push(await gift(mona))
    await using visitor = await openAs(mona, { viewport: { width: 360, height: 640 } })
    const { page } = visitor
    await choose(page, 'Switch off', codes[0])
    await page.getByRole('button', { name: 'Switch off', exact: true }).click()
    const notice = page.locator('.outcome', { hasText: 'Switched off.' })
    await notice.waitFor()
    expect(await page.evaluate(() => globalThis.scrollY)).toBeGreaterThan(0)
    const box = await notice.boundingBox()
    expect(box?.y).toBeGreaterThanOrEqual(0)
    expect(box?.y).toBeLessThan(640)
    expect(await notice.evaluate((place) => place === document.activeElement)).toBe(true)
    await notice.getByRole('button', { name: 'Dismiss' }).click()
    expect(await notice.count()).toBe(0)
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
  })

  test('says that an invite is switched off where the page can not be brought up to date', async () => {
    const nell = await join(fronted, 'nell.test')
    const code = await gift(nell)
    await using visitor = await openAs(nell)
    const { page } = visitor
    await page.route(`**/xrpc/${app.latchkey.getInvites.$nsid}`, (route) => route.abort())
    await page.getByRole('button', { name: `Switch off: ${code}` }).click()
    await page.getByRole('button', { name: 'Switch off', exact: true }).click()
    await page.getByText('This page could not be brought up to date.').waitFor()
    expect((await fetch(`${web}/join/${code}`)).status).toBe(404)
    await page.getByRole('link', { name: 'Reload it' }).click()
    await page.locator('.ticket-code').first().waitFor()
    expect(await page.locator('.ticket-code').first().textContent()).not.toBe(code)
  })

  test('folds what is done seldom away, and closes it again', async () => {
    const omar = await join(fronted, 'omar.test')
    const [code] = [await gift(omar), await gift(omar)]
    await using visitor = await openAs(omar)
    const { page } = visitor
    const item = page.getByRole('button', { name: `Name it: ${code}` })
    const menu = page.getByLabel(`More: ${code}`)
    await menu.click()
    await page.keyboard.press('Escape')
    expect(await item.isVisible()).toBe(false)
    await menu.click()
    await page.getByRole('heading', { level: 1 }).click()
    expect(await item.isVisible()).toBe(false)
    await choose(page, 'Name it', code)
    await page.keyboard.press('Escape')
    expect(await item.isVisible()).toBe(false)
    expect(await menu.evaluate((place) => place === document.activeElement)).toBe(true)
  })

  test('says so when the member is signed out meanwhile, and changes nothing', async () => {
    const fay = await join(fronted, 'fay.test')
    const code = await gift(fay)
    await using visitor = await openAs(fay)
    const { page } = visitor
    await page.context().clearCookies()
    await page.getByRole('button', { name: `Switch off: ${code}` }).click()
    await page.getByRole('button', { name: 'Switch off', exact: true }).click()
    await page.getByText('You are not signed in any more.').waitFor()
    expect((await fetch(`${web}/join/${code}`)).status).toBe(200)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Invite somebody' }).waitFor()
  })

  test('shows who came with which invite, and who invited the member', async () => {
    const gita = await join(fronted, 'gita.test', await gift(ada))
    const [first, second] = [await gift(gita), await gift(gita)]
    const hugo = await join(fronted, 'hugo.test', first)
    await showProfile(fronted, hugo, { displayName: 'Hugo', picture: PNG })
    await join(fronted, 'ines.test', second)
    await using visitor = await openAs(gita)
    const { page } = visitor
    const people = page.locator('section', { hasText: 'People you invited' })
    const tickets = people.locator('.ticket')
    expect(await people.getByRole('link').allTextContents()).toEqual(['@ines.test', '@hugo.test'])
    const link = page.getByRole('link', { name: 'The profile of @hugo.test' })
    expect(await link.getAttribute('href')).toBe(`https://bsky.app/profile/${hugo.did}`)
    const usedByHugo = tickets.last()
    expect(await usedByHugo.locator('.ticket-code').textContent()).toBe(first)
    expect(await usedByHugo.locator('.ticket-stub').textContent()).toBe('used')
    expect(await usedByHugo.locator('img').isVisible()).toBe(true)
    const today = new Date().toISOString().slice(0, 10)
    expect(await usedByHugo.locator('time').getAttribute('datetime')).toContain(today)
    expect(await usedByHugo.getByRole('button').count()).toBe(0)
    expect(await page.getByText('You were invited by').textContent()).toBe('You were invited by @ada.test')
    expect(visitor.complaints).toEqual([])
    expect(visitor.strangers).toEqual([])
  })

  test('shows every code as a ticket, whatever became of it, and offers nothing that it can not do any more', async () => {
    const mimi = await join(fronted, 'mimi.test')
    const expiring = await expiringCode(mimi)
    const [party, newest] = [await gift(mimi, 9), await gift(mimi)]
    for (const guest of Array(6).keys()) await join(fronted, `party-${guest}.test`, party)
    await expect.poll(async () => (await fetch(`${web}/join/${expiring}`)).status).toBe(404)
    await using visitor = await openAs(mimi)
    const { page } = visitor
    const ticketOf = (code: string) => page.locator('.ticket').filter({ hasText: code })
    expect(await page.locator('.ticket').count()).toBe(3)
    expect(await page.locator('.ticket').first().textContent()).toContain(newest)

    const open = ticketOf(party)
    const buttons = await open.locator('.ticket-stub button').allTextContents()
    expect(buttons).toEqual(['Copy link', ''])
    expect(await open.getByText('Good for 3 people').isVisible()).toBe(true)
    expect(await open.getByRole('link', { name: 'The profile of @party-5.test' }).isVisible()).toBe(true)
    const eldest = open.getByRole('link', { name: 'The profile of @party-0.test' })
    expect(await eldest.isVisible()).toBe(false)
    await open.getByText('1 more').click()
    expect(await eldest.isVisible()).toBe(true)

    const ended = ticketOf(expiring)
    expect(await ended.isVisible()).toBe(false)
    await page.getByText('Ended without a guest').click()
    expect(await ended.locator('.ticket-stub').textContent()).toBe('expired')
    expect(await ended.getByText('Expired on').isVisible()).toBe(true)
    expect(await ended.getByRole('button').count()).toBe(0)
    expect(visitor.complaints).toEqual([])
  })

  test('says to whoever has none when the next comes, or why none does and who can give some', async () => {
    const juno = await join(fronted, 'juno.test')
    const birth = new Date(Date.now() - HOUR / 2)
    await setBirth(fronted, juno.did, birth)
    {
      await using visitor = await openAs(juno)
      const { page } = visitor
      expect(await headingOf(page)).toBe('No invite to give right now')
      const next = page.getByText('Next invite on').locator('time')
      expect(await next.getAttribute('datetime')).toBe(new Date(birth.getTime() + HOUR).toISOString())
      expect(await next.textContent()).toMatch(/^[A-Z][a-z]{2} \d+, \d{4}, \d+:\d\d\s[AP]M UTC$/)
      expect(await page.getByText('Nobody has come with an invite of yours yet.').isVisible()).toBe(true)
      expect(await page.getByText('As soon as you have one, send its link').isVisible()).toBe(true)
      expect(await page.getByText('Copy a link above').count()).toBe(0)
    }
    await postAsAdmin(fronted, com.atproto.admin.disableAccountInvites.$nsid, { account: juno.did })
    await using visitor = await openAs(juno)
    const reason = visitor.page.getByText('Ask the people who run this server why.')
    expect(await reason.textContent()).toContain('Write to door@harbor.example.')
    const mail = reason.getByRole('link', { name: 'door@harbor.example' })
    expect(await mail.getAttribute('href')).toBe('mailto:door@harbor.example')
  })

  test('speaks German to those who prefer it', async () => {
    const kira = await join(fronted, 'kira.test')
    const code = await gift(kira)
    await using visitor = await openAs(kira, { locale: 'de-DE' })
    const { page } = visitor
    expect(await headingOf(page)).toBe('1 Einladung zu vergeben')
    await page.getByRole('button', { name: `Abschalten: ${code}` }).click()
    expect(await page.getByRole('dialog', { name: 'Diese Einladung abschalten?' }).isVisible()).toBe(true)
  })
})

/** Chooses from what is folded away beside an invite. */
async function choose(page: Page, what: string, code: string | undefined): Promise<void> {
  await page.getByLabel(`More: ${code}`).click()
  await page.getByRole('button', { name: `${what}: ${code}` }).click()
}

/** How wide a picture is by itself; 0 where it is broken. */
function widthOf(picture: Locator): Promise<number> {
  return picture.evaluate((image) => (image instanceof HTMLImageElement ? image.naturalWidth : 0))
}

async function headingOf(page: Page): Promise<string | null> {
  return page.getByRole('heading', { level: 1 }).textContent()
}

/** Makes a browser one that can share. Runs in it. */
function sharingBrowser(): void {
  const share = async (shared: unknown) => {
    Object.assign(globalThis, { shared })
  }
  Object.defineProperty(navigator, 'share', { value: share })
}
