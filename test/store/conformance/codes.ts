import { describe, expect, test } from 'vitest'
import type { InviteStore, SortOrder } from '../../../src/invites/store.ts'
import { ADMIN, type InviteCodeWithUses } from '../../../src/invites/types.ts'
import {
  ALICE,
  BOB,
  codeOf,
  codesOf,
  CAROL,
  gift,
  HOST,
  inParallel,
  NOW,
  OTHER_HOST,
  pick,
  redeem,
  signUp,
  storesOf,
  versionOf,
  type OpenStore,
} from './support.ts'

const earned = (codes: readonly string[], firstOrdinal = 1) => ({
  did: ALICE,
  host: HOST,
  createdAt: NOW,
  firstOrdinal,
  codes,
})

export function describeCodes(openStore: OpenStore): void {
  describeGifted(openStore)
  describeEarned(openStore)
  describeDisabling(openStore)
  describeListing(openStore)
  describeStanding(openStore)
}

function describeGifted(openStore: OpenStore): void {
  describe('gifted codes', () => {
    test('carry all that was asked for', async () => {
      await using subject = await openStore()
      await gift(subject.store, 'a', { available: 3 })
      expect(await codeOf(subject.store)).toEqual({
        code: 'a',
        host: HOST,
        forAccount: ALICE,
        createdBy: ADMIN,
        ordinal: null,
        createdAt: NOW,
        available: 3,
        used: 0,
        reserved: 0,
        disabledAt: null,
        expiresAt: null,
        restrictedTo: null,
        upstream: null,
        switchedOffAt: null,
        firstMadeAt: null,
        uses: [],
      })
    })

    test('are listed by time and then by code', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'b', { at: NOW + 1 })
      await gift(store, 'c')
      await gift(store, 'a', { at: NOW + 1 })
      expect((await codesOf(store)).map(({ code }) => code)).toEqual(['c', 'a', 'b'])
    })

    test('grow each owner’s version once, and the operator has no account', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.upsertAccount({ did: ALICE, host: HOST })
      const codes = [
        { code: 'a', forAccount: ALICE, available: 1 },
        { code: 'b', forAccount: ALICE, available: 1 },
        { code: 'c', forAccount: BOB, available: 1 },
        { code: 'd', forAccount: ADMIN, available: 1 },
      ]
      expect(await store.insertGifted(codes, HOST, NOW)).toBe('done')
      expect(await versionOf(store, ALICE)).toBe(2)
      expect(await versionOf(store, BOB)).toBe(1)
      expect((await store.memberSnapshot(ADMIN)).account).toBeUndefined()
      expect(await codesOf(store, ADMIN)).toHaveLength(1)
    })

    test('of different owners and uses are made at once', async () => {
      await using subject = await openStore()
      const { store } = subject
      const codes = [ALICE, BOB, ADMIN].flatMap((forAccount, owner) =>
        [1, 7].map((available) => ({ code: `${owner}-${available}`, forAccount, available })),
      )
      expect(await store.insertGifted(codes, HOST, NOW)).toBe('done')
      for (const [owner, did] of [ALICE, BOB, ADMIN].entries())
        expect(
          (await codesOf(store, did)).map(({ code, forAccount, available }) => [code, forAccount, available]),
        ).toEqual([
          [`${owner}-1`, did, 1],
          [`${owner}-7`, did, 7],
        ])
    })

    test('a collision leaves nothing behind', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'taken', { to: BOB })
      const codes = ['new', 'taken'].map((code) => ({ code, forAccount: ALICE, available: 1 }))
      expect(await store.insertGifted(codes, HOST, NOW)).toBe('collision')
      expect(await store.memberSnapshot(ALICE)).toEqual({ account: undefined, codes: [] })
      expect(await codeOf(store, BOB)).toMatchObject({ code: 'taken', forAccount: BOB })
      expect(await versionOf(store, BOB)).toBe(1)
    })
  })
}

