import { afterAll, beforeAll, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { giftCode, join } from '../support/members.ts'
import type { Member } from '../support/pds.ts'
import { exchange, type Sent } from './support/exchange.ts'
import { askBoth, expectAnswers, type PdsSays, storeContents, type Told } from './support/parity.ts'

const { createInviteCode, createInviteCodes, getAccountInviteCodes } = com.atproto.server
const {
  disableAccountInvites,
  disableInviteCodes,
  enableAccountInvites,
  getAccountInfo,
  getAccountInfos,
  getInviteCodes,
} = com.atproto.admin

const NOBODY = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
const DONE: Told = { status: 200 }

let fronted: FrontedWorld
let alice: Member
let code: string

beforeAll(async () => {
  fronted = await startFrontedWorld({ maxCodes: '20', maxUses: '100' })
  alice = await join(fronted, 'alice.test')
  code = await giftCode(fronted, { forAccount: alice.did })
})

afterAll(() => fronted[Symbol.asyncDispose]())

function query(nsid: string, search: string): Sent {
  const asMember = nsid === getAccountInviteCodes.$nsid
  const authorization = asMember ? `Bearer ${alice.accessJwt}` : fronted.world.adminAuth
  return { path: `/xrpc/${nsid}${search}`, headers: { authorization } }
}

/** @param input an object, or JSON as it is */
function procedure(nsid: string, input: unknown): Sent {
  return {
    method: 'POST',
    path: `/xrpc/${nsid}`,
    headers: { authorization: fronted.world.adminAuth, 'content-type': 'application/json' },
    body: typeof input === 'string' ? input : JSON.stringify(input),
  }
}

async function expectRefused(sent: Sent, latchkey: Told, pds: PdsSays = 'the same'): Promise<void> {
  const before = storeContents(fronted)
  expectAnswers(await askBoth(fronted, sent), latchkey, pds)
  expect(storeContents(fronted)).toEqual(before)
}

function invalid(message: string): Told {
  return { status: 400, error: 'InvalidRequest', message }
}

function expectedType(type: string, got: string): string {
  return `Expected ${type} value type (got ${got})`
}

const MALFORMED_CURSOR = 'Malformed cursor'

test.each([
  [getAccountInviteCodes.$nsid, '?includeUsed=TRUE', expectedType('boolean', '"TRUE"')],
  [
    getAccountInviteCodes.$nsid,
    '?includeUsed=true&includeUsed=false',
    expectedType('boolean', '[true, false]'),
  ],
  [getAccountInviteCodes.$nsid, '?createAvailable=0', expectedType('boolean', '"0"')],
  [getInviteCodes.$nsid, '?limit=0', 'integer too small (minimum 1, got 0)'],
  [getInviteCodes.$nsid, '?limit=-1', 'integer too small (minimum 1, got -1)'],
  [getInviteCodes.$nsid, '?limit=501', 'integer too big (maximum 500, got 501)'],
  [getInviteCodes.$nsid, '?limit=abc', expectedType('integer', '"abc"')],
  [getInviteCodes.$nsid, '?limit=1.5', expectedType('integer', '"1.5"')],
  [getInviteCodes.$nsid, '?limit=1e2', expectedType('integer', '"1e2"')],
  [getInviteCodes.$nsid, '?limit=99999999999999999999', expectedType('integer', '100000000000000000000')],
  [getInviteCodes.$nsid, '?limit=5&limit=6', expectedType('integer', '[5, 6]')],
  [getInviteCodes.$nsid, '?sort=recent&sort=usage', expectedType('string', '["recent", "usage"]')],
  [getInviteCodes.$nsid, '?cursor=1::a&cursor=2::b', expectedType('string', '["1::a", "2::b"]')],
  [getAccountInfo.$nsid, '', 'Missing required key "did"'],
  [getAccountInfo.$nsid, '?did=alice.test', 'Invalid DID (got "alice.test")'],
  [
    getAccountInfo.$nsid,
    '?did=did:web:a.b&did=did:web:c.d',
    expectedType('string', '["did:web:a.b", "did:web:c.d"]'),
  ],
  [getAccountInfos.$nsid, '', 'Missing required key "dids"'],
  [getAccountInfos.$nsid, '?dids=did:web:a.b&dids=x', 'Invalid DID (got "x")'],
  [getAccountInfos.$nsid, '?dids[]=did:web:a.b', 'Missing required key "dids"'],
])('%s%s', async (nsid, search, message) => {
  await expectRefused(query(nsid, search), invalid(`Invalid ${nsid} params: ${message}`))
})

test('an account that the PDS does not have', async () => {
  const unknown: Told = { status: 400, error: 'NotFound', message: 'Account not found' }
  await expectRefused(query(getAccountInfo.$nsid, `?did=${NOBODY}`), unknown)
})

test.each([
  ['?sort=old', 'unknown sort method: old'],
  ['?sort=RECENT', 'unknown sort method: RECENT'],
  ['?sort=old&cursor=x', 'unknown sort method: old'],
  ...['x', 'x::a', '1::', '::a', '::', '1:a', '1::2::3', '%00', 'x::a&sort=usage'].map((cursor) => [
    `?cursor=${cursor}`,
    MALFORMED_CURSOR,
  ]),
  ['?cursor=99999999999999999999::a', MALFORMED_CURSOR],
  ['?cursor=8640000000000001::a', MALFORMED_CURSOR],
])('getInviteCodes%s', async (search, message) => {
  await expectRefused(query(getInviteCodes.$nsid, search ?? ''), invalid(message ?? ''))
})

// The PDS reads as much of a number as there is, and lists from there.
test.each(['-1::a', '1.5::a', '1e3::a', '99999999999999999999::a&sort=usage'])(
  'getInviteCodes?cursor=%s: not a position that was ever given out',
  async (cursor) => {
    await expectRefused(query(getInviteCodes.$nsid, `?cursor=${cursor}`), invalid(MALFORMED_CURSOR), DONE)
  },
)

const CREATE_BAD_KEYS: readonly (readonly [input: unknown, message: string])[] = [
  [{}, 'Missing required key "useCount" at $'],
  [{ useCount: '1' }, `${expectedType('integer', '"1"')} at $.useCount`],
  [{ useCount: null }, `${expectedType('integer', 'null')} at $.useCount`],
  [{ useCount: true }, `${expectedType('integer', 'true')} at $.useCount`],
  [{ useCount: [1] }, `${expectedType('integer', '[1]')} at $.useCount`],
  [{ useCount: 1.5 }, `${expectedType('integer', '1.5')} at $.useCount`],
  [{ useCount: 2 ** 53 }, `${expectedType('integer', '9007199254740992')} at $.useCount`],
  ['{"useCount":1e400}', `${expectedType('integer', 'Infinity')} at $.useCount`],
  ['{"useCount":1,"__proto__":{"useCount":2}}', 'Invalid key: __proto__'],
  [{ useCount: 1, forAccount: 5 }, `${expectedType('string', '5')} at $.forAccount`],
  [{ useCount: 1, forAccount: null }, `${expectedType('string', 'null')} at $.forAccount`],
  [{ useCount: 1, forAccount: '' }, 'Invalid DID (got "") at $.forAccount'],
  [{ useCount: 1, forAccount: 'alice.test' }, 'Invalid DID (got "alice.test") at $.forAccount'],
  [{ useCount: 1, forAccount: 'admin' }, 'Invalid DID (got "admin") at $.forAccount'],
]

test.each(CREATE_BAD_KEYS)('createInviteCode %j', async (input, message) => {
  await expectRefused(procedure(createInviteCode.$nsid, input), invalid(message))
})

const ONE = { useCount: 1, codeCount: 1 }
const CREATE_MANY_BAD_KEYS: readonly (readonly [input: unknown, message: string])[] = [
  [{ codeCount: 1 }, 'Missing required key "useCount" at $'],
  [{ ...ONE, codeCount: '1' }, `${expectedType('integer', '"1"')} at $.codeCount`],
  [{ ...ONE, codeCount: 1.5 }, `${expectedType('integer', '1.5')} at $.codeCount`],
  [{ ...ONE, forAccounts: 'did:web:a.b' }, `${expectedType('array', '"did:web:a.b"')} at $.forAccounts`],
  [{ ...ONE, forAccounts: {} }, `${expectedType('array', '{}')} at $.forAccounts`],
  [{ ...ONE, forAccounts: [1] }, `${expectedType('string', '1')} at $.forAccounts[0]`],
  [{ ...ONE, forAccounts: ['did:web:a.b', 'x'] }, 'Invalid DID (got "x") at $.forAccounts[1]'],
]

test.each(CREATE_MANY_BAD_KEYS)('createInviteCodes %j', async (input, message) => {
  await expectRefused(procedure(createInviteCodes.$nsid, input), invalid(message))
})

// The PDS makes codes that nobody can use, none at all, or any number of them.
test.each([
  [0, 'useCount must be between 1 and 100, got 0'],
  [-5, 'useCount must be between 1 and 100, got -5'],
  [101, 'useCount must be between 1 and 100, got 101'],
  [2 ** 31, 'useCount must be between 1 and 100, got 2147483648'],
])('useCount %d is out of bounds, whatever the PDS makes of it', async (useCount, message) => {
  await expectRefused(procedure(createInviteCode.$nsid, { useCount }), invalid(message), DONE)
  await expectRefused(procedure(createInviteCodes.$nsid, { ...ONE, useCount }), invalid(message), DONE)
})

test.each([
  [0, 'codeCount must be between 1 and 20, got 0'],
  [-5, 'codeCount must be between 1 and 20, got -5'],
  [21, 'codeCount must be between 1 and 20, got 21'],
])('codeCount %d is out of bounds, whatever the PDS makes of it', async (codeCount, message) => {
  await expectRefused(procedure(createInviteCodes.$nsid, { ...ONE, codeCount }), invalid(message), DONE)
})

test('the bound on codes is one for all accounts together', async () => {
  const input = { useCount: 1, codeCount: 11, forAccounts: [alice.did, alice.did] }
  const told = invalid('at most 20 codes can be created at once, this asks for 22')
  await expectRefused(procedure(createInviteCodes.$nsid, input), told, DONE)
})

// The PDS makes codes for whomever, who may then never sign in to see them.
test('codes for an account that the PDS does not have', async () => {
  const told: Told = { status: 400, error: 'NotFound', message: `Account not found: ${NOBODY}` }
  await expectRefused(procedure(createInviteCode.$nsid, { useCount: 1, forAccount: NOBODY }), told, DONE)
  const forAccounts = [alice.did, NOBODY]
  await expectRefused(procedure(createInviteCodes.$nsid, { ...ONE, forAccounts }), told, DONE)
})

test.each<readonly [input: unknown, message: string]>([
  [{ accounts: ['admin'] }, 'cannot disable admin invite codes'],
  [{ codes: 'x' }, `${expectedType('array', '"x"')} at $.codes`],
  [{ codes: null }, `${expectedType('array', 'null')} at $.codes`],
  [{ codes: [1] }, `${expectedType('string', '1')} at $.codes[0]`],
  [{ accounts: [null] }, `${expectedType('string', 'null')} at $.accounts[0]`],
  [{ accounts: { 0: 'admin' } }, `${expectedType('array', '{"0": ...}')} at $.accounts`],
])('disableInviteCodes %j', async (input, message) => {
  await expectRefused(procedure(disableInviteCodes.$nsid, input), invalid(message))
})

test('naming the operator among others disables none of them', async () => {
  const input = { codes: [code], accounts: [alice.did, 'admin'] }
  await expectRefused(
    procedure(disableInviteCodes.$nsid, input),
    invalid('cannot disable admin invite codes'),
  )
})

test.each<readonly [input: unknown, message: string]>([
  [{}, 'Missing required key "account" at $'],
  [{ account: 5 }, `${expectedType('string', '5')} at $.account`],
  [{ account: ['did:web:a.b'] }, `${expectedType('string', '["did:web:a.b"]')} at $.account`],
  [{ account: 'alice.test' }, 'Invalid DID (got "alice.test") at $.account'],
  [{ account: 'admin' }, 'Invalid DID (got "admin") at $.account'],
  [{ account: 'did:web:a.b', note: 5 }, `${expectedType('string', '5')} at $.note`],
  [{ account: 'did:web:a.b', note: null }, `${expectedType('string', 'null')} at $.note`],
])('disableAccountInvites and enableAccountInvites %j', async (input, message) => {
  await expectRefused(procedure(disableAccountInvites.$nsid, input), invalid(message))
  await expectRefused(procedure(enableAccountInvites.$nsid, input), invalid(message))
})

test.each([
  [getAccountInviteCodes.$nsid, '?nothing=x&includeUsed[]=x'],
  [getAccountInviteCodes.$nsid, '?includeUsed='],
  [getInviteCodes.$nsid, '?nothing=x&sort=&limit=&cursor='],
  [getAccountInfos.$nsid, `?dids=${NOBODY}&nothing=x`],
])('%s%s: unknown and empty parameters are ignored', async (nsid, search) => {
  const { latchkey, pds } = await askBoth(fronted, query(nsid, search))
  expect([latchkey.status, pds.status]).toEqual([200, 200])
})

test('unknown keys and parameters of procedures are ignored', async () => {
  const sent = procedure(createInviteCode.$nsid, { useCount: 2, nothing: { deep: [1.5] }, codeCount: 7 })
  const answers = await askBoth(fronted, { ...sent, path: `${sent.path}?useCount=9&nothing=x` })
  for (const { status, body } of [answers.latchkey, answers.pds]) {
    expect([status, Object.keys(JSON.parse(body) as object)]).toEqual([200, ['code']])
  }
  const made = JSON.parse(answers.latchkey.body) as { code: string }
  const { body } = await exchange(fronted.url, query(getInviteCodes.$nsid, ''))
  const { codes } = JSON.parse(body) as com.atproto.admin.getInviteCodes.$OutputBody
  expect(codes.find((shown) => shown.code === made.code)).toMatchObject({ available: 2, forAccount: 'admin' })
})

test.each<readonly [nsid: string, input: object]>([
  [disableInviteCodes.$nsid, {}],
  [disableInviteCodes.$nsid, { codes: ['never-was-acode'], accounts: [NOBODY, 'not a DID'] }],
  [enableAccountInvites.$nsid, { account: NOBODY }],
  [disableAccountInvites.$nsid, { account: NOBODY }],
])('%s %j: what is unknown is passed over, with an empty answer', async (nsid, input) => {
  const answers = await askBoth(fronted, procedure(nsid, input))
  for (const { status, body, headers } of [answers.latchkey, answers.pds]) {
    expect([status, body, headers['content-type']]).toEqual([200, '', undefined])
  }
})
