import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { accountsOf } from '../doors/ledger.ts'
import { newPerson } from '../doors/people.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { giftCode, join, postAsAdmin } from '../support/members.ts'
import type { Member } from '../support/pds.ts'
import { pagesOf } from './browser.ts'
import { HttpBrowser } from './http-browser.ts'
import { PNG, showProfile } from './profiles.ts'

let fronted: FrontedWorld
let web: string
let ada: Member

beforeAll(async () => {
  fronted = await startFrontedWorld({}, { handleDomains: ['.test', '.example'] })
  const { service } = fronted.world.pds.pds.ctx.cfg
  service.termsOfServiceUrl = 'https://harbor.example/terms'
  service.privacyPolicyUrl = 'https://harbor.example/privacy'
  service.contactEmailAddress = 'harbor@mail.example'
  web = pagesOf(fronted.url)
  ada = await join(fronted, 'ada.test')
  await showProfile(fronted, ada, { displayName: 'Ada <Lovelace>\u202e', picture: PNG })
})

afterAll(async () => {
  await fronted?.[Symbol.asyncDispose]()
})

describe('the page of an invite', () => {
  test('says who invites, to what, and how many', async () => {
    const code = await giftCode(fronted, { forAccount: ada.did, useCount: 3 })
    const page = await read(`/join/${code}`)
    expect(page).toContain('<h1>Ada &lt;Lovelace> invited you</h1>')
    expect(page).toContain('@ada.test')
    expect(page).toContain('This invite is good for 3 people.')
    expect(page).toContain('localhost is a home for your account')
    expect(page).toContain(`<meta property="og:title" content="Ada &lt;Lovelace> invited you"/>`)
    expect(page).toContain(`<meta property="og:image" content="${web}/_latchkey/avatar/`)
    expect(page).toContain(`<meta property="og:url" content="${web}/join/${code}"/>`)
  })

  test('greets without a name where the operator invites, and is previewed without a picture', async () => {
    const page = await read(`/join/${await giftCode(fronted)}`)
    expect(page).toContain('<h1>You are invited</h1>')
    expect(page).toContain('<meta property="og:title" content="You are invited to localhost"/>')
    expect(page).toContain('<meta property="og:description"')
    expect(page).not.toContain('og:image')
  })

  test('leads to the host, and to whoever runs it', async () => {
    const page = await read(`/join/${await giftCode(fronted)}`)
    expect(page).toContain(`<a href="${fronted.url}/">localhost</a>`)
    expect(page).toContain('<a href="mailto:harbor@mail.example">Contact</a>')
  })

  test('speaks German to those who prefer it', async () => {
    const path = `/join/${await giftCode(fronted, { forAccount: ada.did })}`
    const page = await read(path, { 'accept-language': 'fr-CH, de;q=0.9, en;q=0.8' })
    expect(page).toContain('<html lang="de">')
    expect(page).toContain('lädt dich ein')
  })

  test('is kept by no cache, indexed by nobody, and its address stays with it', async () => {
    const code = await giftCode(fronted)
    const { headers } = await fetch(`${web}/join/${code}`)
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'private, no-store',
      'referrer-policy': 'no-referrer',
      'x-robots-tag': 'noindex, nofollow',
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
    })
    const policy = headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    await fetch(`${web}/JOIN/${code}/?from=x`)
    await fetch(`${web}/join/${code}/nothing`)
    expect(fronted.logs.filter((line) => line.includes(code))).toEqual([])
  })

  test('is found in every spelling of its link that apps and people make of it', async () => {
    const code = await giftCode(fronted)
    expect((await fetch(`${web}/JOIN/${code}/`)).status).toBe(200)
    for (const pasted of [
      code.toUpperCase(),
      `${code}.`,
      `${code},`,
      `${code})`,
      `${code}%20`,
      `%22${code}%22`,
    ]) {
      const answer = await fetch(`${web}/join/${pasted}`)
      expect([pasted, answer.status]).toEqual([pasted, 200])
      expect(await answer.text()).toContain(`<code>${code}</code>`)
    }
  })

  test('is the same friendly one for every code that lets nobody in', async () => {
    const [disabled, used] = [await giftCode(fronted), await giftCode(fronted)]
    await postAsAdmin(fronted, com.atproto.admin.disableInviteCodes.$nsid, { codes: [disabled] })
    await join(fronted, 'used-it.test', used)
    const codes = [
      disabled,
      used,
      'localhost-aaaaa-bbbbb',
      '%3Cscript%3E',
      'a'.repeat(150),
      '.'.repeat(12_000),
      '',
    ]
    const answers = await Promise.all(codes.map((code) => fetch(`${web}/join/${code}`)))
    expect(answers.map(({ status }) => status)).toEqual(codes.map(() => 404))
    for (const { headers } of answers) expect(headers.get('referrer-policy')).toBe('no-referrer')
    const [first, ...others] = await Promise.all(answers.map((answer) => answer.text()))
    expect(first).toContain('ask the person who sent it for a new one')
    for (const other of others) expect(other).toBe(first)
  })

  test('a form that lacks something is told so without the PDS being asked', async () => {
    const form = { name: 'a b', domain: '.nowhere', email: '', password: 'short' }
    const { status, body: page } = await new HttpBrowser(web).fillIn(`/join/${await giftCode(fronted)}`, form)
    expect(status).toBe(400)
    expect(page).toContain('Use 3 to 18 letters, numbers and hyphens.')
    expect(page).toContain('Please fill this in.')
    expect(page).toContain('Your password needs at least 8 characters.')
    expect(page).toContain('Please tick this to go on.')
    expect(page).toContain('value="a b"')
    expect(page).not.toContain('value="short"')
  })

  test('a form tells at once all that can be told', async () => {
    const form = { name: 'ada', domain: '.test', email: 'nowhere', password: 'short' }
    const { body: page } = await new HttpBrowser(web).fillIn(`/join/${await giftCode(fronted)}`, form)
    expect(page).toContain('@ada.test is taken. Try another.')
    expect(page).toContain('This e-mail address is not accepted.')
    expect(page).toContain('Your password needs at least 8 characters.')
  })

  test('a form that can’t be read is asked for again', async () => {
    const link = `${web}/join/${await giftCode(fronted)}`
    const [other, long] = await Promise.all([
      fetch(link, { method: 'POST', body: 'name=x' }),
      fetch(link, { method: 'POST', body: new URLSearchParams({ name: 'x'.repeat(200_000) }) }),
    ])
    expect([other.status, long.status]).toEqual([400, 413])
    for (const answer of [other, long]) {
      const page = await answer.text()
      expect(page).toContain('Please fill it in again.')
      expect(page).toContain('<form')
    }
  })

  test('an invite that is meant for another handle says so', async () => {
    const code = await giftCode(fronted)
    {
      using database = new DatabaseSync(fronted.databasePath)
      database.prepare("UPDATE invite_code SET restricted_to = 'chosen-one.test' WHERE code = ?").run(code)
    }
    const form = {
      name: 'adam',
      domain: '.test',
      email: 'a@mail.test',
      password: 'long-enough-22',
      consent: 'on',
    }
    const { status, body } = await new HttpBrowser(web).fillIn(`/join/${code}`, form)
    expect([status, body]).toEqual([400, expect.stringContaining('It may be meant for another handle')])
    expect(body).toContain('value="adam"')
    expect(body).not.toContain('chosen-one')
  })

  test('the provider to type is the one that leads here', async () => {
    const page = await read(`/join/${await giftCode(fronted)}`)
    expect(page).toContain(`data-copy="${new URL(fronted.url).host}"`)
  })

  test('an ending that is not offered any more is not exchanged for another', async () => {
    const before = await accountsOf(fronted.world)
    const browser = new HttpBrowser(web)
    const form = {
      name: 'chosen',
      domain: '.gone',
      email: 'c@mail.test',
      password: 'long-enough-22',
      consent: 'on',
    }
    const { status, body } = await browser.fillIn(`/join/${await giftCode(fronted)}`, form)
    expect([status, body]).toEqual([400, expect.stringContaining('end with .gone can’t be had here')])
    expect(body).toContain('value="chosen"')
    expect(await accountsOf(fronted.world)).toEqual(before)
    const asked = await browser.get('/_latchkey/handle?name=chosen&domain=.gone')
    expect(JSON.parse(asked.body)).toEqual({ state: 'unknown' })
  })

  describe('takes a form', () => {
    const from = async (headers: Record<string, string>) => {
      const link = `/join/${await giftCode(fronted)}`
      const { handle, email, password } = newPerson()
      const fields = { name: handle.split('.')[0] ?? '', domain: '.test', email, password, consent: 'on' }
      const { place } = await new HttpBrowser(web).fillIn(link, fields, headers)
      return place.slice(link.length)
    }

    test.each([
      ['another site', { 'sec-fetch-site': 'cross-site' }],
      ['a neighbour', { 'sec-fetch-site': 'same-site' }],
      ['another site, in an older browser', { origin: 'https://evil.test' }],
    ])('not from %s', async (_, headers) => {
      const before = await accountsOf(fronted.world)
      expect(await from(headers)).toBe('')
      expect(await accountsOf(fronted.world)).toEqual(before)
    })

    test('from the pages, whatever a browser says of that', async () => {
      const told: Record<string, string>[] = [
        { 'sec-fetch-site': 'same-origin' },
        { origin: web },
        { origin: fronted.url },
        { origin: 'null' },
        {},
      ]
      for (const headers of told) expect([headers, await from(headers)]).toEqual([headers, '/done'])
    })
  })
})