function describeEarned(openStore: OpenStore): void {
  describe('earned codes', () => {
    test('belong to their owner, let one person in and are numbered in order', async () => {
      await using subject = await openStore()
      const { store } = subject
      expect(await store.insertEarned(earned(['a', 'b'], 4))).toBe('done')
      const own = { forAccount: ALICE, createdBy: ALICE, available: 1, createdAt: NOW, host: HOST }
      expect(await codesOf(store)).toMatchObject([
        { ...own, code: 'a', ordinal: 4 },
        { ...own, code: 'b', ordinal: 5 },
      ])
    })

    test('an ordinal that exists is left as it is', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.insertEarned(earned(['a', 'b']))
      expect(await store.insertEarned(earned(['c', 'd', 'e']))).toBe('done')
      const codes = await codesOf(store)
      expect(codes.map(({ code, ordinal }) => [code, ordinal])).toEqual([
        ['a', 1],
        ['b', 2],
        ['e', 3],
      ])
    })

    test('the version grows when something was inserted, and only then', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.upsertAccount({ did: ALICE, host: HOST })
      await store.insertEarned(earned(['a', 'b']))
      expect(await versionOf(store)).toBe(2)
      await store.insertEarned(earned(['c', 'd']))
      expect(await versionOf(store)).toBe(2)
      await store.insertEarned(earned(['e', 'f', 'g']))
      expect(await versionOf(store)).toBe(3)
    })

    test('are refused to an account whose invites are disabled', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.setInvitesDisabled({ did: ALICE, host: HOST, disabled: true, note: null })
      expect(await store.insertEarned(earned(['a']))).toBe('done')
      expect(await codesOf(store)).toEqual([])
      expect(await versionOf(store)).toBe(1)
      await store.setInvitesDisabled({ did: ALICE, host: HOST, disabled: false, note: null })
      await store.insertEarned(earned(['a']))
      expect(await codesOf(store)).toHaveLength(1)
    })

    test('a collision leaves nothing behind', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'taken', { to: BOB })
      expect(await store.insertEarned(earned(['new', 'taken']))).toBe('collision')
      expect(await store.memberSnapshot(ALICE)).toEqual({ account: undefined, codes: [] })
      expect(await store.insertEarned(earned(['new', 'newer']))).toBe('done')
    })

    test.each([1, 2])('50 parallel callers, over %i store(s), make each code once', async (connections) => {
      await using subject = await openStore()
      const stores = await storesOf(subject, connections)
      const outcomes = await inParallel(50, (index) =>
        pick(stores, index).insertEarned(earned(['a', 'b', 'c'].map((letter) => `${letter}${index}`))),
      )
      expect(new Set(outcomes)).toEqual(new Set(['done']))
      const codes = await codesOf(subject.store)
      expect(codes.map(({ ordinal }) => ordinal)).toEqual([1, 2, 3])
      expect(new Set(codes.map(({ code }) => code.slice(1))).size).toBe(1)
      expect(await versionOf(subject.store)).toBe(1)
    })
  })
}

function describeDisabling(openStore: OpenStore): void {
  describe('disabling codes', () => {
    test('reaches codes by name and by owner, and no others', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await gift(store, 'b')
      await gift(store, 'c', { to: BOB })
      await store.disableCodes({ codes: ['a', 'unknown'], owners: [BOB, CAROL], at: NOW + 5 })
      const disabled = [...(await codesOf(store, ALICE)), ...(await codesOf(store, BOB))]
      expect(disabled.map(({ code, disabledAt }) => [code, disabledAt])).toEqual([
        ['a', NOW + 5],
        ['b', null],
        ['c', NOW + 5],
      ])
    })

    test('a code keeps the instant at which it was disabled first', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await store.disableCodes({ codes: ['a'], owners: [], at: NOW + 5 })
      await store.disableCodes({ codes: ['a'], owners: [ALICE], at: NOW + 9 })
      expect(await codeOf(store)).toMatchObject({ disabledAt: NOW + 5 })
    })

    test('grows the version of each owner once, and of nobody whose codes were disabled already', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await gift(store, 'b')
      await gift(store, 'c', { to: BOB })
      await gift(store, 'd', { to: ADMIN })
      await store.disableCodes({ codes: ['a', 'd'], owners: [ALICE], at: NOW })
      await store.disableCodes({ codes: ['a', 'b'], owners: [ALICE], at: NOW })
      expect(await versionOf(store, ALICE)).toBe(3)
      expect(await versionOf(store, BOB)).toBe(1)
      expect((await store.memberSnapshot(ADMIN)).account).toBeUndefined()
    })
  })
}

