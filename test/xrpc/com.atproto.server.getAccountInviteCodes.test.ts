import { DatabaseSync } from 'node:sqlite'
import { AtpAgent } from '@atproto/api'
import { Client } from '@atproto/lex'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { codesOf, getCodes, giftCode, join, postAsAdmin, setBirth } from '../support/members.ts'
import type { Member } from '../support/pds.ts'
import { holdWriteLock } from '../support/write-lock.ts'

const HOUR = 3_600_000

let fronted: FrontedWorld
let alice: Member
let bob: Member
let usedCode: string
let openCode: string

beforeAll(async () => {
  fronted = await startFrontedWorld({ inviteInterval: '1h' })
  alice = await join(fronted, 'alice.test')
  usedCode = await giftCode(fronted, { forAccount: alice.did })
  openCode = await giftCode(fronted, { forAccount: alice.did })
  bob = await join(fronted, 'bob.test', usedCode)
})

afterAll(() => fronted[Symbol.asyncDispose]())

/** A member of an age. Nobody asked for their codes yet, so that Latchkey still has to learn it. */
async function joinAged(handle: string, hours: number): Promise<Member> {
  const member = await join(fronted, handle)
  await setBirth(fronted, member.did, new Date(Date.now() - hours * HOUR - 60_000))
  return member
}

function rowsOf(did: string): number {
  using database = new DatabaseSync(fronted.databasePath, { readOnly: true })
  const row = database.prepare('SELECT count(*) AS rows FROM invite_code WHERE for_account = ?').get(did)
  return Number(row?.['rows'])
}

test('“Get all invite codes for the current account”: used and open ones, and nobody else’s', async () => {
  const codes = await codesOf(fronted, alice)
  expect(codes.map(({ code }) => code)).toEqual([usedCode, openCode])
  expect(codes[0]?.uses).toEqual([{ usedBy: bob.did, usedAt: expect.any(String) }])
  expect(await codesOf(fronted, bob)).toEqual([])
})

test('“Requires auth”: without a session nothing is shown, with one of the PDS everything', async () => {
  const anonymous = await fetch(`${fronted.url}/xrpc/${com.atproto.server.getAccountInviteCodes.$nsid}`)
  expect(anonymous.status).toBe(401)
  expect(await anonymous.json()).toEqual({ error: 'AuthMissing', message: 'Authentication Required' })
  expect((await getCodes(fronted, alice)).status).toBe(200)
})

test('“includeUsed … Default: true”: false hides codes with no uses left, leaving it out does not', async () => {
  const shown = async (search: string) => (await codesOf(fronted, alice, search)).map(({ code }) => code)
  expect(await shown('?includeUsed=false')).toEqual([openCode])
  expect(await shown('?includeUsed=true')).toEqual([usedCode, openCode])
  expect(await shown('')).toEqual([usedCode, openCode])
})

test('“createAvailable … Default: true”: leaving it out creates what was earned', async () => {
  const carol = await joinAged('carol.test', 3)
  expect(await codesOf(fronted, carol)).toHaveLength(3)
  expect(rowsOf(carol.did)).toBe(3)
})

test('“Controls whether any new ‘earned’ but not ‘created’ invites should be created”: false writes nothing', async () => {
  const dora = await joinAged('dora.test', 2)
  expect(await codesOf(fronted, dora, '?createAvailable=false')).toEqual([])
  expect(rowsOf(dora.did)).toBe(0)
  expect(await codesOf(fronted, dora, '?createAvailable=true')).toHaveLength(2)
  expect(await codesOf(fronted, dora, '?createAvailable=false')).toHaveLength(2)
})

test('what was earned is kept to five open codes, and one more comes for each that is used', async () => {
  const erin = await joinAged('erin.test', 48)
  const [first] = await codesOf(fronted, erin)
  expect(rowsOf(erin.did)).toBe(5)
  await join(fronted, 'frank.test', first?.code)
  expect(await codesOf(fronted, erin)).toHaveLength(6)
  expect(await codesOf(fronted, erin, '?includeUsed=false')).toHaveLength(5)
})

