import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CALLBACK_PATH } from '../../src/auth/oauth-metadata.ts'
import { CSRF_HEADER } from '../../src/auth/credentials.ts'
import { app } from '../../src/lexicons/index.ts'
import { SIGN_IN_PATH, SIGN_OUT_PATH } from '../../src/web/sign-in/paths.ts'
import { startChromium, withoutChromium } from '../support/chromium.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { join } from '../support/members.ts'
import { type Member, PDS_LINES } from '../support/pds.ts'
import { askInvites, authorize, heldAnswer, openWindow, pagesOf, sendForm, signInAtPds } from './browser.ts'

const TIMEOUT = { timeout: 60_000 }

describe.skipIf(withoutChromium()).each(PDS_LINES)('in a browser, in front of PDS %s, a member', (line) => {
  let fronted: FrontedWorld
  let browser: Browser
  let web: string
  let alice: Member

  beforeAll(async () => {
    fronted = await startFrontedWorld({}, { line })
    web = pagesOf(fronted.url)
    alice = await join(fronted, 'alice.test')
    browser = await startChromium()
  })

  afterAll(async () => {
    // First the browser: it keeps connections open, which servers wait for.
    await browser?.close()
    await fronted?.[Symbol.asyncDispose]()
  })

  test('signs in with one button, and out again', TIMEOUT, async () => {
    const page = await openWindow(browser)
    await sendForm(page, web)
    await page.waitForURL((url) => url.origin === fronted.url)
    await signInAtPds(page, alice)
    await authorize(page, web)
    expect(page.url()).toBe(`${web}/invites`)
    expect(await askInvites(page)).toBe(200)
    expect(await tokensAtPds()).toBe(0)

    const kept = await page.context().cookies(web)
    const cookies = kept.filter(({ name }) => name === 'latchkey')
    expect(cookies).toMatchObject([{ name: 'latchkey', httpOnly: true, sameSite: 'Lax' }])
    expect(await labelCode(page, 'made up')).toBe(403)

    await sendForm(page, web, SIGN_OUT_PATH, { csrf: 'made up' })
    await page.waitForURL(`${web}/invites?problem=again`)
    expect(await askInvites(page)).toBe(200)

    const [stolen] = cookies
    await page.goto(`${web}/invites`)
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.waitForURL(`${web}/invites`)
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    expect(await askInvites(page)).toBe(401)
    if (stolen !== undefined) await page.context().addCookies([stolen])
    expect(await askInvites(page)).toBe(401)
    await page.context().close()
  })

  test('signs out everywhere with one button', TIMEOUT, async () => {
    const [page, elsewhere] = [await openWindow(browser), await openWindow(browser)]
    for (const window of [page, elsewhere]) {
      await sendForm(window, web)
      await signInAtPds(window, alice)
      await authorize(window, web)
      expect(await askInvites(window)).toBe(200)
    }
    await page.getByRole('button', { name: 'Sign out everywhere' }).click()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    expect(await askInvites(page)).toBe(401)
    expect(await askInvites(elsewhere)).toBe(401)
    await Promise.all([page, elsewhere].map((window) => window.context().close()))
  })

  test('signs in with an older browser too: its forms tell where they come from', TIMEOUT, async () => {
    const page = await openWindow(browser)
    for (const [path, button, target] of [
      ['/invites', 'Sign in', SIGN_IN_PATH],
      ['/admin', 'Sign in', SIGN_IN_PATH],
    ] as const) {
      await page.goto(web + path)
      const [form] = await Promise.all([
        page.waitForRequest((request) => request.method() === 'POST' && request.url() === web + target),
        page.getByRole('button', { name: button }).first().click(),
      ])
      expect((await form.allHeaders())['origin']).toBe(web)
      await page.waitForURL((url) => url.origin === fronted.url)
    }
    await page.context().close()
  })

  test('leaves no right behind with two sign-ins that end at once', TIMEOUT, async () => {
    const windows = [await openWindow(browser), await openWindow(browser)]
    const answers: string[] = []
    for (const window of windows) {
      await sendForm(window, web)
      await signInAtPds(window, alice)
      answers.push(`${web}${CALLBACK_PATH}?${(await heldAnswer(window)).toString()}`)
    }
    const given = windows.map(() => fronted.link.holdAnswerTo('/oauth/token'))
    const ended = windows.map((window, index) => window.goto(answers[index] ?? ''))
    for (const release of await Promise.all(given)) release()
    await Promise.all(ended)
    for (const window of windows) expect(await askInvites(window)).toBe(200)
    expect(await tokensAtPds()).toBe(0)
    await Promise.all(windows.map((window) => window.context().close()))
  })

  test('presses Deny, or Cancel, and is told so without being signed in', TIMEOUT, async () => {
    const page = await openWindow(browser)
    await sendForm(page, web)
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.waitForURL(`${web}/invites?problem=denied`)

    await sendForm(page, web)
    await signInAtPds(page, alice)
    await page.getByRole('button', { name: /Deny/ }).click()
    await page.waitForURL(`${web}/invites?problem=denied`)
    expect(await askInvites(page)).toBe(401)
    await page.context().close()
  })

  test('alone finishes the sign-in that began there, and once', TIMEOUT, async () => {
    const page = await openWindow(browser)
    await sendForm(page, web)
    await signInAtPds(page, alice)
    const answer = `${web}${CALLBACK_PATH}?${(await heldAnswer(page)).toString()}`

    const thief = await openWindow(browser)
    await thief.goto(answer)
    expect(thief.url()).toBe(`${web}/invites?problem=again`)
    await sendForm(thief, web)
    await thief.goto(answer)
    expect(thief.url()).toBe(`${web}/invites?problem=again`)
    expect(await askInvites(thief)).toBe(401)

    await page.goto(answer)
    expect(page.url()).toBe(`${web}/invites`)
    expect(await askInvites(page)).toBe(200)
    await page.goto(answer)
    expect(page.url()).toBe(`${web}/invites?problem=again`)
    expect(await askInvites(page)).toBe(200)
    await Promise.all([thief.context().close(), page.context().close()])
  })

  /** Rights that somebody holds by OAuth. */
  async function tokensAtPds(): Promise<number> {
    const { db } = fronted.world.pds.pds.ctx.accountManager.db
    const rows = await db.selectFrom('token').select('id').execute()
    return rows.length
  }

  function labelCode(page: Page, csrf: string): Promise<number> {
    return page.evaluate(
      async ([path = '', header = '', value = '']) => {
        const headers = { 'content-type': 'application/json', [header]: value }
        const body = JSON.stringify({ code: 'a', label: 'b' })
        return (await fetch(path, { method: 'POST', headers, body })).status
      },
      [`/xrpc/${app.latchkey.labelCode.$nsid}`, CSRF_HEADER, csrf],
    )
  }
})