function describeListing(openStore: OpenStore): void {
  describe('listing codes', () => {
    test('recent is newest first, usage is most used first and then newest, equals by code, descending', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 2, at: NOW })
      await gift(store, 'b', { at: NOW + 1 })
      await gift(store, 'c', { at: NOW })
      for (const code of ['d', 'e']) await gift(store, code, { at: NOW - 1 })
      await redeem(store, 'r1', 'a', BOB, NOW + 10)
      await redeem(store, 'r2', 'a', CAROL, NOW + 20)
      await redeem(store, 'r3', 'c', CAROL, NOW + 30)
      const list = (sort: SortOrder) => store.listCodes({ host: HOST, sort, limit: 10, after: null })
      expect((await list('recent')).map(({ code }) => code)).toEqual(['b', 'c', 'a', 'e', 'd'])
      expect((await list('usage')).map(({ code }) => code)).toEqual(['a', 'c', 'b', 'e', 'd'])
      expect((await list('usage'))[0]).toMatchObject({
        used: 2,
        uses: [
          { usedBy: CAROL, usedAt: NOW + 20 },
          { usedBy: BOB, usedAt: NOW + 10 },
        ],
      })
    })

    test.each(['recent', 'usage'] as const)('paging by %s visits each code once', async (sort) => {
      await using subject = await openStore()
      const { store } = subject
      const names = Array.from({ length: 23 }, (_, index) => `code-${index}`)
      const codes = names.map((code) => ({ code, forAccount: ALICE, available: 1 }))
      await store.insertGifted(codes.slice(0, 20), HOST, NOW)
      await store.insertGifted(codes.slice(20), HOST, NOW + 1)
      await gift(store, 'other', { host: OTHER_HOST })
      for (const code of names.slice(0, 4)) await redeem(store, code, code)
      for (const limit of [1, 5, 23, 500])
        expect((await visit(store, sort, limit)).toSorted()).toEqual(names.toSorted())
    })

    test('a host without codes has an empty page', async () => {
      await using subject = await openStore()
      const page = { host: HOST, sort: 'recent', limit: 5, after: null } as const
      expect(await subject.store.listCodes(page)).toEqual([])
    })
  })
}

function describeStanding(openStore: OpenStore): void {
  describe('how a code stands', () => {
    test('is told with how many uses are finished and held, not by whom, and the status of its owner', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 3 })
      const { uses: _, ...code } = await codeOf(store)
      expect(await store.codeStanding('a', HOST)).toEqual({ code, ownerStatus: 'active' })
      await redeem(store, 'r1', 'a', BOB, NOW + 10)
      await store.reserve(signUp('r2', 'a'), NOW)
      const event = { seq: 1, at: NOW, did: ALICE, status: 'takendown' } as const
      await store.openHost({ hostname: HOST, did: 'did:web:first' })
      await store.applyEvent(HOST, event)
      expect(await store.codeStanding('a', HOST)).toEqual({
        code: { ...code, used: 1, reserved: 1 },
        ownerStatus: 'takendown',
      })
    })

    test('the operator’s own are as good as those of an owner in good standing', async () => {
      await using subject = await openStore()
      await gift(subject.store, 'a', { to: ADMIN })
      expect(await subject.store.codeStanding('a', HOST)).toMatchObject({ ownerStatus: 'active' })
    })

    test('is told of no code of another host, and of none that does not exist', async () => {
      await using subject = await openStore()
      await gift(subject.store, 'a', { host: OTHER_HOST })
      expect(await subject.store.codeStanding('a', HOST)).toBeUndefined()
      expect(await subject.store.codeStanding('b', HOST)).toBeUndefined()
    })
  })
}

/** Reads all pages, each from where the one before ended, and gives up on a listing that has no end. */
async function visit(store: InviteStore, sort: SortOrder, limit: number): Promise<string[]> {
  const visited: string[] = []
  let last: InviteCodeWithUses | undefined
  do {
    const page = await store.listCodes({ host: HOST, sort, limit, after: last ?? null })
    visited.push(...page.map(({ code }) => code))
    last = page.at(-1)
  } while (last !== undefined && visited.length < 1_000)
  return visited
}
