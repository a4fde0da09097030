import { describe, expect, test } from 'vitest'
import type { UpstreamCode } from '../../../src/invites/imports.ts'
import type { InviteStore } from '../../../src/invites/store.ts'
import {
  ALICE,
  BOB,
  CAROL,
  codeOf,
  codesOf,
  HOST,
  inParallel,
  NOW,
  OTHER_HOST,
  type OpenStore,
  pick,
  signUp,
  storesOf,
  versionOf,
} from './support.ts'

const OPTIONS = { at: NOW, dryRun: false }

/** A routine code of Alice's at the PDS, with one use, unless told otherwise. */
function upstream(code: string, change: Partial<UpstreamCode> = {}): UpstreamCode {
  return {
    code,
    forAccount: ALICE,
    createdBy: ALICE,
    createdAt: NOW - 1000,
    available: 1,
    disabled: false,
    uses: [],
    ...change,
  }
}

const usedBy = (did: string, usedAt = NOW - 500) => ({ usedBy: did, usedAt })

async function openHost(store: InviteStore): Promise<void> {
  await store.openHost({ hostname: HOST, did: 'did:web:pds' })
}

async function takeOver(
  store: InviteStore,
  uses: Readonly<Record<string, readonly { usedBy: string; usedAt: number }[]>> = {},
): Promise<number> {
  const closing = await store.beginTakeOver(HOST)
  return store.finishTakeOver(
    HOST,
    closing.map((code) => ({ code, uses: uses[code] ?? [] })),
  )
}