test('“codes … required”, “com.atproto.server.defs#inviteCode”: the lexicon’s keys and no others, in each code', async () => {
  const gina = await joinAged('gina.test', 1)
  const response = await getCodes(fronted, gina)
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
  const body: unknown = await response.json()
  const { codes } = com.atproto.server.getAccountInviteCodes.$output.schema.parse(body)
  expect(Object.keys(body as object)).toEqual(['codes'])
  expect(codes).toHaveLength(1)
  for (const code of codes) {
    expect(Object.keys(code).toSorted()).toEqual(
      ['available', 'code', 'createdAt', 'createdBy', 'disabled', 'forAccount', 'uses'].toSorted(),
    )
    expect(code).toMatchObject({
      available: 1,
      disabled: false,
      forAccount: gina.did,
      createdBy: gina.did,
      uses: [],
    })
    expect(code.code).toMatch(/^localhost-[a-z2-7]{5}-[a-z2-7]{5}$/)
  }
})

test('fifty calls at once all succeed and show the same codes', async () => {
  const hana = await joinAged('hana.test', 4)
  const answers = await Promise.all(Array.from({ length: 50 }, () => codesOf(fronted, hana)))
  const lists = new Set(answers.map((codes) => codes.map(({ code }) => code).join()))
  expect(lists.size).toBe(1)
  expect(answers[0]).toHaveLength(4)
  expect(rowsOf(hana.did)).toBe(4)
})

test('“Possible Errors: DuplicateCreate”: only while another process keeps the database locked, and nothing is left', async () => {
  const ivan = await joinAged('ivan.test', 3)
  {
    await using _lock = await holdWriteLock(fronted.databasePath)
    const response = await getCodes(fronted, ivan)
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      error: 'DuplicateCreate',
      message: 'attempted to create additional codes in another request',
    })
    expect(await codesOf(fronted, ivan, '?createAvailable=false')).toEqual([])
  }
  expect(rowsOf(ivan.did)).toBe(0)
  expect(await codesOf(fronted, ivan)).toHaveLength(3)
})

test('disabled codes are hidden, and disabling a member’s invites stops earning without touching codes', async () => {
  const judy = await joinAged('judy.test', 2)
  const [first] = await codesOf(fronted, judy)
  await postAsAdmin(fronted, com.atproto.admin.disableInviteCodes.$nsid, { codes: [first?.code] })
  expect(await codesOf(fronted, judy)).toHaveLength(1)

  const kim = await joinAged('kim.test', 2)
  const gift = await giftCode(fronted, { forAccount: kim.did })
  await postAsAdmin(fronted, com.atproto.admin.disableAccountInvites.$nsid, { account: kim.did })
  expect((await codesOf(fronted, kim)).map(({ code }) => code)).toEqual([gift])
  await postAsAdmin(fronted, com.atproto.admin.enableAccountInvites.$nsid, { account: kim.did })
  expect(await codesOf(fronted, kim)).toHaveLength(3)
})

test('the official client @atproto/api gets them', async () => {
  const agent = new AtpAgent({ service: fronted.url })
  await agent.login({ identifier: alice.handle, password: alice.password })
  const { data } = await agent.com.atproto.server.getAccountInviteCodes({ includeUsed: false })
  expect(data.codes.map(({ code }) => code)).toEqual([openCode])
})

test('the official client @atproto/lex gets them', async () => {
  const { service, headers } = {
    service: fronted.url,
    headers: { authorization: `Bearer ${alice.accessJwt}` },
  }
  const client = new Client({ service, headers })
  const { codes } = await client.call(com.atproto.server.getAccountInviteCodes.main)
  expect(codes.map(({ code }) => code)).toEqual([usedCode, openCode])
})
