import { afterAll, beforeAll, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { codesOf, getAsAdmin, join, postAsAdmin } from '../support/members.ts'
import type { Member } from '../support/pds.ts'

const { createInviteCode, createInviteCodes } = com.atproto.server

let fronted: FrontedWorld
let alice: Member
let bob: Member

beforeAll(async () => {
  fronted = await startFrontedWorld({ maxCodes: '20', maxUses: '50' })
  alice = await join(fronted, 'alice.test')
  bob = await join(fronted, 'bob.test')
})

afterAll(() => fronted[Symbol.asyncDispose]())

async function countCodes(): Promise<number> {
  const { codes } = await getAsAdmin<com.atproto.admin.getInviteCodes.$OutputBody>(
    fronted,
    com.atproto.admin.getInviteCodes.$nsid,
    '?limit=500',
  )
  return codes.length
}

async function create(nsid: string, body: unknown) {
  const response = await postAsAdmin(fronted, nsid, body)
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

test('what is out of bounds or names an account that the PDS lacks is refused in a sentence, and nothing is made', async () => {
  const before = await countCodes()
  const stranger = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
  for (const [nsid, body, message] of [
    [createInviteCode.$nsid, { useCount: 0 }, 'useCount must be between 1 and 50, got 0'],
    [createInviteCode.$nsid, { useCount: -5 }, 'useCount must be between 1 and 50, got -5'],
    [createInviteCode.$nsid, { useCount: 51 }, 'useCount must be between 1 and 50, got 51'],
    [createInviteCodes.$nsid, { useCount: 1, codeCount: 0 }, 'codeCount must be between 1 and 20, got 0'],
    [createInviteCodes.$nsid, { useCount: 1, codeCount: 21 }, 'codeCount must be between 1 and 20, got 21'],
    [
      createInviteCodes.$nsid,
      { useCount: 1, codeCount: 11, forAccounts: [alice.did, bob.did] },
      'at most 20 codes can be created at once, this asks for 22',
    ],
  ] as const) {
    expect(await create(nsid, body)).toEqual({ status: 400, body: { error: 'InvalidRequest', message } })
  }
  const unknown = { status: 400, body: { error: 'NotFound', message: `Account not found: ${stranger}` } }
  expect(await create(createInviteCode.$nsid, { useCount: 1, forAccount: stranger })).toEqual(unknown)
  const mixed = { useCount: 1, codeCount: 1, forAccounts: [alice.did, stranger] }
  expect(await create(createInviteCodes.$nsid, mixed)).toEqual(unknown)
  expect(await countCodes()).toBe(before)
})

test('one code is the operator’s unless an account is named, and has as many uses as asked for', async () => {
  const { body } = await create(createInviteCode.$nsid, { useCount: 3 })
  const { codes } = await getAsAdmin<com.atproto.admin.getInviteCodes.$OutputBody>(
    fronted,
    com.atproto.admin.getInviteCodes.$nsid,
  )
  expect(codes.find(({ code }) => code === body['code'])).toMatchObject({
    available: 3,
    forAccount: 'admin',
    createdBy: 'admin',
    disabled: false,
    uses: [],
  })
  const gift = await create(createInviteCode.$nsid, { useCount: 1, forAccount: alice.did })
  expect(await codesOf(fronted, alice)).toMatchObject([{ code: gift.body['code'], createdBy: 'admin' }])
})

test('many codes come grouped by account in the order asked for, an account twice with twice as many', async () => {
  const forAccounts = [bob.did, alice.did, bob.did]
  const { body } = await create(createInviteCodes.$nsid, { useCount: 2, codeCount: 2, forAccounts })
  const groups = body['codes'] as { account: string; codes: string[] }[]
  expect(groups.map(({ account }) => account)).toEqual(forAccounts)
  expect(new Set(groups.flatMap(({ codes }) => codes)).size).toBe(6)
  const bobs = (await codesOf(fronted, bob)).map(({ code }) => code)
  expect(bobs.toSorted()).toEqual([...(groups[0]?.codes ?? []), ...(groups[2]?.codes ?? [])].toSorted())
})

test('twenty bulk requests at once make every code of every one', async () => {
  const before = await countCodes()
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => create(createInviteCodes.$nsid, { useCount: 1, codeCount: 10 })),
  )
  expect(answers.every(({ status }) => status === 200)).toBe(true)
  expect(await countCodes()).toBe(before + 200)
})
