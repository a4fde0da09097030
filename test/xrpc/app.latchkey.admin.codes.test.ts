import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { app } from '../../src/lexicons/index.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { codesOf, giftCode, join } from '../support/members.ts'
import type { Member } from '../support/pds.ts'
import { answerOf, ask, refusalOf } from './support/operators.ts'

const { createCodes, exportCodes, listCodes, replaceCode, setCodesDisabled } = app.latchkey.admin

const HOUR = 3_600_000

let fronted: FrontedWorld
let alice: Member

beforeAll(async () => {
  fronted = await startFrontedWorld({ maxCodes: '20', maxUses: '50' })
  alice = await join(fronted, 'alice.test')
})

afterAll(() => fronted[Symbol.asyncDispose]())

function create(input: object): Promise<app.latchkey.admin.createCodes.$OutputBody> {
  return answerOf(fronted, createCodes.$nsid, { input: { count: 1, uses: 1, ...input } })
}

function list(input: object): Promise<app.latchkey.admin.listCodes.$OutputBody> {
  return answerOf(fronted, listCodes.$nsid, { input })
}

describe('createCodes', () => {
  test('refuses what is out of bounds, past or unknown with a sentence, and makes nothing', async () => {
    const before = await list({ limit: 100 })
    const answers = []
    for (const input of [
      { count: 21 },
      { count: 0 },
      { uses: 51 },
      { expiresAt: new Date(Date.now() - 1).toISOString() },
      { expiresAt: 'tomorrow' },
      { owner: 'nobody.test' },
      { owner: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' },
      { owner: '' },
    ])
      answers.push(await refusalOf(fronted, createCodes.$nsid, { input: { count: 1, uses: 1, ...input } }))
    expect(answers.map(([status]) => status)).toEqual(answers.map(() => 400))
    expect(answers.map(([, error]) => error)).toEqual([
      ...Array.from({ length: 5 }, () => 'InvalidRequest'),
      ...Array.from({ length: 3 }, () => 'UnknownAccount'),
    ])
    expect(await list({ limit: 100 })).toEqual(before)
  })

  test('makes codes for an account by handle or DID, which sees them, or for the operator; each lets people in', async () => {
    const expiresAt = new Date(Date.now() + HOUR).toISOString()
    const byHandle = await create({ owner: '@Alice.test', uses: 2, expiresAt, note: 'thanks' })
    const byDid = await create({ owner: alice.did, count: 2 })
    const own = await create({ count: 20 })
    expect([byHandle, byDid, own].map(({ codes }) => codes.length)).toEqual([1, 2, 20])
    const [code = ''] = byHandle.codes
    const [shown] = (await list({ query: code })).codes
    expect(listCodes.$output.schema.parse({ codes: [shown] })).toMatchObject({
      codes: [
        { state: 'open', kind: 'gifted', available: 2, expiresAt, note: 'thanks', owner: { did: alice.did } },
      ],
    })
    expect((await codesOf(fronted, alice)).map((one) => one.code)).toEqual([code, ...byDid.codes.toSorted()])
    await join(fronted, 'guest-1.test', code)
    await join(fronted, 'guest-2.test', own.codes[19])
  })

  test('asks the PDS for a DID that Latchkey has not seen', async () => {
    const bob = await join(fronted, 'bob.test')
    using database = new DatabaseSync(fronted.databasePath, { timeout: 5000 })
    database.prepare('DELETE FROM account WHERE did = ?').run(bob.did)
    expect((await create({ owner: bob.did })).codes).toHaveLength(1)
  })
})

describe('listCodes', () => {
  test('goes on with its cursor to the end, each code once, in both orders', async () => {
    for (const sort of ['recent', 'usage']) {
      const found: string[] = []
      let cursor: string | undefined
      do {
        const page = await list({ sort, limit: 7, ...(cursor !== undefined && { cursor }) })
        found.push(...page.codes.map(({ code }) => code))
        cursor = page.cursor
      } while (cursor !== undefined)
      const all = await list({ sort, limit: 100 })
      expect(all.cursor).toBeUndefined()
      expect(found).toEqual(all.codes.map(({ code }) => code))
    }
  })

  test('finds by handle and note, by state and kind, with whoever came in', async () => {
    const [code = ''] = (await create({ note: 'Überraschung für Erna' })).codes
    const guest = await join(fronted, 'guest-3.test', code)
    for (const input of [{ query: 'uberrasch' }, { query: 'erna über', state: 'usedUp', kind: 'gifted' }])
      expect((await list(input)).codes).toMatchObject([{ code, uses: [{ by: { did: guest.did } }] }])
    expect((await list({ query: 'uberrasch', state: 'open' })).codes).toEqual([])
    expect((await list({ query: 'uberrasch', kind: 'earned' })).codes).toEqual([])
    expect((await list({ query: 'erna\0uber' })).codes).toMatchObject([{ code }])
    expect((await list({ query: 'ALICE.' })).codes.every(({ owner }) => owner?.did === alice.did)).toBe(true)
  })

  test('refuses a cursor that is not its own, and words that it does not know', async () => {
    const { cursor } = await list({ limit: 1 })
    for (const input of [
      { cursor: 'x' },
      { cursor, sort: 'usage' },
      { state: 'lost' },
      { kind: 'stolen' },
      { sort: 'colour' },
      { limit: 101 },
      { query: 'x'.repeat(257) },
    ])
      expect(await refusalOf(fronted, listCodes.$nsid, { input })).toEqual([400, 'InvalidRequest'])
  })
})

describe('replaceCode', () => {
  test('leaves a code for the same owner with the uses that were left, and tells who came in', async () => {
    const [leaked = ''] = (await create({ owner: alice.did, uses: 3 })).codes
    const guest = await join(fronted, 'guest-4.test', leaked)
    const { code, joined } = await answerOf<app.latchkey.admin.replaceCode.$OutputBody>(
      fronted,
      replaceCode.$nsid,
      {
        input: { code: leaked, note: 'was posted' },
      },
    )
    expect(joined).toMatchObject([{ by: { did: guest.did, handle: 'guest-4.test' } }])
    expect((await list({ query: code })).codes).toMatchObject([
      { state: 'open', available: 2, note: 'was posted', owner: { did: alice.did } },
    ])
    await expect(join(fronted, 'thief.test', leaked)).rejects.toThrow('InvalidInviteCode')
    await join(fronted, 'guest-5.test', code)
    const again = (input: object) => refusalOf(fronted, replaceCode.$nsid, { input })
    expect(await again({ code: leaked })).toEqual([400, 'NotOpen'])
    expect(await again({ code: 'localhost-aaaaa-aaaaa' })).toEqual([400, 'UnknownCode'])
  })

  test('leaves a code alone that is still the PDS’s own', async () => {
    const code = await giftCode(fronted)
    using database = new DatabaseSync(fronted.databasePath, { timeout: 5000 })
    database.prepare("UPDATE invite_code SET upstream = 'theirs' WHERE code = ?").run(code)
    expect(await refusalOf(fronted, replaceCode.$nsid, { input: { code } })).toEqual([400, 'NotTakenOver'])
    expect((await list({ query: code })).codes).toMatchObject([{ state: 'open' }])
  })
})

describe('exportCodes', () => {
  test('is a table of all codes, oldest first, in which no note is a formula or breaks a line', async () => {
    const [odd = ''] = (await create({ note: '=HYPERLINK("http://evil.test"), "click"\r\nhere' })).codes
    const gift = await giftCode(fronted, { forAccount: alice.did })
    await answerOf(fronted, setCodesDisabled.$nsid, { input: { codes: [gift], disabled: true } })
    const response = await ask(fronted, exportCodes.$nsid)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': 'attachment; filename="invite-codes.csv"',
      'cache-control': 'no-store',
    })
    const text = await response.text()
    expect(text).toMatch(
      /^code,state,kind,owner,handle,created at,expires at,available,used,reserved,note\r\n/,
    )
    expect(text).toContain(`${odd},open,gifted,admin,,`)
    expect(text).toContain(`,,1,0,0,"'=HYPERLINK(""http://evil.test""), ""click""\r\nhere"\r\n`)
    expect(text).toMatch(
      new RegExp(`\\r\\n${gift},disabled,gifted,${alice.did},alice.test,[^,]+Z,,1,0,0,\\r\\n$`),
    )
    using database = new DatabaseSync(fronted.databasePath, { readOnly: true })
    const count = database.prepare('SELECT count(*) AS codes FROM invite_code').get()?.['codes']
    expect(text.match(/^localhost-/gm)).toHaveLength(Number(count))
  })
})

test('no code is ever in the log', () => {
  expect(fronted.logs.join('\n')).not.toMatch(/localhost-[a-z2-7]{5}-[a-z2-7]{5}/)
})
