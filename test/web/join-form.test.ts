import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { app } from '../../src/lexicons/index.ts'
import { accountsOf, countersOf } from '../doors/ledger.ts'
import { newPerson, type Person } from '../doors/people.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { giftCode, postAsAdmin } from '../support/members.ts'
import { pagesOf } from './browser.ts'
import { HttpBrowser } from './http-browser.ts'

const NO_COOKIE =
  'Your account is not made yet, because your browser did not bring back the cookie of this page'

const DAY = 86_400

describe('the form of an invite', () => {
  let fronted: FrontedWorld

  beforeAll(async () => {
    fronted = await startFrontedWorld()
  })
  afterAll(() => fronted?.[Symbol.asyncDispose]())

  function newBrowser(headers: Record<string, string> = {}): HttpBrowser {
    return new HttpBrowser(pagesOf(fronted.url), pagesOf(fronted.url), headers)
  }

  async function newLink(useCount = 1): Promise<string> {
    return `/join/${await giftCode(fronted, { useCount })}`
  }

  /** Has seen the page of an invite. */
  async function visitorOf(link: string): Promise<HttpBrowser> {
    const browser = newBrowser()
    await browser.get(link)
    return browser
  }

  async function formOf(link: string): Promise<string> {
    return (await visitorOf(link)).csrf
  }

  test.each<[string, (browser: HttpBrowser, link: string) => string | Promise<string>]>([
    ['with nothing of what belongs to it', (browser) => forget(browser)],
    ['without its field', () => ''],
    ['without the cookie', (browser) => forget(browser, browser.csrf)],
    ['with the field of another browser', (_, link) => formOf(link)],
    ['with what is in the cookie', (browser) => [...browser.cookies.values()].join('')],
    ['with a field that is cut off', ({ csrf }) => csrf.slice(0, -1)],
    ['with another letter in its field', ({ csrf }) => (csrf.startsWith('A') ? 'B' : 'A') + csrf.slice(1)],
  ])('comes back, and nothing has happened, when it is sent %s', async (_, fieldOf) => {
    const link = await newLink()
    const browser = await visitorOf(link)
    const before = await accountsOf(fronted.world)
    const person = newPerson()
    const field = await fieldOf(browser, link)
    const sent = await browser.post(link, { ...fieldsOf(person), csrf: field })
    expect([sent.status, sent.body]).toEqual([403, expect.stringContaining(NO_COOKIE)])
    expect(sent.body).toContain('value="' + person.handle.replace('.test', '"'))
    expect(sent.body).toContain(`value="${person.email}"`)
    expect(sent.body).toContain('Please type your password again.')
    expect(sent.body).not.toContain(person.password)
    expect(countersOf(fronted, link.slice('/join/'.length))).toEqual({ used: 0, reserved: 0 })
    expect(await accountsOf(fronted.world)).toEqual(before)
    // The one that came back is good: with it the cookie came anew, if it was gone.
    const again = await browser.post(link, { ...fieldsOf(person), csrf: browser.csrf })
    expect(again.place).toBe(`${link}/done`)
  })

  test('says so in German, and as often as it is sent by a browser that keeps no cookies', async () => {
    const link = await newLink()
    const browser = newBrowser({ 'accept-language': 'de' })
    for (const _time of ['first', 'second']) {
      await browser.get(link)
      browser.cookies.clear()
      const sent = await browser.post(link, { ...fieldsOf(newPerson()), csrf: browser.csrf })
      expect([sent.status, sent.body]).toEqual([403, expect.stringContaining('erlaube Cookies')])
    }
  })

  test('asks the PDS for no handle before it is known to be its own', async () => {
    const link = await newLink(2)
    const browser = await visitorOf(link)
    const taken = newPerson()
    expect((await browser.fillIn(link, fieldsOf(taken))).place).toBe(`${link}/done`)
    const mistaken = { ...fieldsOf({ ...newPerson(), handle: taken.handle }), password: 'short' }
    const other = await visitorOf(link)
    const says = `@${taken.handle} is taken`
    expect((await other.post(link, mistaken)).body).not.toContain(says)
    expect((await other.fillIn(link, mistaken)).body).toContain(says)
  })

  test('is good in every window of a browser, whichever was opened last, for any invite', async () => {
    const [one, other] = [await newLink(2), await newLink()]
    const browser = await visitorOf(one)
    const { csrf: first } = browser
    await browser.get(one)
    const second = browser.csrf
    await browser.get(other)
    const third = browser.csrf
    for (const [link, csrf] of [
      [other, third],
      [one, first],
    ] as const) {
      const sent = await browser.post(link, { ...fieldsOf(newPerson()), csrf })
      expect(sent.place).toBe(`${link}/done`)
    }
    expect((await browser.post(one, { ...fieldsOf(newPerson()), csrf: second })).place).toBe(`${one}/done`)
  })

  test('comes back after a mistake as one that can be sent', async () => {
    const link = await newLink()
    const browser = newBrowser()
    const person = newPerson()
    const mistaken = await browser.fillIn(link, { ...fieldsOf(person), password: 'short' })
    expect(mistaken.status).toBe(400)
    const sent = await browser.post(link, { ...fieldsOf(person), csrf: browser.csrf })
    expect(sent.place).toBe(`${link}/done`)
  })

  test('may stay open for some days, and a restart of Latchkey takes nothing away', async () => {
    const link = await newLink()
    const browser = newBrowser()
    const [cookie = '', ...others] = (await browser.get(link)).headers['set-cookie'] ?? []
    expect(others).toEqual([])
    expect(cookie).toMatch(/^latchkey-form=[\w-]{43}; /)
    expect(cookie).toContain('; HttpOnly')
    expect(cookie).toContain('; SameSite=Lax')
    expect(Number(/Max-Age=(\d+)/.exec(cookie)?.[1])).toBeGreaterThanOrEqual(2 * DAY)
    const { csrf } = browser
    // The next page lets it last as long again.
    expect((await browser.get(link)).headers['set-cookie']).toEqual([cookie])
    await fronted.stopLatchkey()
    await fronted.startLatchkey()
    expect((await browser.post(link, { ...fieldsOf(newPerson()), csrf })).place).toBe(`${link}/done`)
  })

  test('is not there, and neither is its cookie, where nobody can sign up', async () => {
    const link = await newLink()
    const { $nsid } = app.latchkey.admin.setPause
    await postAsAdmin(fronted, $nsid, { paused: true })
    for (const path of [link, '/join/nothing']) {
      const { headers, body } = await newBrowser().get(path)
      expect(headers['set-cookie']).toBeUndefined()
      expect(body).not.toContain('name="csrf"')
    }
    await postAsAdmin(fronted, $nsid, { paused: false })
    expect((await newBrowser().get(link)).body).toContain('name="csrf"')
  })
})

/** Loses its cookies. @param field what it sends all the same */
function forget(browser: HttpBrowser, field = ''): string {
  browser.cookies.clear()
  return field
}

function fieldsOf({ handle, email, password }: Person): Record<string, string> {
  return { name: handle.split('.')[0] ?? '', domain: '.test', email, password }
}