test('guessing is limited like at the doors, and there is a page for it', async () => {
  await using guarded = await startFrontedWorld({ guessLimit: '2' })
  const pages = pagesOf(guarded.url)
  const statuses: number[] = []
  for (const code of ['a', 'b', 'c']) statuses.push((await fetch(`${pages}/join/${code}`)).status)
  expect(statuses).toEqual([404, 404, 429])
  const good = await fetch(`${pages}/join/${await giftCode(guarded)}`)
  expect(Number(good.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await good.text()).toContain('Please wait a little')
  const door = await fetch(`${guarded.url}/xrpc/${com.atproto.server.createAccount.$nsid}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      handle: 'x.test',
      email: 'x@mail.test',
      password: 'long-enough-22',
      inviteCode: 'd',
    }),
  })
  expect(door.status).toBe(429)
})

describe('no guess is', () => {
  let guarded: FrontedWorld
  let browser: HttpBrowser

  beforeAll(async () => {
    guarded = await startFrontedWorld({ guessLimit: '2', trustedProxies: 'loopback' })
  })
  afterAll(() => guarded?.[Symbol.asyncDispose]())

  /** A new browser behind an address. */
  function from(address: string): void {
    browser = new HttpBrowser(pagesOf(guarded.url), pagesOf(guarded.url), { 'x-forwarded-for': address })
  }

  test('to open the link again that one has signed up with', async () => {
    from('192.0.2.1')
    const link = `/join/${await giftCode(guarded)}`
    const form = { name: 'returner', domain: '.test', email: 'r@mail.test', password: 'long-enough-22' }
    expect((await browser.fillIn(link, form)).place).toBe(`${link}/done`)
    for (let time = 0; time < 5; time += 1) expect((await browser.get(link)).place).toBe(`${link}/done`)
    expect((await browser.get(`/join/${await giftCode(guarded)}`)).status).toBe(200)
    // Not even where others have guessed.
    for (const code of ['a', 'b']) await browser.get(`/join/${code}`)
    expect((await browser.get('/join/c')).status).toBe(429)
    expect((await browser.get(link)).place).toBe(`${link}/done`)
  })

  test('the page after a form whose code was counted at the door', async () => {
    from('192.0.2.2')
    const form = { name: 'guesser', domain: '.test', email: 'g@mail.test', password: 'long-enough-22' }
    const statuses: number[] = []
    await browser.get(`/join/${await giftCode(guarded)}`)
    const { csrf } = browser
    for (const code of ['a', 'b', 'c'])
      statuses.push((await browser.post(`/join/${code}`, { ...form, csrf })).status)
    expect(statuses).toEqual([404, 404, 429])
  })

  test('but a form that the door never saw is', async () => {
    from('192.0.2.3')
    const statuses: number[] = []
    await browser.get(`/join/${await giftCode(guarded)}`)
    const { csrf } = browser
    for (const code of ['a', 'b', 'c'])
      statuses.push((await browser.post(`/join/${code}`, { name: '', csrf })).status)
    expect(statuses).toEqual([404, 404, 400])
    expect((await browser.get(`/join/${await giftCode(guarded)}`)).status).toBe(429)
  })
})

describe('pictures', () => {
  const avatar = (did: string, headers: HeadersInit = {}) =>
    fetch(`${web}/_latchkey/avatar/${encodeURIComponent(did)}`, { headers })

  /** Whether there is nothing to see: one point, which initials show through. */
  async function isBlank(did: string): Promise<boolean> {
    const answer = await avatar(did)
    const { byteLength } = await answer.arrayBuffer()
    return answer.status === 200 && answer.headers.get('content-type') === 'image/gif' && byteLength === 42
  }

  test('are those of our own accounts, with their type, and can do nothing', async () => {
    const answer = await avatar(ada.did)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('image/png')
    expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox")
    expect(answer.headers.get('cache-control')).toBe('public, max-age=600')
    // It stands in previews of links, on other sites.
    expect(answer.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(PNG)
    const again = await avatar(ada.did, { 'if-none-match': answer.headers.get('etag') ?? '' })
    expect(again.status).toBe(304)
  })

  test('of strangers, and of accounts without one, are not there', async () => {
    expect(await isBlank('did:plc:aaaaaaaaaaaaaaaaaaaaaaaa')).toBe(true)
    expect(await isBlank('did:web:elsewhere.example')).toBe(true)
    expect(await isBlank((await join(fronted, 'faceless.test')).did)).toBe(true)
  })

  test('that could hold scripts or are too big are not shown', async () => {
    const crafty = await join(fronted, 'crafty.test')
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')
    await showProfile(fronted, crafty, { displayName: 'Crafty', type: 'image/svg+xml', picture: svg })
    expect(await isBlank(crafty.did)).toBe(true)
    const heavy = await join(fronted, 'heavy.test')
    await showProfile(fronted, heavy, { displayName: 'Heavy', picture: Buffer.alloc(1_000_001) })
    expect(await isBlank(heavy.did)).toBe(true)
  })
})

async function read(path: string, headers: HeadersInit = {}): Promise<string> {
  return (await fetch(web + path, { headers })).text()
}
