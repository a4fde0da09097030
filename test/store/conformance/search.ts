import { describe, expect, test } from 'vitest'
import { type CodeState, codeState, isRoutine } from '../../../src/invites/predicates.ts'
import type { CodeSearch, FoundCode } from '../../../src/invites/search.ts'
import type { InviteStore, SortOrder } from '../../../src/invites/store.ts'
import {
  ALICE,
  BOB,
  CAROL,
  codesOf,
  gift,
  HOST,
  NOW,
  type OpenStore,
  OTHER_HOST,
  redeem,
  type StoreUnderTest,
} from './support.ts'
import { batchOf, TERMS } from './batches.ts'

const STATES: readonly (CodeState | null)[] = [null, 'open', 'usedUp', 'expired', 'disabled']
const KINDS = [null, 'gifted', 'earned'] as const
const SORTS: readonly SortOrder[] = ['recent', 'usage']

export const ALL: CodeSearch = {
  host: HOST,
  query: '',
  state: null,
  kind: null,
  sort: 'recent',
  limit: 100,
  after: null,
  now: NOW,
}

/** Every page of a search, one after the other. */
export async function walk(store: InviteStore, search: Partial<CodeSearch>): Promise<readonly FoundCode[]> {
  const found: FoundCode[] = []
  let after = ALL.after
  for (;;) {
    const wanted = { ...ALL, ...search, after }
    const page = await store.searchCodes(wanted)
    found.push(...page)
    const last = page.at(-1)
    if (last === undefined) return found
    after = last
  }
}

async function names(store: InviteStore, search: Partial<CodeSearch>): Promise<readonly string[]> {
  return (await store.searchCodes({ ...ALL, ...search })).map(({ code }) => code)
}

/** Codes in every combination of what decides a state, of both kinds, some made at one instant. */
async function makeAllKinds({ store, execute }: StoreUnderTest): Promise<void> {
  let number = 0
  for (const earned of [false, true])
    for (const used of [0, 1, 2])
      for (const disabled of [false, true])
        for (const expiresAt of [null, NOW - 1, NOW, NOW + 1]) {
          number += 1
          const code = `code-${String((number * 37) % 100).padStart(2, '0')}`
          const at = NOW - Math.floor(number / 3)
          if (earned)
            await store.insertEarned({
              did: ALICE,
              host: HOST,
              createdAt: at,
              firstOrdinal: number,
              codes: [code],
            })
          else await gift(store, code, { at })
          await execute(
            'UPDATE invite_code SET available = 2, used = ?, disabled_at = ?, expires_at = ? WHERE code = ?',
            used,
            disabled ? NOW : null,
            expiresAt,
            code,
          )
        }
}

function inOrder(sort: SortOrder): (a: FoundCode, b: FoundCode) => number {
  const byUse = sort === 'usage' ? 1 : 0
  return (a, b) => byUse * (b.used - a.used) || b.createdAt - a.createdAt || (a.code < b.code ? 1 : -1)
}

export function describeSearch(openStore: OpenStore): void {
  describeFiltering(openStore)
  describeQueries(openStore)
  describeFound(openStore)
  describeExport(openStore)
}

function describeFiltering(openStore: OpenStore): void {
  test('a search finds the codes of the state and kind asked for, each once, in order, on pages of any length', async () => {
    await using subject = await openStore()
    const { store } = subject
    await makeAllKinds(subject)
    await gift(store, 'elsewhere', { host: OTHER_HOST })
    const all = await walk(store, {})
    expect(all).toHaveLength(48)
    for (const query of ['', 'code-', ALICE])
      for (const sort of SORTS)
        for (const state of STATES)
          for (const kind of KINDS) {
            const wanted = all
              .filter((code) => state === null || codeState(code, NOW) === state)
              .filter((code) => kind === null || (kind === 'earned') === isRoutine(code))
              .toSorted(inOrder(sort))
              .map(({ code }) => code)
            const search = { query, state, kind, sort }
            const found = await walk(store, { ...search, limit: 7 })
            expect(
              found.map(({ code }) => code),
              JSON.stringify(search),
            ).toEqual(wanted)
          }
  })
}

