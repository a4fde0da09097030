import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { until } from '../pds/firehose-world.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { postJson } from '../support/pds.ts'
import { codesOf, getAsAdmin, giftCode, join as joinHost, postAsAdmin } from '../support/members.ts'

const { createSession } = com.atproto.server
const CREATE_ACCOUNT = `/xrpc/${com.atproto.server.createAccount.$nsid}`
const REFUSED = { error: 'InvalidInviteCode', message: 'Provided invite code not available' }

let fronted: FrontedWorld

beforeAll(async () => {
  fronted = await startFrontedWorld()
})

afterAll(() => fronted[Symbol.asyncDispose]())

let people = 0

/** Somebody new who wants to sign up. */
function newcomer(inviteCode?: string) {
  people += 1
  const name = `newcomer${people}`
  return {
    handle: `${name}.test`,
    email: `${name}@mail.test`,
    password: 'hunter22',
    ...(inviteCode && { inviteCode }),
  }
}

async function signUp(
  input: object,
  base = fronted.url,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${base}${CREATE_ACCOUNT}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

/** What the database holds of a code. */
function countersOf(
  code: string,
  { databasePath } = fronted,
): { used: number; reserved: number; states: string[] } {
  using database = new DatabaseSync(databasePath, { readOnly: true })
  const row = database.prepare('SELECT used, reserved FROM invite_code WHERE code = ?').get(code)
  const reservations = database
    .prepare('SELECT state FROM reservation WHERE code = ? ORDER BY state')
    .all(code)
  return {
    used: Number(row?.['used']),
    reserved: Number(row?.['reserved']),
    states: reservations.map(({ state }) => String(state)),
  }
}

test('a code brings in one person for each use, and then nobody', async () => {
  const code = await giftCode(fronted)
  const first = await signUp(newcomer(code))
  expect(first.status).toBe(200)
  expect(await signUp(newcomer(code))).toEqual({ status: 400, body: REFUSED })
  expect(countersOf(code)).toEqual({ used: 1, reserved: 0, states: ['committed'] })
  const { invitedBy } = await getAsAdmin<com.atproto.admin.defs.AccountView>(
    fronted,
    com.atproto.admin.getAccountInfo.$nsid,
    `?did=${String(first.body['did'])}`,
  )
  expect(invitedBy?.code).toBe(code)
})

for (const uses of [1, 5]) {
  test(`fifty sign-ups at once with a code of ${uses} use(s) make exactly ${uses} account(s), and no DID for anybody else`, async () => {
    const code = await giftCode(fronted, { useCount: uses })
    const answers = await Promise.all(Array.from({ length: 50 }, () => signUp(newcomer(code))))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(uses)
    for (const { body } of answers.filter(({ status }) => status !== 200)) expect(body).toEqual(REFUSED)
    expect(countersOf(code)).toMatchObject({ used: uses, reserved: 0 })
    expect(await orphanedDids()).toEqual([])
  })
}

/** DIDs that the PLC directory has and the PDS has no account for. */
async function orphanedDids(): Promise<readonly string[]> {
  const { dataDir, pds } = fronted.world
  const lines = (await readFile(join(dataDir, 'plc.jsonl'), 'utf8')).trimEnd().split('\n')
  const { db } = pds.pds.ctx.accountManager.db
  const accounts = new Set<string>(
    (await db.selectFrom('account').select('did').execute()).map(({ did }) => did),
  )
  return lines.map((line) => (JSON.parse(line) as { did: string }).did).filter((did) => !accounts.has(did))
}

test('the same handle twice at once, with two codes: one account, and the other code is whole again', async () => {
  const codes = [await giftCode(fronted), await giftCode(fronted)]
  const person = newcomer()
  const answers = await Promise.all(
    codes.map((inviteCode, index) => signUp({ ...person, email: `twin${index}@mail.test`, inviteCode })),
  )
  expect(answers.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1)
  const counters = codes.map((code) => countersOf(code))
  expect(counters.map(({ used }) => used).toSorted((a, b) => a - b)).toEqual([0, 1])
  expect(counters.map(({ reserved }) => reserved)).toEqual([0, 0])
})

test('a sign-up that the PDS refuses gives the use back', async () => {
  const { handle } = await joinHost(fronted, 'taken.test')
  const code = await giftCode(fronted)
  const { status, body } = await signUp({ ...newcomer(code), handle })
  expect([status, body['error']]).toEqual([400, 'InvalidRequest'])
  expect(countersOf(code)).toEqual({ used: 0, reserved: 0, states: ['released'] })
  expect((await signUp(newcomer(code))).status).toBe(200)
})

test('missing, unknown, used-up and disabled codes are told in the PDS’s own words, and as the PDS orders its errors', async () => {
  const { pds } = fronted.world
  const used = await giftCode(fronted)
  await signUp(newcomer(used))
  const disabled = await giftCode(fronted)
  await postAsAdmin(fronted, com.atproto.admin.disableInviteCodes.$nsid, { codes: [disabled] })
  for (const inviteCode of [undefined, '', 'localhost-aaaaa-bbbbb', used, disabled]) {
    for (const wrong of [
      {},
      { handle: 'a.test' },
      { handle: 'someone.else.example' },
      { email: 'nonsense' },
    ]) {
      const input = { ...newcomer(inviteCode), ...wrong }
      const reference = await signUp(
        { ...input, ...(inviteCode && { inviteCode: 'localhost-aaaaa-bbbbb' }) },
        pds.url,
      )
      expect(await signUp(input), JSON.stringify(wrong)).toEqual(reference)
    }
  }
})

test('a code of the PDS itself, unknown to Latchkey, never reaches the PDS', async () => {
  const upstream = await fronted.world.createPdsCode()
  expect(await signUp(newcomer(upstream))).toEqual({ status: 400, body: REFUSED })
  expect((await signUp(newcomer(upstream), fronted.world.pds.url)).status).toBe(200)
})

test('members can’t see or use the PDS’s own codes that sign-ups go through', async () => {
  const owner = await joinHost(fronted, 'olga.test')
  const code = await giftCode(fronted, { forAccount: owner.did })
  await signUp(newcomer(code))
  const direct = await fetch(
    `${fronted.world.pds.url}/xrpc/${com.atproto.server.getAccountInviteCodes.$nsid}`,
    {
      headers: { authorization: `Bearer ${owner.accessJwt}` },
    },
  )
  expect(await direct.json()).toEqual({ codes: [] })
  expect((await codesOf(fronted, owner)).map((shown) => shown.code)).toEqual([code])
})

test('a packed body is understood', async () => {
  const code = await giftCode(fronted)
  const response = await fetch(`${fronted.url}${CREATE_ACCOUNT}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: gzipSync(JSON.stringify(newcomer(code))),
  })
  expect(response.status).toBe(200)
  expect(countersOf(code)).toMatchObject({ used: 1, reserved: 0 })
})

test('a sign-up whose answer is lost is found out at once: the account exists, so the use is spent', async () => {
  fronted.link.loseAnswersTo(CREATE_ACCOUNT)
  const code = await giftCode(fronted)
  const person = newcomer(code)
  const { status, body } = await signUp(person)
  fronted.link.calm()
  expect([status, body['error']]).toEqual([502, 'UpstreamFailure'])
  expect(body['message']).toMatch(/may exist already: try signing in/)
  expect(countersOf(code)).toEqual({ used: 1, reserved: 0, states: ['committed'] })
  const session = await postJson<{ did: string }>(`${fronted.url}/xrpc/${createSession.$nsid}`, {
    identifier: person.handle,
    password: person.password,
  })
  expect(session.did).toMatch(/^did:plc:/)
})

test('pressing twice: the second hears that the first is still being finished', async () => {
  const code = await giftCode(fronted, { useCount: 5 })
  const person = newcomer(code)
  const held = fronted.link.holdAnswerTo(CREATE_ACCOUNT)
  const first = signUp(person)
  const release = await held
  const second = await fetch(`${fronted.url}${CREATE_ACCOUNT}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(person),
  })
  expect([second.status, second.headers.get('retry-after')]).toEqual([503, '10'])
  expect(await second.json()).toEqual({
    error: 'ServiceUnavailable',
    message: 'Your sign-up is still being finished; wait, then try signing in.',
  })
  release()
  expect((await first).status).toBe(200)
  expect(countersOf(code)).toMatchObject({ used: 1, reserved: 0 })
})

