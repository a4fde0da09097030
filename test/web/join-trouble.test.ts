import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { app, com } from '../../src/lexicons/index.ts'
import { countersOf } from '../doors/ledger.ts'
import { newPerson, type Person } from '../doors/people.ts'
import { startChromium, withoutChromium } from '../support/chromium.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { giftCode, postAsAdmin } from '../support/members.ts'
import { pagesOf } from './browser.ts'
import { HttpBrowser } from './http-browser.ts'
import { openVisitor } from './visitor.ts'

/** What settling begins with. */
const FENCE = `/xrpc/${com.atproto.admin.disableInviteCodes.$nsid}`
const CREATE_ACCOUNT = `/xrpc/${com.atproto.server.createAccount.$nsid}`

describe.skipIf(withoutChromium())('where a sign-up goes wrong on the page of an invite', () => {
  const running = new AsyncDisposableStack()
  let fronted: FrontedWorld
  let web: string
  let browser: Browser

  beforeAll(async () => {
    fronted = running.use(await startFrontedWorld({}, {}, { settleEvery: 200, retryAfter: 200 }))
    web = pagesOf(fronted.url)
    browser = await startChromium()
    running.defer(() => browser.close())
  })
  afterEach(() => fronted.link.calm())
  afterAll(() => running.disposeAsync())

  /** From now on sign-ups get no answer, and nobody finds out how they went. */
  function leaveOpen(): void {
    fronted.link.loseAnswersTo(CREATE_ACCOUNT)
    fronted.link.trouble(FENCE, { status: 503 })
  }

  test.each([1, 5])(
    'an unknown outcome tells to sign in first, and becomes known, with a code for %s',
    async (useCount) => {
      const code = await giftCode(fronted, { useCount })
      await using visitor = await openVisitor(browser, web)
      const { page } = visitor
      const person = newPerson()
      await page.goto(`${web}/join/${code}`)
      leaveOpen()
      await fillAndSend(page, person)
      await saysToSignIn(page, 'Your account may exist already', person)
      await page.goto(`${web}/join/${code}`)
      if (useCount > 1) {
        expect(await page.getByText(`You may have signed up as @${person.handle}`).isVisible()).toBe(true)
        await page.getByRole('link', { name: 'How to sign in' }).click()
      }
      await saysToSignIn(page, 'Your account may exist already', person)
      await page.reload()
      await saysToSignIn(page, 'Your account may exist already', person)
      fronted.link.calm()
      // By itself, once Latchkey knows.
      await page.getByRole('heading', { name: 'Your account is ready' }).waitFor()
      expect(page.url()).toBe(`${web}/join/${code}/done`)
      expect(visitor.complaints.filter((line) => !line.includes('status of 502'))).toEqual([])
    },
  )

  test('a form that came back asks for the handle that is in it', async () => {
    await using visitor = await openVisitor(browser, web)
    const { page } = visitor
    await page.goto(`${web}/join/${await giftCode(fronted)}`)
    fronted.link.trouble(CREATE_ACCOUNT, { status: 429 })
    await fillAndSend(page, { ...newPerson(), handle: 'still-free.test' })
    const asked = page.waitForRequest((request) => request.url().includes('/_latchkey/handle'))
    await page.reload()
    expect((await asked).url()).toContain('name=still-free')
  })

  test('nobody fills in the form while the doors are closed', async () => {
    const { cfg } = fronted.world.pds.pds.ctx
    const { invites } = cfg
    await using visitor = await openVisitor(browser, web)
    const { page } = visitor
    const link = `${web}/join/${await giftCode(fronted)}`
    cfg.invites = { required: false }
    try {
      await vi.waitFor(
        async () => {
          await page.goto(link)
          expect(await headingsOf(page)).toContain('Not right now')
        },
        { timeout: 20_000, interval: 300 },
      )
      expect(await page.getByText('Signing up is not possible').isVisible()).toBe(true)
      expect(await page.locator('form').count()).toBe(0)
    } finally {
      cfg.invites = invites
    }
    await vi.waitFor(
      async () => {
        await page.goto(link)
        expect(await page.locator('form.sign-up').count()).toBe(1)
      },
      { timeout: 20_000, interval: 300 },
    )
  })

  test('what the host says, and we have no words for, is told as its own in the language of the page', async () => {
    await using visitor = await openVisitor(browser, web, { locale: 'de-DE' })
    const { page } = visitor
    await page.goto(`${web}/join/${await giftCode(fronted)}`)
    fronted.link.trouble(CREATE_ACCOUNT, { status: 400 })
    await fillAndSend(page, newPerson(), 'Konto anlegen')
    const alert = page.getByRole('alert')
    expect(await alert.textContent()).toBe('Der Server sagt: trouble')
    expect(await alert.locator('[lang=en]').textContent()).toBe('trouble')
  })

  test('a second window learns that the first one is still at it', async () => {
    const code = await giftCode(fronted)
    await using one = await openVisitor(browser, web)
    await using other = await openVisitor(browser, web)
    const person = newPerson()
    for (const { page } of [one, other]) await page.goto(`${web}/join/${code}`)
    const held = fronted.link.holdAnswerTo(CREATE_ACCOUNT)
    const sent = fillAndSend(one.page, person)
    const release = await held
    await fillAndSend(other.page, person)
    await saysToSignIn(other.page, 'Your account is still being made', person)
    release()
    await sent
    for (const { page } of [one, other])
      await page.getByRole('heading', { name: 'Your account is ready' }).waitFor()
    expect(countersOf(fronted, code)).toEqual({ used: 1, reserved: 0 })
  })

  test('too many sign-ups take nothing away that was typed', async () => {
    const code = await giftCode(fronted)
    await using visitor = await openVisitor(browser, web)
    const { page } = visitor
    const person = newPerson()
    await page.goto(`${web}/join/${code}`)
    fronted.link.trouble(CREATE_ACCOUNT, { status: 429 })
    await fillAndSend(page, person)
    expect(await page.getByRole('alert').textContent()).toContain('Too many invites or sign-ups')
    expect(await page.locator('#name').inputValue()).toBe(person.handle.split('.')[0])
    expect(await page.locator('#email').inputValue()).toBe(person.email)
  })

  test('nobody fills in the form while sign-ups are paused, and the invite stays good', async () => {
    const code = await giftCode(fronted)
    await using visitor = await openVisitor(browser, web)
    const { page } = visitor
    const pause = (body: Record<string, unknown>) =>
      postAsAdmin(fronted, app.latchkey.admin.setPause.$nsid, body)
    await pause({ paused: true, exceptMigrations: true, message: 'We move house until Friday.' })
    await page.goto(`${web}/join/${code}`)
    expect(await page.getByText('We move house until Friday.').isVisible()).toBe(true)
    expect(await page.getByText('Your invite stays good').isVisible()).toBe(true)
    expect(await page.locator('form').count()).toBe(0)
    expect(await page.getByText('Move an account that I have').isVisible()).toBe(true)
    await pause({ paused: true })
    await page.reload()
    expect(await page.getByText('Move an account that I have').count()).toBe(0)
    await pause({ paused: false })
    await page.reload()
    expect(await page.locator('form.sign-up').count()).toBe(1)
  })
})