function describeQueries(openStore: OpenStore): void {
  describe('what is looked for', () => {
    test('may be the beginning of a code, or nothing that is one', async () => {
      await using subject = await openStore()
      const { store } = subject
      for (const code of ['localhost-aa', 'localhost-ab', 'localhost-b', 'other-aa']) await gift(store, code)
      expect(await names(store, { query: ' localhost-a ' })).toEqual(['localhost-ab', 'localhost-aa'])
      expect(await names(store, { query: 'host' })).toEqual([])
      for (const query of ['%', '_', '*', '"', "'", 'a OR b', 'NEAR(', '-', '^', ':', '\u{10ffff}', '\0'])
        expect(await names(store, { query })).toEqual([])
    })

    test('may be the random letters of a code, from the first on', async () => {
      await using subject = await openStore()
      const { store } = subject
      for (const code of ['pds-test-abcde-fghij', 'pds-test-fghij-klmno', 'pds-test-abcdx-22222', 'short'])
        await gift(store, code)
      await gift(store, 'elsewhere-abcde-fghij', { host: OTHER_HOST })
      for (const query of [
        'abcde-fghij',
        'ABCDE-FGHIJ',
        'abcdefghij',
        '-abcde-fghij',
        'abcde',
        'abcde-',
        'abcdef',
      ])
        expect(await names(store, { query }), query).toEqual(['pds-test-abcde-fghij'])
      expect(await names(store, { query: 'fghij' })).toEqual(['pds-test-fghij-klmno'])
      expect(await names(store, { query: 'abcde', state: 'disabled' })).toEqual([])
      expect(await names(store, { query: 'abcde', kind: 'earned' })).toEqual([])
      for (const query of ['abcd', 'bcde-fghij', 'abcde-fghijk', 'abcde-x', '22222'])
        expect(await names(store, { query }), query).toEqual([])
    })

    test('may be the random letters of a code that begins as the host’s own do', async () => {
      await using subject = await openStore()
      const { store } = subject
      for (const letters of ['abcde-fghij', 'abcde-fghik', 'abcde-fghij-22222'])
        await gift(store, `pds-example-com-${letters}`)
      await gift(store, 'pds-test-abcde-fghij')
      await gift(store, 'pds-example-com-abcde-33333', { host: OTHER_HOST })
      for (const query of ['abcde', 'abcde-fghi'])
        expect(await names(store, { query }), query).toEqual([
          'pds-test-abcde-fghij',
          'pds-example-com-abcde-fghik',
          'pds-example-com-abcde-fghij',
        ])
      expect(await names(store, { query: 'abcdefghik' })).toEqual(['pds-example-com-abcde-fghik'])
      expect(await names(store, { query: '33333' })).toEqual([])
    })

    test('may be the operator, as the owner', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'to-alice')
      for (const [index, code] of ['a', 'b', 'c', 'd'].entries())
        await gift(store, code, { to: 'admin', at: NOW - index, available: 2 })
      await gift(store, 'e', { to: 'admin', host: OTHER_HOST })
      await subject.execute("UPDATE invite_code SET disabled_at = 1 WHERE code = 'a'")
      await subject.execute("UPDATE invite_code SET used = 2, expires_at = ? WHERE code = 'b'", NOW)
      await subject.execute("UPDATE invite_code SET used = 1, expires_at = ? WHERE code = 'c'", NOW)
      await store.upsertAccount({ did: ALICE, host: HOST, handle: 'administer.test' })
      for (const [search, wanted] of [
        [{ query: 'admin' }, ['to-alice', 'a', 'b', 'c', 'd']],
        [{ query: 'Admin', state: 'open' }, ['to-alice', 'd']],
        [{ query: 'admin', state: 'disabled' }, ['a']],
        [{ query: 'admin', state: 'usedUp' }, ['b']],
        [{ query: 'admin', state: 'expired' }, ['c']],
        [{ query: 'admin', kind: 'earned' }, []],
        [{ query: '', kind: 'gifted', state: 'open' }, ['to-alice', 'd']],
        [{ query: 'admin', sort: 'usage' }, ['b', 'c', 'to-alice', 'a', 'd']],
      ] as const)
        expect(await names(store, search), JSON.stringify(search)).toEqual(wanted)
    })

    test('may be an account: its DID, or the beginning of its handle in whatever case', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await gift(store, 'b', { to: BOB })
      await gift(store, 'e', { to: CAROL, host: OTHER_HOST })
      await store.upsertAccount({ did: ALICE, host: HOST, handle: 'alice.test' })
      await store.upsertAccount({ did: BOB, host: HOST, handle: 'alina.test' })
      await store.upsertAccount({ did: CAROL, host: OTHER_HOST, handle: 'alison.test' })
      expect(await names(store, { query: ALICE })).toEqual(['a'])
      expect(await names(store, { query: CAROL })).toEqual([])
      expect(await names(store, { query: 'did:plc:ali' })).toEqual([])
      expect(await names(store, { query: '@ALI' })).toEqual(['b', 'a'])
      expect(await names(store, { query: '@' })).toEqual([])
      expect(await names(store, { query: 'alice.test' })).toEqual(['a'])
      expect(await names(store, { query: 'alice.test.' })).toEqual([])
    })

    test('may be words of a note, all of them, each of which may be a beginning', async () => {
      await using subject = await openStore()
      const { store } = subject
      for (const [code, note] of [
        ['a', 'Conference in Berlin'],
        ['b', 'conference, Hamburg'],
        ['c', 'Bücher'],
        ['d', null],
      ] as const) {
        await gift(store, code)
        await subject.execute('UPDATE invite_code SET note = ? WHERE code = ?', note, code)
      }
      expect(await names(store, { query: 'conf' })).toEqual(['b', 'a'])
      expect(await names(store, { query: 'berlin CONFER' })).toEqual(['a'])
      expect(await names(store, { query: 'conference munich' })).toEqual([])
      expect(await names(store, { query: 'berlin\0confer' })).toEqual(['a'])
      expect(await names(store, { query: 'berlin\0munich' })).toEqual([])
      expect(await names(store, { query: 'bucher' })).toEqual(['c'])
      expect(await names(store, { query: 'conf', state: 'disabled' })).toEqual([])
      const codes = [{ code: 'e', owner: ALICE }]
      const part = { codes, terms: { ...TERMS, note: 'Picnic' }, last: true }
      expect(await store.makeCodes(batchOf('createCodes', 'noted'), part)).toBe('done')
      expect(await names(store, { query: 'picnic' })).toEqual(['e'])
    })

    test('a code that is found in several ways is listed once', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'alice-1')
      await store.upsertAccount({ did: ALICE, host: HOST, handle: 'alice.test' })
      await subject.execute("UPDATE invite_code SET note = 'alice and her friends'")
      expect(await names(store, { query: 'alice' })).toEqual(['alice-1'])
    })
  })
}

