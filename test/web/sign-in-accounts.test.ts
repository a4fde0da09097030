import { DatabaseSync } from 'node:sqlite'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CALLBACK_PATH } from '../../src/auth/oauth-metadata.ts'
import { startChromium, withoutChromium } from '../support/chromium.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { join } from '../support/members.ts'
import { type Member, PDS_LINES } from '../support/pds.ts'
import { askInvites, authorize, heldAnswer, openWindow, pagesOf, sendForm, signInAtPds } from './browser.ts'

const TIMEOUT = { timeout: 60_000 }

/** The firehose takes less than a second, but on a busy machine. */
const PATIENCE = { timeout: 20_000 }

describe.skipIf(withoutChromium()).each(PDS_LINES)('in a browser, in front of PDS %s,', (line) => {
  let ours: FrontedWorld
  let theirs: FrontedWorld
  let browser: Browser

  beforeAll(async () => {
    ours = await startFrontedWorld({}, { line })
    const { plc } = ours.world
    theirs = await startFrontedWorld({}, { line, plc, serviceDid: 'did:web:theirs' })
    browser = await startChromium()
  })

  afterAll(async () => {
    await browser?.close()
    await theirs?.[Symbol.asyncDispose]()
    await ours?.[Symbol.asyncDispose]()
  })

  describe('an account of another PDS', () => {
    test('is not let in by our PDS', TIMEOUT, async () => {
      const mallory = await join(theirs, 'mallory.test')
      const page = await setOut(ours)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.locator('input[name=username]').fill(mallory.handle)
      await page.locator('input[type=password]').fill(mallory.password)
      await page.locator('button[type=submit]').click()
      await page
        .getByText(/^(Wrong|Invalid) identifier or password$/)
        .first()
        .waitFor()
      expect(new URL(page.url())).toMatchObject({ origin: ours.url, pathname: '/oauth/authorize' })
      await page.goto(`${pagesOf(ours.url)}/invites`)
      expect(await askInvites(page)).toBe(401)
      await page.context().close()
    })

    test.each(['as it is', 'under the name of ours'])(
      'gets nowhere with what its own PDS answered, %s',
      TIMEOUT,
      async (how) => {
        const name = how === 'as it is' ? 'oscar.test' : 'trudy.test'
        const there = await setOut(theirs)
        await signInAtPds(there, await join(theirs, name))
        const answer = await heldAnswer(there)
        const here = await setOut(ours)
        answer.set('state', (await heldAnswer(here, 'Cancel')).get('state') ?? '')
        if (how !== 'as it is') answer.set('iss', ours.url)
        const web = pagesOf(ours.url)
        await here.goto(`${web}${CALLBACK_PATH}?${answer.toString()}`)
        expect(here.url()).toBe(`${web}/invites?problem=failed`)
        expect(await askInvites(here)).toBe(401)
        await Promise.all([there.context().close(), here.context().close()])
      },
    )
  })

  describe('an account that is no more what it was when it pressed "Authorize"', () => {
    test.each([
      ['deactivated', 'dora.test', deactivate, 'inactive'],
      // To these the PDS gives no token.
      ['taken down', 'tara.test', takeDown, 'failed'],
      ['deleted', 'dele.test', remove, 'failed'],
    ] as const)('but %s is not signed in', TIMEOUT, async (_how, handle, change, problem) => {
      const member = await join(ours, handle)
      const page = await setOut(ours)
      await signInAtPds(page, member)
      const answer = await heldAnswer(page)
      await change(member)
      const web = pagesOf(ours.url)
      await page.goto(`${web}${CALLBACK_PATH}?${answer.toString()}`)
      expect(page.url()).toBe(`${web}/invites?problem=${problem}`)
      expect(await askInvites(page)).toBe(401)
      await page.context().close()
    })
  })

  test('whoever is taken down is signed out everywhere, and nobody else is', TIMEOUT, async () => {
    const [alice, bob] = [await join(ours, 'alice.test'), await join(ours, 'bob.test')]
    const [phone, laptop, other] = [await signedIn(alice), await signedIn(alice), await signedIn(bob)]
    await takeDown(alice)
    await expect.poll(() => askInvites(phone), PATIENCE).toBe(401)
    expect(await askInvites(laptop)).toBe(401)
    expect(await askInvites(other)).toBe(200)
    await takeDown(alice, false)
    await expect.poll(() => statusHere(alice), PATIENCE).toBe('active')
    const again = await signedIn(alice)
    expect(await askInvites(again)).toBe(200)
    expect(await askInvites(phone)).toBe(401)
    await Promise.all([phone, laptop, other, again].map((page) => page.context().close()))
  })

  test('whoever goes back from the PDS’s page can set out again', TIMEOUT, async () => {
    const page = await openWindow(browser)
    const web = pagesOf(ours.url)
    await page.goto(`${web}/invites`)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('button', { name: 'Cancel' }).waitFor()
    // The PDS's page may keep steps of its own in the history.
    while (page.url() !== `${web}/invites`) await page.goBack()
    await page.getByRole('button', { name: 'Sign in' }).click()
    await signInAtPds(page, await join(ours, 'carol.test'))
    await authorize(page, web)
    expect(await askInvites(page)).toBe(200)
    await page.context().close()
  })

  async function setOut({ url }: FrontedWorld): Promise<Page> {
    const page = await openWindow(browser)
    await sendForm(page, pagesOf(url))
    await page.waitForURL(({ origin }) => origin === url)
    return page
  }

  async function signedIn(member: Member): Promise<Page> {
    const page = await setOut(ours)
    await signInAtPds(page, member)
    await authorize(page, pagesOf(ours.url))
    expect(await askInvites(page)).toBe(200)
    return page
  }

  /** How an account stands as far as Latchkey knows. */
  function statusHere({ did }: Member): unknown {
    using database = new DatabaseSync(ours.databasePath, { readOnly: true })
    return database.prepare('SELECT status FROM account WHERE did = ?').get(did)?.['status']
  }

  /** Calls a method that answers with nothing. */
  async function call(nsid: string, body: unknown, authorization: string): Promise<void> {
    const headers = { authorization, 'content-type': 'application/json' }
    const options = { method: 'POST', headers, body: JSON.stringify(body) }
    const { status } = await fetch(`${ours.world.pds.url}/xrpc/${nsid}`, options)
    expect(status).toBe(200)
  }

  async function takeDown({ did }: Member, applied = true): Promise<void> {
    const subject = { $type: 'com.atproto.admin.defs#repoRef', did }
    const body = { subject, takedown: { applied } }
    await call('com.atproto.admin.updateSubjectStatus', body, ours.world.adminAuth)
  }
  async function deactivate({ accessJwt }: Member): Promise<void> {
    await call('com.atproto.server.deactivateAccount', {}, `Bearer ${accessJwt}`)
  }
  async function remove({ did }: Member): Promise<void> {
    await call('com.atproto.admin.deleteAccount', { did }, ours.world.adminAuth)
  }
})