test('a 200 that says nobody came is not believed: nobody did, and the code is whole again', async () => {
  const code = await giftCode(fronted)
  fronted.link.trouble(CREATE_ACCOUNT, { status: 200 })
  await signUp(newcomer(code))
  fronted.link.trouble(CREATE_ACCOUNT, undefined)
  expect(countersOf(code)).toEqual({ used: 0, reserved: 0, states: ['released'] })
  expect((await signUp(newcomer(code))).status).toBe(200)
})

test('a client that leaves does not end its sign-up', async () => {
  const code = await giftCode(fronted)
  const held = fronted.link.holdAnswerTo(CREATE_ACCOUNT)
  const leaving = new AbortController()
  const left = fetch(`${fronted.url}${CREATE_ACCOUNT}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(newcomer(code)),
    signal: leaving.signal,
  })
  const release = await held
  leaving.abort()
  await expect(left).rejects.toThrow('aborted')
  release()
  await expect.poll(() => countersOf(code)).toEqual({ used: 1, reserved: 0, states: ['committed'] })
})

test('a code disabled while a sign-up is in flight: that one may finish, none starts', async () => {
  const code = await giftCode(fronted, { useCount: 2 })
  const held = fronted.link.holdAnswerTo(CREATE_ACCOUNT)
  const first = signUp(newcomer(code))
  const release = await held
  await postAsAdmin(fronted, com.atproto.admin.disableInviteCodes.$nsid, { codes: [code] })
  expect(await signUp(newcomer(code))).toEqual({ status: 400, body: REFUSED })
  release()
  expect((await first).status).toBe(200)
  expect(countersOf(code)).toMatchObject({ used: 1, reserved: 0 })
})

test('an address that guesses has to wait, and a good code from another address still works', async () => {
  await using strict = await startFrontedWorld({ guessLimit: '3' })
  const from = async (address: string, inviteCode: string) => {
    const response = await fetch(`${strict.url}${CREATE_ACCOUNT}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
      body: JSON.stringify(newcomer(inviteCode)),
    })
    return { status: response.status, retryAfter: response.headers.get('retry-after') }
  }
  const good = await giftCode(strict)
  for (let guess = 0; guess < 3; guess++) {
    expect(await from('2001:db8::1', `localhost-aaaaa-aaaa${guess}`)).toEqual({
      status: 400,
      retryAfter: null,
    })
  }
  const blocked = await from('2001:db8::ffff', good)
  expect(blocked.status).toBe(429)
  expect(Number(blocked.retryAfter)).toBeGreaterThan(500)
  expect((await from('2001:db8:0:1::1', good)).status).toBe(200)
})

