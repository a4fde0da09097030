import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { countersOf } from '../doors/ledger.ts'
import { newPerson, type Person } from '../doors/people.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { giftCode } from '../support/members.ts'
import { holdWriteLock } from '../support/write-lock.ts'
import { pagesOf } from './browser.ts'
import { HttpBrowser } from './http-browser.ts'

const CREATE_ACCOUNT = `/xrpc/${com.atproto.server.createAccount.$nsid}`
/** What settling begins with. */
const FENCE = `/xrpc/${com.atproto.admin.disableInviteCodes.$nsid}`

const READY = 'Your account is ready'
const UNKNOWN = 'Your account may exist already'

describe('how a sign-up went', () => {
  let fronted: FrontedWorld
  let browser: HttpBrowser

  beforeAll(async () => {
    fronted = await startFrontedWorld({}, {}, { settleEvery: 100, retryAfter: 100 })
  })
  afterEach(() => fronted.link.calm())
  afterAll(() => fronted?.[Symbol.asyncDispose]())

  /** Opens the page of a code in a new browser. */
  async function visit(useCount: number): Promise<string> {
    browser = new HttpBrowser(pagesOf(fronted.url))
    return `/join/${await giftCode(fronted, { useCount })}`
  }

  test.each([1, 5])('is told where the answer got lost, with a code for %s', async (useCount) => {
    const link = await visit(useCount)
    fronted.link.loseAnswersTo(CREATE_ACCOUNT)
    expect(await send(browser, link, newPerson())).toMatchObject({ status: 303, place: `${link}/done` })
    expect((await browser.get(`${link}/done`)).body).toContain(READY)
  })

  test.each([1, 5])('is told once it is known, with a code for %s', async (useCount) => {
    const link = await visit(useCount)
    const person = newPerson()
    fronted.link.loseAnswersTo(CREATE_ACCOUNT)
    fronted.link.trouble(FENCE, { status: 503 })
    const pending = await send(browser, link, person)
    expect([pending.status, pending.body]).toEqual([502, expect.stringContaining(UNKNOWN)])
    expect((await browser.get(`${link}/done`)).body).toContain(UNKNOWN)
    fronted.link.calm()
    await vi.waitFor(async () => expect((await browser.get(`${link}/done`)).body).toContain(READY), {
      timeout: 15_000,
      interval: 100,
    })
  })

  test.each(['again', 'again with a mistake'])('is told to whoever sends the form %s', async (how) => {
    const link = await visit(5)
    const person = newPerson()
    await send(browser, link, person)
    const again = how === 'again' ? person : { ...person, password: 'short' }
    expect(await send(browser, link, again)).toMatchObject({ status: 303, place: `${link}/done` })
    expect(countersOf(fronted, link.slice('/join/'.length))).toEqual({ used: 1, reserved: 0 })
    // Somebody else has to choose another handle.
    const stranger = await send(new HttpBrowser(pagesOf(fronted.url)), link, again)
    expect([stranger.status, stranger.body]).toEqual([400, expect.stringContaining('is taken')])
  })

  test('is kept for each of two invites in one browser', async () => {
    const links = [await visit(1), `/join/${await giftCode(fronted)}`]
    const people = links.map(() => newPerson())
    for (const [index, link] of links.entries()) await send(browser, link, people[index] ?? newPerson())
    for (const [index, link] of links.entries())
      expect((await browser.get(`${link}/done`)).body).toContain(`@${people[index]?.handle}`)
  })

  test('stands above the form of a link that lets in more', async () => {
    const link = await visit(5)
    const person = newPerson()
    const said = `You signed up as @${person.handle}`
    expect((await browser.get(link)).body).not.toContain('You signed up')
    await send(browser, link, person)
    const page = (await browser.get(link)).body
    expect(page).toContain(said)
    expect(page).toContain(`<a href="${link}/done">`)
    expect(page).toContain('<form')
    expect((await new HttpBrowser(pagesOf(fronted.url)).get(link)).body).not.toContain(said)
  })
})

describe('while the PDS has not told yet what it offers', () => {
  let fronted: FrontedWorld
  let browser: HttpBrowser

  beforeAll(async () => {
    fronted = await startFrontedWorld()
    browser = new HttpBrowser(pagesOf(fronted.url))
    // Whoever sends a form was shown one.
    await browser.get(`/join/${await giftCode(fronted)}`)
    await fronted.stopLatchkey()
    fronted.link.refuse(true)
    await fronted.startLatchkey()
  })
  afterAll(() => fronted?.[Symbol.asyncDispose]())

  test('an invite says that it stays good, and a sent form comes back', async () => {
    fronted.link.refuse(false)
    const link = `/join/${await giftCode(fronted)}`
    fronted.link.refuse(true)
    const page = await browser.get(link)
    expect([page.status, page.body]).toEqual([200, expect.stringContaining('Your invite stays good')])
    expect(page.body).not.toContain('<form')
    expect((await browser.get('/join/nothing')).status).toBe(404)

    const form = { name: 'early', domain: '.test', email: 'e@mail.test', password: 'long-enough-22' }
    const sent = await browser.post(link, { ...form, consent: 'on', csrf: browser.csrf })
    expect([sent.status, Number(sent.headers['retry-after'])]).toEqual([503, 60])
    expect(sent.body).toContain('Signing up is not possible right now.')
    for (const kept of ['value="early"', 'value="e@mail.test"', 'name="domain" value=".test"'])
      expect(sent.body).toContain(kept)
    expect(sent.body).toContain('name="consent" value="on"')
    expect(sent.body).not.toContain('long-enough-22')

    const asked = await browser.get('/_latchkey/handle?name=early&domain=.test')
    expect([asked.status, JSON.parse(asked.body)]).toEqual([503, { state: 'unknown' }])
  })
})

test('a form comes back whole from a database that stays busy', { timeout: 60_000 }, async () => {
  await using fronted = await startFrontedWorld()
  const browser = new HttpBrowser(pagesOf(fronted.url))
  const link = `/join/${await giftCode(fronted)}`
  const person = newPerson()
  // Makes the secret that signs what browsers keep.
  await send(browser, link, { ...person, handle: 'admin.test' })
  {
    await using _locked = await holdWriteLock(fronted.databasePath)
    const sent = await send(browser, link, person)
    expect([sent.status, sent.body]).toEqual([502, expect.stringContaining('Your invite stays good')])
    expect(sent.body).toContain(`value="${person.email}"`)
  }
  expect((await send(browser, link, person)).place).toBe(`${link}/done`)
})

function send(browser: HttpBrowser, link: string, { handle, email, password }: Person) {
  const [name = ''] = handle.split('.')
  return browser.fillIn(link, { name, domain: '.test', email, password })
}