test('whoever is blocked keeps what they typed, and learns nothing of the code', async () => {
  await using guarded = await startFrontedWorld({ guessLimit: '1' })
  const pages = pagesOf(guarded.url)
  const good = await giftCode(guarded)
  const browser = new HttpBrowser(pages)
  await browser.get(`/join/${good}`)
  const { csrf } = browser
  await browser.get('/join/not-a-code')
  const form = { name: 'keeper', domain: '.test', email: 'k@mail.test', password: 'long-enough-22' }
  for (const [field, status] of [
    [csrf, 429],
    ['', 403],
  ] as const) {
    const drawn: string[] = []
    for (const code of [good, 'guessed']) {
      const sent = await browser.post(`/join/${code}`, { ...form, csrf: field })
      expect(sent.status).toBe(status)
      if (status === 429) expect(Number(sent.headers['retry-after'])).toBeGreaterThan(0)
      expect(sent.body).toContain('value="keeper"')
      expect(sent.body).toContain('value="k@mail.test"')
      drawn.push(sent.body.replaceAll(code, '').replace(/<svg.*?<\/svg>/gs, ''))
    }
    expect(drawn[0]).toBe(drawn[1])
  }
})

test('what a browser keeps of its sign-up is known after a restart', async () => {
  await using first = await startFrontedWorld()
  const code = await giftCode(first)
  const form = { name: 'kept', domain: '.test', email: 'kept@mail.test', password: 'long-enough-22' }
  const sent = await new HttpBrowser(pagesOf(first.url)).fillIn(`/join/${code}`, form)
  const cookie = sent.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
  expect(cookie).toContain('latchkey-joined')
  expect(cookie).not.toContain(code)
  await first.stopLatchkey()
  await first.startLatchkey()
  const again = (headers: HeadersInit) =>
    fetch(`${pagesOf(first.url)}/join/${code}`, { redirect: 'manual', headers })
  expect((await again({ cookie })).headers.get('location')).toBe(`/join/${code}/done`)
  expect((await again({ cookie: `${cookie}x` })).status).toBe(404)
})

async function fillAndSend(
  page: Page,
  { handle, email, password }: Person,
  button = 'Create account',
): Promise<void> {
  await page.locator('#name').fill(handle.split('.')[0] ?? '')
  await page.locator('#email').fill(email)
  await page.locator('#password').fill(password)
  await Promise.all([page.waitForEvent('framenavigated'), page.getByRole('button', { name: button }).click()])
}

async function headingOf(page: Page): Promise<string | null> {
  return page.getByRole('heading', { level: 1 }).textContent()
}

function headingsOf(page: Page): Promise<string[]> {
  return page.getByRole('heading', { level: 2 }).allTextContents()
}

async function saysToSignIn(page: Page, heading: string, { handle }: Person): Promise<void> {
  expect(await headingOf(page)).toBe(heading)
  expect(await page.getByText(`@${handle}`).isVisible()).toBe(true)
  const provider = new URL(page.url()).host.replace('127.0.0.1', 'localhost')
  expect(await page.getByText(provider, { exact: true }).isVisible()).toBe(true)
  expect(await page.getByRole('heading', { name: 'Sign in with the Bluesky app' }).isVisible()).toBe(true)
}