/** Copying what a PDS has, and making its codes Latchkey's. */
export function describeImports(openStore: OpenStore): void {
  describe('importing codes', () => {
    test('keeps owner, creator, time, uses and flag as the PDS has them', async () => {
      await using subject = await openStore()
      const uses = [usedBy(CAROL, NOW - 100), usedBy(BOB, NOW - 200)]
      const code = upstream('a', { createdBy: 'admin', available: 3, disabled: true, uses })
      expect(await subject.store.importCodes(HOST, [code], OPTIONS)).toEqual({ codes: 1, uses: 2 })
      expect(await codeOf(subject.store)).toMatchObject({
        code: 'a',
        host: HOST,
        createdBy: 'admin',
        ordinal: null,
        createdAt: NOW - 1000,
        available: 3,
        used: 2,
        disabledAt: NOW,
        upstream: 'theirs',
        uses,
      })
    })

    test('numbers the routine codes of each owner in the order given, after those that are there', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.importCodes(
        HOST,
        [upstream('c'), upstream('gift', { createdBy: 'admin' }), upstream('a')],
        OPTIONS,
      )
      await store.importCodes(HOST, [upstream('a'), upstream('b'), upstream('c')], OPTIONS)
      const ordinals = (await codesOf(store)).map(({ code, ordinal }) => [code, ordinal])
      expect(Object.fromEntries(ordinals)).toEqual({ c: 1, a: 2, b: 3, gift: null })
    })

    test('makes room for all uses, and takes no number below zero', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.importCodes(HOST, [upstream('a', { available: -5 })], OPTIONS)
      expect(await codeOf(store)).toMatchObject({ available: 0, used: 0 })
      await store.importCodes(HOST, [upstream('a', { uses: [usedBy(BOB)] })], OPTIONS)
      expect(await codeOf(store)).toMatchObject({ available: 1, used: 1 })
    })

    test('a second time adds new uses once, and changes neither flags nor ordinals', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.importCodes(HOST, [upstream('a', { available: 2, uses: [usedBy(BOB)] })], OPTIONS)
      await store.disableCodes({ codes: ['a'], owners: [], at: NOW + 1 })
      const again = upstream('a', { available: 2, uses: [usedBy(CAROL), usedBy(BOB)] })
      expect(await store.importCodes(HOST, [again], OPTIONS)).toEqual({ codes: 0, uses: 1 })
      expect(await store.importCodes(HOST, [again], OPTIONS)).toEqual({ codes: 0, uses: 0 })
      expect(await codeOf(store)).toMatchObject({ used: 2, disabledAt: NOW + 1, ordinal: 1 })
    })

    test('disables what the PDS has disabled since, when told to, and counts it as nothing new', async () => {
      await using subject = await openStore()
      const { store } = subject
      const follow = { at: NOW + 1, dryRun: false, followFlags: true }
      await store.importCodes(
        HOST,
        [upstream('a'), upstream('b'), upstream('c', { disabled: true })],
        OPTIONS,
      )
      expect(await store.openTheirs(HOST)).toEqual(new Set(['a', 'b']))
      const version = await versionOf(store)
      const off = [upstream('a', { disabled: true }), upstream('b')]
      await store.importCodes(HOST, off, { ...follow, dryRun: true })
      await store.importCodes(HOST, off, OPTIONS)
      expect(await store.openTheirs(HOST)).toEqual(new Set(['a', 'b']))
      expect(await store.importCodes(HOST, off, follow)).toEqual({ codes: 0, uses: 0 })
      expect(await versionOf(store)).toBe(version + 1)
      expect(await store.openTheirs(HOST)).toEqual(new Set(['b']))
      expect(Object.fromEntries((await codesOf(store)).map((one) => [one.code, one.disabledAt]))).toEqual({
        a: NOW + 1,
        b: null,
        c: NOW,
      })
      expect(await store.beginTakeOver(HOST)).toEqual(['b'])
    })

    test('leaves the flags of what is being taken over, and the instant of what was disabled here', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.importCodes(HOST, [upstream('a'), upstream('b')], OPTIONS)
      await store.disableCodes({ codes: ['b'], owners: [], at: NOW + 1 })
      const follow = { at: NOW + 2, dryRun: false, followFlags: true }
      await store.importCodes(HOST, [upstream('b', { disabled: true })], follow)
      await store.beginTakeOver(HOST)
      await store.importCodes(HOST, [upstream('a', { disabled: true })], follow)
      expect(Object.fromEntries((await codesOf(store)).map((one) => [one.code, one.disabledAt]))).toEqual({
        a: null,
        b: NOW + 1,
      })
    })

    test('tells what it would add, and adds nothing, when it is only tried', async () => {
      await using subject = await openStore()
      const { store } = subject
      const codes = [upstream('a', { uses: [usedBy(BOB)] })]
      expect(await store.importCodes(HOST, codes, { at: NOW, dryRun: true })).toEqual({ codes: 1, uses: 1 })
      expect(await codesOf(store)).toEqual([])
      expect(await store.countUpstream(HOST)).toEqual({ theirs: 0, closing: 0, ours: 0 })
    })

    test('leaves alone a code of the same name that was made here', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.insertGifted([{ code: 'a', forAccount: ALICE, available: 1 }], HOST, NOW)
      const before = await codeOf(store)
      await store.importCodes(HOST, [upstream('a', { available: 9, uses: [usedBy(BOB)] })], OPTIONS)
      expect(await codeOf(store)).toEqual(before)
    })

    test('grows the version of the owner when something changed, and not otherwise', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.importCodes(HOST, [upstream('a')], OPTIONS)
      const first = await versionOf(store)
      await store.importCodes(HOST, [upstream('a')], OPTIONS)
      expect(await versionOf(store)).toBe(first)
      await store.importCodes(HOST, [upstream('a', { uses: [usedBy(BOB)] })], OPTIONS)
      expect(await versionOf(store)).toBeGreaterThan(first)
    })

    test('records with which code an account came, the newest where there are two', async () => {
      await using subject = await openStore()
      const { store } = subject
      const bob = { did: BOB, handle: 'bob.test', createdAt: NOW, invitesDisabled: false }
      await store.importAccounts(HOST, [bob], OPTIONS)
      await store.importCodes(
        HOST,
        [
          upstream('new', { uses: [usedBy(BOB, NOW - 1)] }),
          upstream('old', { uses: [usedBy(BOB, NOW - 900)] }),
        ],
        OPTIONS,
      )
      expect((await store.memberSnapshot(BOB)).account?.invitedByCode).toBe('new')
    })
  })

  describe('importing accounts', () => {
    const alice = { did: ALICE, handle: 'alice.test', createdAt: NOW - 9000, invitesDisabled: true }

    test('keeps when they came, their handle, and whether their invites are disabled', async () => {
      await using subject = await openStore()
      expect(await subject.store.importAccounts(HOST, [alice], OPTIONS)).toBe(1)
      const { account } = await subject.store.memberSnapshot(ALICE)
      expect(account).toMatchObject({ handle: 'alice.test', createdAt: NOW - 9000, invitesDisabled: true })
    })

    test('a second time leaves what was decided here since', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.importAccounts(HOST, [alice], OPTIONS)
      await store.setInvitesDisabled({ did: ALICE, host: HOST, disabled: false, note: null })
      expect(await store.importAccounts(HOST, [alice], OPTIONS)).toBe(0)
      expect((await store.memberSnapshot(ALICE)).account?.invitesDisabled).toBe(false)
    })

    test('a flag changes as it does at the PDS until the host earns, where nobody here said otherwise', async () => {
      await using subject = await openStore()
      const { store } = subject
      await openHost(store)
      const bob = { ...alice, did: BOB }
      const look = async (invitesDisabled: boolean) => {
        await store.importAccounts(
          HOST,
          [alice, bob].map((one) => ({ ...one, invitesDisabled })),
          OPTIONS,
        )
        const records = await store.memberRecords([ALICE, BOB])
        return [ALICE, BOB].map((did) => records.get(did)?.account?.invitesDisabled)
      }
      expect(await look(false)).toEqual([false, false])
      const version = await versionOf(store)
      expect(await look(true)).toEqual([true, true])
      expect(await look(true)).toEqual([true, true])
      expect(await versionOf(store)).toBe(version + 1)
      await store.setInvitesDisabled({ did: BOB, host: HOST, disabled: false, note: null })
      expect(await look(true)).toEqual([true, false])
      expect(await look(false)).toEqual([false, false])
      await store.openEarning(HOST, NOW)
      expect(await look(true)).toEqual([false, false])
    })

    test('takes the flag over for an account that was seen before its import', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.upsertAccount({ did: ALICE, host: HOST, handle: 'newer.test' })
      expect(await store.importAccounts(HOST, [alice], OPTIONS)).toBe(1)
      const { account } = await store.memberSnapshot(ALICE)
      expect(account).toMatchObject({ handle: 'newer.test', createdAt: NOW - 9000, invitesDisabled: true })
    })

    test('changes nothing when it is only tried', async () => {
      await using subject = await openStore()
      expect(await subject.store.importAccounts(HOST, [alice], { at: NOW, dryRun: true })).toBe(1)
      expect((await subject.store.memberSnapshot(ALICE)).account).toBeUndefined()
    })
  })

  describe('a code that the PDS made', () => {
    test('is the PDS’s to redeem before it is taken over, known here or not', async () => {
      await using subject = await openStore()
      const { store } = subject
      await openHost(store)
      await store.importCodes(HOST, [upstream('a')], OPTIONS)
      expect(await store.reserve(signUp('1', 'a'), NOW)).toBe('upstream')
      expect(await store.reserve(signUp('2', 'new at the PDS'), NOW)).toBe('upstream')
      expect(await codeOf(store)).toMatchObject({ used: 0, reserved: 0 })
    })

    test('and is refused by the rule of redemption all the same', async () => {
      await using subject = await openStore()
      const { store } = subject
      await openHost(store)
      await store.importCodes(
        HOST,
        [upstream('used', { uses: [usedBy(BOB)] }), upstream('off', { disabled: true })],
        OPTIONS,
      )
      expect(await store.reserve(signUp('1', 'used'), NOW)).toBe('used up')
      expect(await store.reserve(signUp('2', 'off'), NOW)).toBe('disabled')
    })

    test('is nobody’s while it is taken over, and then Latchkey’s', async () => {
      await using subject = await openStore()
      const { store } = subject
      await openHost(store)
      await store.importCodes(HOST, [upstream('a')], OPTIONS)
      expect(await store.beginTakeOver(HOST)).toEqual(['a'])
      expect(await store.reserve(signUp('1', 'a'), NOW)).toBe('closing')
      expect(await store.beginTakeOver(HOST)).toEqual(['a'])
      expect(await store.finishTakeOver(HOST, [{ code: 'a', uses: [] }])).toBe(1)
      expect(await store.finishTakeOver(HOST, [{ code: 'a', uses: [] }])).toBe(0)
      expect(await store.reserve(signUp('2', 'a'), NOW)).toBe('reserved')
    })

    test('is known to be used up by what the PDS counted until it was closed there', async () => {
      await using subject = await openStore()
      const { store } = subject
      await openHost(store)
      await store.importCodes(HOST, [upstream('a')], OPTIONS)
      expect(await takeOver(store, { a: [usedBy(BOB)] })).toBe(1)
      expect(await store.reserve(signUp('1', 'a'), NOW)).toBe('used up')
    })

    test('need not be closed at the PDS when it is disabled or used up there', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.importCodes(
        HOST,
        [upstream('used', { uses: [usedBy(BOB)] }), upstream('off', { disabled: true }), upstream('a')],
        OPTIONS,
      )
      expect(await store.beginTakeOver(HOST)).toEqual(['a'])
      expect(await store.countUpstream(HOST)).toEqual({ theirs: 0, closing: 1, ours: 2 })
      expect([await store.countClosing(HOST), await store.countClosing(OTHER_HOST)]).toEqual([1, 0])
    })

    test('must be closed at the PDS although it was disabled here', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.importCodes(HOST, [upstream('a')], OPTIONS)
      await store.disableCodes({ codes: ['a'], owners: [], at: NOW })
      expect(await store.beginTakeOver(HOST)).toEqual(['a'])
    })

    test('is unknown once all codes are Latchkey’s', async () => {
      await using subject = await openStore()
      const { store } = subject
      await openHost(store)
      await store.openEarning(HOST, NOW)
      expect(await store.reserve(signUp('1', 'new at the PDS'), NOW)).toBe('unknown')
    })
  })

  describe('a sign-up that the PDS redeemed', () => {
    const use = { host: HOST, code: 'a', did: BOB, handle: 'bob.test', at: NOW }

    test('is counted once, however often it is told and by whom', async () => {
      await using subject = await openStore()
      const stores = await storesOf(subject, 3)
      const { store } = subject
      await store.importCodes(HOST, [upstream('a', { available: 5 })], OPTIONS)
      await inParallel(12, (index) => pick(stores, index).recordUpstreamUse(use))
      await store.importCodes(HOST, [upstream('a', { available: 5, uses: [usedBy(BOB, NOW + 7)] })], OPTIONS)
      expect(await takeOver(store, { a: [usedBy(BOB, NOW + 7)] })).toBe(1)
      const code = await codeOf(store)
      expect(code.used).toBe(1)
      expect(code.uses).toEqual([{ usedBy: BOB, usedAt: NOW }])
    })

    test('records who came, also with a code that is not known yet', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.recordUpstreamUse(use)
      expect((await store.memberSnapshot(BOB)).account).toMatchObject({
        handle: 'bob.test',
        invitedByCode: 'a',
      })
      expect(await store.importCodes(HOST, [upstream('a', { uses: [usedBy(BOB)] })], OPTIONS)).toEqual({
        codes: 1,
        uses: 1,
      })
    })
  })
}
