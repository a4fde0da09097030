import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { giftCode, postAsAdmin } from '../support/members.ts'
import { PDS_LINES } from '../support/pds.ts'
import { accountsOf, countersOf, invitedByOf, operationsOf, usersOf } from './ledger.ts'
import { AccountPage, nameAndValue, SIGN_UP_PATH } from './oauth-page.ts'
import { newPerson } from './people.ts'

const REFUSED = {
  error: 'invalid_request',
  // The page looks for the first sentence, and shows its own words for it.
  error_description: 'This invite code is invalid. Provided invite code not available',
}

describe.each(PDS_LINES)('the OAuth sign-up page of PDS %s', (line) => {
  let fronted: FrontedWorld
  let page: AccountPage

  beforeAll(async () => {
    fronted = await startFrontedWorld({ guessLimit: '1000' }, { line })
    page = await AccountPage.open(fronted.url)
  })

  afterAll(() => fronted[Symbol.asyncDispose]())

  function form(inviteCode?: string) {
    return { locale: 'en', ...newPerson(), ...(inviteCode !== undefined && { inviteCode }) }
  }

  /** The PDS's own answer, past Latchkey. */
  function atThePds(input: object, options: { csrfToken?: string } = {}) {
    return page.signUp(input, { ...options, viaUrl: fronted.world.pds.url })
  }

  test('a code that is unknown, used up, disabled or the PDS’s own is refused in the page’s words', async () => {
    const used = await giftCode(fronted)
    expect((await page.signUp(form(used))).status).toBe(200)
    const disabled = await giftCode(fronted)
    await postAsAdmin(fronted, com.atproto.admin.disableInviteCodes.$nsid, { codes: [disabled] })
    const upstream = await fronted.world.createPdsCode()

    const before = await operationsOf(fronted.world)
    for (const code of ['localhost-aaaaa-bbbbb', used, disabled, upstream]) {
      const { status, body, cookies } = await page.signUp(form(code))
      expect({ status, body }, code).toEqual({ status: 400, body: REFUSED })
      expect(cookies.length).toBeGreaterThan(0)
    }
    expect(await operationsOf(fronted.world)).toEqual(before)
    expect(countersOf(fronted, used)).toEqual({ used: 1, reserved: 0 })
    expect((await atThePds(form(upstream))).status).toBe(200)
  })

  test('a good code makes the account, in the shape of the line', async () => {
    const code = await giftCode(fronted)
    const input = form(code)
    const { status, body } = await page.signUp(input)
    expect(status).toBe(200)
    const reference = await atThePds(form(await fronted.world.createPdsCode()))
    expect(shapeOf(body)).toEqual(shapeOf(reference.body))

    const account = body['account'] as Record<string, string>
    const did = line === '0.4' ? account['sub'] : account['did']
    expect(did).toMatch(/^did:plc:/)
    expect(usersOf(fronted, code)).toEqual([did])
    expect(countersOf(fronted, code)).toEqual({ used: 1, reserved: 0 })
    expect(await invitedByOf(fronted, did ?? '')).toBe(code)

    const session = await fetch(`${fronted.url}/xrpc/${com.atproto.server.createSession.$nsid}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ identifier: input.handle, password: input.password }),
    })
    expect(await session.json()).toMatchObject({ did, handle: input.handle })
  })

  test('all cookies of the PDS reach the browser', async () => {
    const reference = await atThePds(form(await fronted.world.createPdsCode()))
    const { cookies } = await page.signUp(form(await giftCode(fronted)))
    expect(cookies.map(nameAndAttributes)).toEqual(reference.cookies.map(nameAndAttributes))
    expect(cookies.length).toBeGreaterThan(1)
  })

  test('without a code the PDS says what it always says', async () => {
    for (const code of [undefined, '']) {
      const input = form(code)
      const reference = await atThePds(input)
      const { status, body } = await page.signUp(input)
      expect({ status, body }).toEqual({ status: reference.status, body: reference.body })
      expect(status).toBe(400)
    }
  })

  test('a code outlives every refusal, and is good at once afterwards', async () => {
    const code = await giftCode(fronted)
    const input = form(code)
    const refusals = [
      { handle: 'a.test' },
      { handle: 'someone.else.example' },
      { email: 'nonsense' },
      { password: 'short' },
      { nickname: 'unknown key' },
      { locale: 7 },
    ]
    for (const wrong of refusals) {
      const reference = await atThePds({
        ...input,
        ...wrong,
        inviteCode: await fronted.world.createPdsCode(),
      })
      const { status, body } = await page.signUp({ ...input, ...wrong })
      expect({ status, body }, JSON.stringify(wrong)).toEqual({ status: 400, body: reference.body })
    }
    expect(countersOf(fronted, code)).toEqual({ used: 0, reserved: 0 })
    expect((await page.signUp(input)).status).toBe(200)
  })

  test('a form that another site sent gets the PDS’s own answer, and costs no use', async () => {
    const code = await giftCode(fronted)
    const csrfToken = '0'.repeat(24)
    const reference = await atThePds(form(code), { csrfToken })
    const { status, body } = await page.signUp(form(code), { csrfToken })
    expect({ status, body }).toEqual({ status: reference.status, body: reference.body })
    expect(body['error_description']).toMatch(/CSRF/)
    expect(countersOf(fronted, code)).toEqual({ used: 0, reserved: 0 })
  })

  test('no spelling of the path leads past Latchkey', async () => {
    const spellings = [
      `${SIGN_UP_PATH}?from=elsewhere`,
      `${SIGN_UP_PATH}/`,
      SIGN_UP_PATH.toUpperCase(),
      SIGN_UP_PATH.replace('~', '%7E'),
      SIGN_UP_PATH.replace('/~', '\\~'),
      `/account/..${SIGN_UP_PATH}`,
      `${fronted.url}${SIGN_UP_PATH}`,
    ]
    for (const target of spellings) {
      const { status, body } = await page.signUp(form(await fronted.world.createPdsCode()), { target })
      expect({ status, body }, target).toEqual({ status: 400, body: REFUSED })
    }
    const target = `${SIGN_UP_PATH}?from=elsewhere`
    expect((await page.signUp(form(await giftCode(fronted)), { target })).status).toBe(200)
  })

  test('a packed body is understood', async () => {
    const code = await giftCode(fronted)
    expect((await page.signUp(form(code), { gzip: true })).status).toBe(200)
    expect(countersOf(fronted, code)).toEqual({ used: 1, reserved: 0 })
  })

  test('whoever sends the form again while it is still being worked on is asked to wait', async () => {
    const code = await giftCode(fronted)
    const input = form(code)
    const answered = fronted.link.holdAnswerTo(SIGN_UP_PATH)
    const first = page.signUp(input)
    const letGo = await answered
    const second = await page.signUp(input)
    letGo()
    expect((await first).status).toBe(200)
    expect(second.status).toBe(503)
    expect(Number(second.retryAfter)).toBeGreaterThan(0)
    expect(second.body).toEqual({
      error: expect.any(String),
      error_description: expect.stringMatching(/still being finished/),
    })
    expect(countersOf(fronted, code)).toEqual({ used: 1, reserved: 0 })
  })

  test('twenty at once on a code for one: one account, and no identity without one', async () => {
    const code = await giftCode(fronted)
    const before = {
      accounts: await accountsOf(fronted.world),
      operations: await operationsOf(fronted.world),
    }
    const pages = await Promise.all(Array.from({ length: 20 }, () => AccountPage.open(fronted.url)))
    const answers = await Promise.all(pages.map((one) => one.signUp(form(code))))
    const refused = answers.filter(({ status }) => status !== 200)
    expect(refused.map(({ status, body }) => ({ status, body }))).toEqual(
      Array.from({ length: 19 }, () => ({ status: 400, body: REFUSED })),
    )

    const operations = await operationsOf(fronted.world)
    expect(operations).toHaveLength(before.operations.length + 1)
    const accounts = await accountsOf(fronted.world)
    expect(accounts).toHaveLength(before.accounts.length + 1)
    expect(operations).toEqual(accounts)
    expect(countersOf(fronted, code)).toEqual({ used: 1, reserved: 0 })
  })

  test('neither codes nor passwords are logged', async () => {
    const code = await giftCode(fronted)
    const input = form(code)
    await page.signUp(input)
    await page.signUp(form(code))
    const text = fronted.logs.join('\n')
    expect(text).toMatch(/sign-up refused/)
    expect(text).not.toMatch(/localhost-[a-z2-7]{5}-[a-z2-7]{5}/)
    expect(text).not.toContain(input.password)
    expect(text).not.toContain(input.email)
  })
})

/** An answer's keys, and those of its account. */
function shapeOf({ account, ...rest }: Record<string, unknown>): unknown {
  return { account: Object.keys(account as object).toSorted(), rest: Object.keys(rest).toSorted() }
}

/** A cookie without what differs from one to the next. */
function nameAndAttributes(cookie: string): string {
  const [name, value] = nameAndValue(cookie)
  return cookie.replace(`${name}=${value}`, name).replace(/Expires=[^;]*/i, 'Expires')
}
