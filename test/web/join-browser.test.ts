import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { portOf } from '../../src/dev/free-port.ts'
import { startPlc } from '../../src/dev/plc.ts'
import { com } from '../../src/lexicons/index.ts'
import { countersOf, invitedByOf } from '../doors/ledger.ts'
import { newPerson, type Person } from '../doors/people.ts'
import { startChromium, withoutChromium } from '../support/chromium.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { type LossyLink, startLossyLink } from '../support/lossy-link.ts'
import { giftCode, join } from '../support/members.ts'
import { type Member, postJson } from '../support/pds.ts'
import { pagesOf } from './browser.ts'
import { PNG, showProfile } from './profiles.ts'
import { openVisitor } from './visitor.ts'

/** What a PLC directory is asked for a new identity. */
const isNewIdentity = ({ method }: { method: string }) => method === 'POST'

describe.skipIf(withoutChromium())('on the page of an invite, in a browser', () => {
  const running = new AsyncDisposableStack()
  let fronted: FrontedWorld
  /** Between the PDS and its PLC directory. */
  let plcLink: LossyLink
  let web: string
  let ada: Member
  let browser: Browser
  /** What another site learned of where its visitors came from, page by page. */
  const referers = new Map<string | undefined, string | undefined>()

  beforeAll(async () => {
    const folder = await mkdtemp(`${tmpdir()}/latchkey-test-`)
    running.defer(() => rm(folder, { recursive: true, force: true }))
    const elsewhere = running.use(
      createServer(({ url, headers }, response) => {
        referers.set(url, headers.referer)
        response.end('elsewhere')
      }).listen(0, '127.0.0.1'),
    )
    const plc = running.use(await startPlc({ port: 0, dataFile: `${folder}/plc.jsonl` }))
    plcLink = running.use(await startLossyLink(plc.url))
    const slowPlc = { url: plcLink.url, [Symbol.asyncDispose]: async () => {} }
    fronted = running.use(await startFrontedWorld({}, { handleDomains: ['.test', '.example'], plc: slowPlc }))
    const { service } = fronted.world.pds.pds.ctx.cfg
    service.termsOfServiceUrl = `http://127.0.0.1:${portOf(elsewhere)}/terms`
    service.privacyPolicyUrl = `http://127.0.0.1:${portOf(elsewhere)}/privacy`
    web = pagesOf(fronted.url)
    ada = await join(fronted, 'ada.test')
    await showProfile(fronted, ada, { displayName: 'Ada <Lovelace>', picture: PNG })
    browser = await startChromium()
    // First the browser: it keeps connections open, which servers wait for.
    running.defer(() => browser.close())
  })

  afterAll(() => running.disposeAsync())

  test('nothing moves for who wants no motion', async () => {
    await using visitor = await openVisitor(browser, web)
    const { page } = visitor
    await page.goto(`${web}/join/${await giftCode(fronted, { forAccount: ada.did })}`)
    /** The longest that anything of the page takes to change, in seconds. */
    const longest = () =>
      page.evaluate(() => {
        const styles = [...document.querySelectorAll('*')].map((element) => getComputedStyle(element))
        const times = styles.flatMap((style) => [style.transitionDuration, style.animationDuration])
        return Math.max(
          ...times.flatMap((list) => list.split(', ')).map((time) => Number.parseFloat(time) || 0),
        )
      })
    await page.emulateMedia({ reducedMotion: 'no-preference' })
    expect(await longest()).toBeGreaterThan(0.1)
    await page.emulateMedia({ reducedMotion: 'reduce' })
    expect(await longest()).toBeLessThan(0.001)
  })

  test.each([true, false])('somebody signs up, with scripts: %s', async (javaScriptEnabled) => {
    const code = await giftCode(fronted, { forAccount: ada.did })
    await using visitor = await openVisitor(browser, web, { javaScriptEnabled })
    const { page } = visitor
    const person = newPerson()
    await page.goto(`${web}/join/${code}`)
    await fill(page, person)
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.waitForURL(`${web}/join/${code}/done`)

    for (const _visit of ['first', 'reloaded']) {
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('Your account is ready')
      expect(await page.getByText(`@${person.handle}`).isVisible()).toBe(true)
      expect(await page.getByText(new URL(fronted.url).host, { exact: true }).isVisible()).toBe(true)
      expect(await page.getByRole('link', { name: 'Your invites' }).getAttribute('href')).toBe('/invites')
      await page.reload()
    }
    const { handle, password } = person
    const session = await postJson<Member>(`${fronted.url}/xrpc/${com.atproto.server.createSession.$nsid}`, {
      identifier: handle,
      password,
    })
    expect(await invitedByOf(fronted, session.did)).toBe(code)
    expect(countersOf(fronted, code)).toEqual({ used: 1, reserved: 0 })
    const cookies = await page.context().cookies()
    const cookie = cookies.find(({ name }) => name.includes('joined'))
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' })
    expect(cookie?.name).toMatch(/^latchkey-joined-[\w-]{12}$/)
    expect(visitor.complaints).toEqual([])
    expect(visitor.strangers).toEqual([])

    // Back, or the same link again.
    await page.goto(`${web}/join/${code}`)
    expect(page.url()).toBe(`${web}/join/${code}/done`)
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('Your account is ready')
    await page.context().clearCookies()
    await page.reload()
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(
      'This invite does not open the door',
    )
    expect(await page.getByText('Have you just signed up with it?').isVisible()).toBe(true)
  })

  test("the PDS's errors stand beside their fields, and all but the password is kept", async () => {
    const code = await giftCode(fronted)
    await using visitor = await openVisitor(browser, web, { javaScriptEnabled: false })
    const { page } = visitor
    const person = newPerson()
    await page.goto(`${web}/join/${code}`)

    await fill(page, { ...person, handle: 'ada.example' })
    await page.locator('select[name=domain]').selectOption('.test')
    await send(page)
    expect(await errorAt(page, 'name')).toBe('@ada.test is taken. Try another.')
    expect(await errorAt(page, 'password')).toBe('Please type your password again.')
    expect(await page.locator('#name').inputValue()).toBe('ada')
    expect(await page.locator('select[name=domain]').inputValue()).toBe('.test')
    expect(await page.locator('#email').inputValue()).toBe(person.email)
    expect(await page.locator('#consent').isChecked()).toBe(true)
    expect(await page.locator('#password').inputValue()).toBe('')

    await fill(page, { ...person, email: ada.email })
    await send(page)
    expect(await errorAt(page, 'email')).toBe('An account has this e-mail address already.')
    expect(await errorAt(page, 'name')).toBeNull()

    await fill(page, { ...person, handle: 'admin.test' })
    await send(page)
    expect(await errorAt(page, 'name')).toBe('This handle is kept for the host. Try another.')
    expect(countersOf(fronted, code)).toEqual({ used: 0, reserved: 0 })

    await fill(page, person)
    await send(page)
    expect(page.url()).toBe(`${web}/join/${code}/done`)
  })

  test.each([true, false])(
    'a form that outlived its cookie is sent a second time, with scripts: %s',
    async (javaScriptEnabled) => {
      const code = await giftCode(fronted)
      await using visitor = await openVisitor(browser, web, { javaScriptEnabled })
      const { page } = visitor
      const person = newPerson()
      await page.goto(`${web}/join/${code}`)
      await page.context().clearCookies()
      await fill(page, person)
      await send(page)
      await page.getByRole('alert').getByText('allow cookies if they are switched off').waitFor()
      expect(await errorAt(page, 'password')).toBe('Please type your password again.')
      expect(await page.locator('#name').inputValue()).toBe(person.handle.split('.')[0])
      expect(await page.locator('#email').inputValue()).toBe(person.email)
      expect(await page.locator('#consent').isChecked()).toBe(true)
      expect(await page.locator('#password').inputValue()).toBe('')
      expect(countersOf(fronted, code)).toEqual({ used: 0, reserved: 0 })

      await page.locator('#password').fill(person.password)
      await page.getByRole('button', { name: 'Create account' }).click()
      await page.waitForURL(`${web}/join/${code}/done`)
      expect(visitor.complaints).toEqual([])
    },
  )

  test('while people type, they learn whether the handle is free', async () => {
    await using visitor = await openVisitor(browser, web)
    const { page } = visitor
    await page.goto(`${web}/join/${await giftCode(fronted)}`)
    await page.locator('#name').fill('ada')
    await page.getByText('@ada.test is taken. Try another.').waitFor()
    await page.locator('#name').fill('a_b')
    await page.getByText('Use 3 to 18 letters').waitFor()
    await page.locator('#name').fill('nobody-yet')
    await page.getByText('@nobody-yet.test looks free.').waitFor()
    expect(visitor.complaints).toEqual([])
  })

  test('while the directory of identities is slow, it is said that it is worked on, and then how it went', async () => {
    const code = await giftCode(fronted)
    await using visitor = await openVisitor(browser, web)
    const { page } = visitor
    await page.addInitScript(hurry)
    const said: string[] = []
    await page.exposeFunction('tell', (text: string) => said.push(text))
    await page.goto(`${web}/join/${code}`)
    await page.evaluate(tellOfForm)
    const person = newPerson()
    await fill(page, person)
    const held = plcLink.holdRequestTo(isNewIdentity)
    const sent = page.getByRole('button', { name: 'Create account' }).click()
    const { deliver } = await held
    await vi.waitFor(() => expect(said.join(' ')).toContain('disabled: Creating your account… Still at it.'))
    expect(countersOf(fronted, code)).toEqual({ used: 0, reserved: 1 })
    await deliver()
    await sent
    await page.waitForURL(`${web}/join/${code}/done`)
    expect(await page.getByText(`@${person.handle}`).isVisible()).toBe(true)
    expect(visitor.complaints).toEqual([])
  })

  test('no other site learns the code from a link of the page', async () => {
    const code = await giftCode(fronted, { forAccount: ada.did })
    await using visitor = await openVisitor(browser, web)
    const { page } = visitor
    await page.goto(`${web}/join/${code}`)
    await page.locator('#password').fill('long-enough-22')
    for (const link of ['terms of service', 'privacy policy']) {
      const opened = page.context().waitForEvent('page')
      await page.getByRole('link', { name: link }).click()
      const beside = await opened
      await beside.getByText('elsewhere').waitFor()
      await beside.close()
    }
    // And whoever comes back from it finds the form as it was.
    expect(await page.locator('#password').inputValue()).toBe('long-enough-22')
    expect(referers.has('/terms') && referers.has('/privacy')).toBe(true)
    expect([referers.get('/terms'), referers.get('/privacy')]).toEqual([undefined, undefined])
  })

  test('the code can be copied for another app', async () => {
    const code = await giftCode(fronted)
    await using visitor = await openVisitor(browser, web, {
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    const { page } = visitor
    await page.goto(`${web}/join/${code}`)
    await page.getByText('Sign up in an app').click()
    await page.getByRole('button', { name: 'Copy the code' }).first().click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(code)
  })
})

async function fill(page: Page, { handle, email, password }: Person): Promise<void> {
  await page.locator('#name').fill(handle.split('.')[0] ?? '')
  await page.locator('#email').fill(email)
  await page.locator('#password').fill(password)
  await page.locator('#consent').check()
}

/** Makes what a page waits for come twenty times sooner. Runs in the browser. */
function hurry(): void {
  const plain = globalThis.setTimeout
  const sooner = (work: () => void, delay = 0) => plain(work, delay / 20)
  Object.assign(globalThis, { setTimeout: sooner })
}

/**
 * Tells how the form stands whenever it changes: while a page is left, a browser answers no questions
 * about it. Runs in the browser.
 */
function tellOfForm(): void {
  const form = document.querySelector('form.sign-up')
  const [button, state] = [form?.querySelector('button'), form?.querySelector('.sign-up-state')]
  new MutationObserver(() => {
    const { tell } = globalThis as unknown as { tell: (text: string) => void }
    tell(
      `${button?.disabled === true ? 'disabled' : 'enabled'}: ${button?.textContent} ${state?.textContent}`,
    )
  }).observe(form ?? document, { subtree: true, childList: true, attributes: true })
}

async function send(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.waitForLoadState()
}

/** What a field says is wrong with it, as it is told to those who can't see it. */
async function errorAt(page: Page, name: string): Promise<string | null> {
  const field = page.locator(`#${name}`)
  if ((await field.getAttribute('aria-invalid')) !== 'true') return null
  const ids = (await field.getAttribute('aria-describedby'))?.split(' ') ?? []
  return page.locator(`#${ids.at(-1)}`).textContent()
}