function describeFound(openStore: OpenStore): void {
  describe('a code that is found', () => {
    test('comes with its owner, its note, and the newest of those who used it', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 30 })
      await gift(store, 'operator’s', { to: 'admin', at: NOW - 1 })
      await store.upsertAccount({ did: ALICE, host: HOST, handle: 'alice.test' })
      await store.upsertAccount({ did: 'did:plc:guest-24', host: HOST, handle: 'guest.test' })
      for (let guest = 0; guest < 25; guest++)
        await redeem(store, `r${guest}`, 'a', `did:plc:guest-${guest}`, NOW + guest)
      const [first, second] = await store.searchCodes(ALL)
      expect(first).toMatchObject({
        code: 'a',
        used: 25,
        note: null,
        owner: { did: ALICE, handle: 'alice.test', status: 'active' },
      })
      expect(first?.uses).toHaveLength(20)
      expect(first?.uses[0]).toEqual({
        by: { did: 'did:plc:guest-24', handle: 'guest.test', status: 'active' },
        at: NOW + 24,
      })
      expect(second).toMatchObject({ code: 'operator’s', owner: null, uses: [] })
      expect(await store.usesOfCode('a', 2)).toMatchObject([{ at: NOW + 24 }, { at: NOW + 23 }])
      expect(await store.usesOfCode('nothing', 2)).toEqual([])
    })

    test('an account is found by DID or handle, unless it is elsewhere or deleted', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.openHost({ hostname: HOST, did: 'did:web:pds' })
      await store.upsertAccount({ did: ALICE, host: HOST, handle: 'alice.test' })
      await store.upsertAccount({ did: BOB, host: OTHER_HOST, handle: 'bob.test' })
      await store.upsertAccount({ did: CAROL, host: HOST })
      await store.applyEvent(HOST, { seq: 1, at: NOW, did: CAROL, status: 'deleted' })
      const alice = { did: ALICE, handle: 'alice.test', status: 'active' }
      expect(await store.findPerson(HOST, ALICE)).toEqual(alice)
      expect(await store.findPerson(HOST, 'Alice.TEST')).toEqual(alice)
      for (const name of ['alice', BOB, 'bob.test', CAROL, ''])
        expect(await store.findPerson(HOST, name)).toBeUndefined()
    })
  })
}

function describeExport(openStore: OpenStore): void {
  test('an export reads every code of the host once, oldest first; one made meanwhile comes last', async () => {
    await using subject = await openStore()
    const { store } = subject
    await makeAllKinds(subject)
    await gift(store, 'elsewhere', { host: OTHER_HOST })
    const wanted = (await codesOf(store)).filter(({ host }) => host === HOST).map(({ code }) => code)
    const found: string[] = []
    let after: CodeSearch['after'] = null
    for (;;) {
      const part = await store.exportCodes({ host: HOST, limit: 7, after })
      const last = part.at(-1)
      if (last === undefined) break
      found.push(...part.map(({ code }) => code))
      if (after === null) await gift(store, 'meanwhile', { to: BOB, at: NOW + 1 })
      after = last
    }
    expect(found).toEqual([...wanted, 'meanwhile'])
  })
}