test('an address that tries a good code again and again has to wait before any more of it is held or minted', async () => {
  await using patient = await startFrontedWorld()
  const code = await giftCode(patient)
  const from = async (address: string, input: object) => {
    const response = await fetch(`${patient.url}${CREATE_ACCOUNT}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
      body: JSON.stringify(input),
    })
    return { response, body: (await response.json()) as Record<string, unknown> }
  }
  // The first one has a handle that the PDS refuses; the others end sooner, so that a hundred do not take long.
  const refused = () => ({ ...newcomer(code), handle: 'somebody.elsewhere.example' })
  expect((await from('2001:db8::1', refused())).body['error']).toBe('InvalidHandle')
  patient.link.trouble(`/xrpc/${com.atproto.server.createInviteCode.$nsid}`, { status: 500 })
  for (let attempt = 1; attempt < 100; attempt++)
    expect((await from('2001:db8::1', newcomer(code))).response.status).toBe(502)
  patient.link.calm()
  const reservations = () => {
    using database = new DatabaseSync(patient.databasePath, { readOnly: true })
    return database.prepare('SELECT count(*) AS count FROM reservation').get()?.['count']
  }
  expect(reservations()).toBe(100)

  const { response, body } = await from('2001:db8::ffff', refused())
  expect([response.status, body['error']]).toEqual([429, 'RateLimitExceeded'])
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(200)
  expect(reservations()).toBe(100)
  expect((await from('2001:db8:0:1::1', newcomer(code))).response.status).toBe(200)
})

test('what is too long for a handle is neither kept nor logged, and goes on as it is', async () => {
  const { pds } = fronted.world
  for (const length of [253, 254]) {
    const code = await giftCode(fronted)
    const handle = `${'long'.repeat(100)}.test`.slice(-length)
    const answer = await signUp({ ...newcomer(code), handle })
    const reference = await signUp({ ...newcomer('localhost-aaaaa-bbbbb'), handle }, pds.url)
    expect(answer).toEqual(reference)
    expect(await signUp({ ...newcomer('localhost-aaaaa-aaaaa'), handle })).toMatchObject({ status: 400 })
    expect(fronted.logs.some((line) => line.includes(handle))).toBe(length === 253)
    using database = new DatabaseSync(fronted.databasePath, { readOnly: true })
    const kept = database.prepare('SELECT handle FROM reservation WHERE code = ?').get(code)?.['handle']
    expect(kept).toBe(length === 253 ? handle : null)
  }
})

describe('what closes the doors while a sign-up is on its way, before it was sent on,', () => {
  const MINT = `/xrpc/${com.atproto.server.createInviteCode.$nsid}`
  const SOON = { lookWhileSound: 50, lookWhileFaulty: 50 }

  test('holds it up: nothing was made, and the code is whole again', async () => {
    await using closing = await startFrontedWorld({}, {}, SOON)
    const code = await giftCode(closing)
    const held = closing.link.holdAnswerTo(MINT)
    const person = newcomer(code)
    const coming = signUp(person, closing.url)
    const release = await held
    const { cfg } = closing.world.pds.pds.ctx
    const { invites } = cfg
    cfg.invites = { required: false }
    await until(() => closing.logs.some((line) => line.includes('lets people sign up without')))
    release()
    expect(await coming).toMatchObject({
      status: 503,
      body: { message: expect.stringMatching(/not possible right now/) },
    })
    expect(countersOf(code, closing)).toEqual({ used: 0, reserved: 0, states: ['released'] })
    cfg.invites = invites
    await until(async () => (await signUp(person, closing.url)).status === 200)
  })

  test('may be a pause as well, which is told in its own words', async () => {
    await using closing = await startFrontedWorld()
    const code = await giftCode(closing)
    const held = closing.link.holdAnswerTo(MINT)
    const coming = signUp(newcomer(code), closing.url)
    const release = await held
    await using store = await openSqliteStore({ path: closing.databasePath })
    await store.setPause('localhost', {
      since: Date.now(),
      exceptMigrations: false,
      message: 'Back on Monday.',
    })
    release()
    expect(await coming).toMatchObject({ status: 400, body: { message: 'Back on Monday.' } })
    expect(countersOf(code, closing)).toEqual({ used: 0, reserved: 0, states: ['released'] })
  })
})

test('neither codes nor passwords are logged', () => {
  const text = fronted.logs.join('\n')
  expect(text).toMatch(/answered/)
  expect(text).not.toMatch(/localhost-[a-z2-7]{5}-[a-z2-7]{5}/)
  expect(text).not.toMatch(/hunter22/)
  expect(text).not.toContain(fronted.world.secrets.adminPassword)
})
