import { describe, expect, test } from 'vitest'
import type { HeldUse, UpstreamArrival } from '../../../src/invites/reconciling.ts'
import type { InviteStore } from '../../../src/invites/store.ts'
import {
  ALICE,
  BOB,
  CAROL,
  codeOf,
  codesOf,
  forward,
  gift,
  HOST,
  inParallel,
  NOW,
  OTHER_HOST,
  type OpenStore,
  pick,
  redeem,
  signUp,
  storesOf,
  versionOf,
} from './support.ts'

const LATER = NOW + 5000

/** Bob's sign-up with Alice's code, as the PDS knows it, unless told otherwise. */
function arrival(
  reservation: string,
  change: Partial<UpstreamArrival> & { did?: string } = {},
): UpstreamArrival {
  const { did = BOB, ...others } = change
  return {
    reservation,
    code: 'a',
    upstreamCode: `upstream-${reservation}`,
    mintedAt: NOW + 1,
    use: { usedBy: did, usedAt: NOW + 2 },
    account: { handle: 'bob.test', createdAt: NOW + 3 },
    ...others,
  }
}

function held(store: InviteStore, change: Partial<Parameters<InviteStore['heldUses']>[0]> = {}) {
  return store.heldUses({ host: HOST, before: LATER, after: null, limit: 100, ...change })
}

async function importUsed(store: InviteStore, code: string, ...dids: string[]): Promise<void> {
  const uses = dids.map((usedBy) => ({ usedBy, usedAt: NOW }))
  const imported = {
    code,
    forAccount: CAROL,
    createdBy: 'admin',
    createdAt: NOW,
    available: 9,
    disabled: false,
  }
  await store.importCodes(HOST, [{ ...imported, uses }], { at: NOW, dryRun: false })
}

/** Finding again what a restored backup lost. */
export function describeReconciling(openStore: OpenStore): void {
  describeJudging(openStore)
  describeCounting(openStore)
  describeTakenOver(openStore)
  describeGivingBack(openStore)
}

function describeJudging(openStore: OpenStore): void {
  describe('a sign-up that the PDS tells of', () => {
    test('is judged by what is known of it, and nothing is changed', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 9 })
      await redeem(store, 'committed', 'a')
      await store.reserve(signUp('reserved', 'a'), NOW)
      await forward(store, 'forwarded', 'a')
      await forward(store, 'settling', 'a')
      await store.startSettling('settling', 'process 1')
      await forward(store, 'released', 'a')
      await store.release('released', NOW)
      const before = await codeOf(store)
      const ids = ['committed', 'reserved', 'forwarded', 'settling', 'released', 'unknown']
      const all = [...ids.map((id) => arrival(id, { did: CAROL })), arrival('unknown', { code: 'b' })]
      const verdicts = [
        'settled',
        'unfinished',
        'unfinished',
        'unfinished',
        'released',
        'lost',
        'lost with its code',
      ]
      expect(await store.judgeSignUps(all)).toEqual(verdicts)
      expect(await store.judgeSignUps(all.map((one) => ({ ...one, use: null })))).toEqual(verdicts)
      expect(await codeOf(store)).toEqual(before)
    })

    test('was rightly given back when the same account came in later', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 2 })
      await forward(store, 'r1', 'a')
      await store.release('r1', NOW)
      await redeem(store, 'r2', 'a', BOB, NOW + 9)
      expect(await store.judgeSignUps([arrival('r1')])).toEqual(['settled'])
      expect(await store.countSignUps(HOST, [arrival('r1')], LATER)).toEqual(['settled'])
      expect(await codeOf(store)).toMatchObject({ used: 1 })
    })
  })
}

function describeCounting(openStore: OpenStore): void {
  describe('counting a sign-up that was lost', () => {
    test('restores the sign-up, its use and who invited', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 2 })
      const version = await versionOf(store)
      expect(await store.countSignUps(HOST, [arrival('r1')], LATER)).toEqual(['lost'])
      expect(await codeOf(store)).toMatchObject({
        available: 2,
        used: 1,
        reserved: 0,
        uses: [{ usedBy: BOB, usedAt: NOW + 2 }],
      })
      expect(await store.reservation('r1')).toMatchObject({
        state: 'committed',
        code: 'a',
        upstreamCode: 'upstream-r1',
        mintedAt: NOW + 1,
        settledAt: NOW + 2,
        did: BOB,
      })
      expect((await store.memberSnapshot(BOB)).account).toMatchObject({
        host: HOST,
        handle: 'bob.test',
        createdAt: NOW + 3,
        status: 'active',
        invitedByCode: 'a',
      })
      expect(await subject.execute('SELECT arrival FROM account WHERE did = ?', BOB)).toEqual([
        { arrival: 'invited' },
      ])
      expect(await versionOf(store)).toBe(version + 1)
    })

    test('a second time changes nothing', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await store.countSignUps(HOST, [arrival('r1')], LATER)
      const before = [await store.memberSnapshot(ALICE), await store.memberSnapshot(BOB)]
      expect(await store.countSignUps(HOST, [arrival('r1')], LATER)).toEqual(['settled'])
      expect([await store.memberSnapshot(ALICE), await store.memberSnapshot(BOB)]).toEqual(before)
    })

    test('makes room beside what is used and held already', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 2 })
      await redeem(store, 'r1', 'a', CAROL)
      await store.reserve(signUp('r2', 'a'), NOW)
      await store.countSignUps(HOST, [arrival('r3')], LATER)
      expect(await codeOf(store)).toMatchObject({ available: 3, used: 2, reserved: 1 })
      expect(await store.reserve(signUp('r4', 'a'), NOW)).toBe('used up')
    })

    test('makes of a code that was lost too a gift that is used up', async () => {
      await using subject = await openStore()
      const { store } = subject
      const both = [arrival('r1'), arrival('r2', { did: CAROL })]
      expect(await store.countSignUps(HOST, both, LATER)).toEqual(['lost with its code', 'lost'])
      expect(await codeOf(store, 'admin')).toMatchObject({
        code: 'a',
        createdBy: 'admin',
        ordinal: null,
        createdAt: NOW + 1,
        available: 2,
        used: 2,
      })
      const [row] = await subject.execute('SELECT note FROM invite_code')
      expect(row?.['note']).toMatch(/^Made after the backup/)
    })

    test('counts one that was given back again', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await forward(store, 'r1', 'a')
      await store.release('r1', NOW)
      expect(await store.countSignUps(HOST, [arrival('r1')], LATER)).toEqual(['released'])
      expect(await store.reservation('r1')).toMatchObject({ state: 'committed', did: BOB })
      expect(await codeOf(store)).toMatchObject({ available: 1, used: 1, reserved: 0 })
    })

    test('leaves to the settler what is unfinished', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await forward(store, 'r1', 'a')
      expect(await store.countSignUps(HOST, [arrival('r1')], LATER)).toEqual(['unfinished'])
      expect(await codeOf(store)).toMatchObject({ used: 0, reserved: 1 })
    })

    test('leaves the newer code that invited somebody', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await gift(store, 'b', { to: CAROL })
      await redeem(store, 'r2', 'b', BOB, NOW + 3)
      await store.countSignUps(HOST, [arrival('r1')], LATER)
      expect((await store.memberSnapshot(BOB)).account).toMatchObject({ invitedByCode: 'b' })
    })

    test('takes for deleted whom neither side knows, and leaves the status of others', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 2 })
      await store.upsertAccount({ did: CAROL, host: HOST, handle: 'carol.test', createdAt: 5 })
      const gone = [arrival('r1', { account: null }), arrival('r2', { did: CAROL, account: null })]
      await store.countSignUps(HOST, gone, LATER)
      expect((await store.memberSnapshot(BOB)).account).toMatchObject({ status: 'deleted', handle: null })
      const { account } = await store.memberSnapshot(CAROL)
      expect(account).toMatchObject({ status: 'active', handle: 'carol.test', createdAt: 5 })
    })

    test.each([1, 2])('happens once in a race, over %i store(s)', async (connections) => {
      await using subject = await openStore()
      const stores = await storesOf(subject, connections)
      const verdicts = await inParallel(20, (index) =>
        pick(stores, index).countSignUps(HOST, [arrival('r1'), arrival('r2', { did: CAROL })], LATER),
      )
      expect(verdicts.filter(([first]) => first !== 'settled')).toEqual([['lost with its code', 'lost']])
      expect(await codeOf(subject.store, 'admin')).toMatchObject({ available: 2, used: 2 })
    })
  })
}

function describeTakenOver(openStore: OpenStore): void {
  describe('codes of the PDS', () => {
    test('that are Latchkey’s are told with who used them, and no others', async () => {
      await using subject = await openStore()
      const { store } = subject
      await importUsed(store, 'used', BOB, ALICE)
      await importUsed(store, 'unused')
      const closing = await store.beginTakeOver(HOST)
      await store.finishTakeOver(
        HOST,
        closing.map((code) => ({ code, uses: [] })),
      )
      await importUsed(store, 'theirs', BOB)
      await gift(store, 'made here')
      const all = ['used', 'unused', 'theirs', 'made here', 'unknown']
      expect(await store.takenOver(HOST, all)).toEqual(
        new Map([
          ['used', new Set([ALICE, BOB])],
          ['unused', new Set()],
        ]),
      )
      expect(await store.takenOver(OTHER_HOST, all)).toEqual(new Map())
    })
  })
}

function describeGivingBack(openStore: OpenStore): void {
  describe('uses that the PDS must know', () => {
    test('are those that came by a sign-up or by a code of the PDS, page by page', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 3 })
      await redeem(store, 'r1', 'a', BOB)
      await redeem(store, 'r2', 'a', CAROL)
      await redeem(store, 'late', 'a', BOB, LATER)
      await importUsed(store, 'imported', BOB)
      await gift(store, 'elsewhere', { host: OTHER_HOST })
      await store.reserve(signUp('r3', 'elsewhere', { host: OTHER_HOST }), NOW)
      await store.markForwarded('r3', { code: 'up', mintedAt: NOW })
      await store.commit('r3', { did: BOB, handle: null, at: NOW })
      const use = { usedAt: NOW + 2, handle: 'r1.test' }
      const all = [
        { ...use, code: 'a', usedBy: BOB, reservation: 'r1', upstreamCode: 'upstream-r1' },
        {
          ...use,
          code: 'a',
          usedBy: CAROL,
          reservation: 'r2',
          upstreamCode: 'upstream-r2',
          handle: 'r2.test',
        },
        {
          code: 'imported',
          usedBy: BOB,
          usedAt: NOW,
          reservation: null,
          upstreamCode: 'imported',
          handle: null,
        },
      ]
      expect(await held(store)).toEqual(all)
      const [first, second] = all
      expect(await held(store, { limit: 1 })).toEqual([first])
      expect(await held(store, { limit: 1, after: first ?? null })).toEqual([second])
      expect(await held(store, { after: all[2] ?? null })).toEqual([])
    })

    test('can be given back, whoever counted them: once', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await redeem(store, 'r1', 'a')
      await importUsed(store, 'imported', 'did:plc:dave')
      const version = await versionOf(store)
      const uses = await held(store)
      expect(await store.giveBack(HOST, uses, LATER)).toBe(2)
      expect(await store.giveBack(HOST, uses, LATER)).toBe(0)
      expect(await codeOf(store)).toMatchObject({ used: 0, reserved: 0, uses: [] })
      expect(await codeOf(store, CAROL)).toMatchObject({ available: 9, used: 0, uses: [] })
      expect(await store.reservation('r1')).toMatchObject({ state: 'released', settledAt: LATER, did: null })
      expect(await versionOf(store)).toBe(version + 1)
      expect((await store.memberSnapshot(BOB)).account).toMatchObject({ invitedByCode: null })
      expect(await store.reserve(signUp('r2', 'a'), NOW)).toBe('reserved')
    })

    test('leave the newest code that is left as the one that invited', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await gift(store, 'b', { to: CAROL })
      await redeem(store, 'r1', 'a', BOB, NOW + 1)
      await redeem(store, 'r2', 'b', BOB, NOW + 2)
      const uses = await held(store)
      const newest = uses.filter(({ code }) => code === 'b')
      expect(await store.giveBack(HOST, newest, LATER)).toBe(1)
      expect((await store.memberSnapshot(BOB)).account).toMatchObject({ invitedByCode: 'a' })
      expect(await codesOf(store)).toMatchObject([{ used: 1 }])
    })

    test('are given back once in a race', async () => {
      await using subject = await openStore()
      const stores = await storesOf(subject, 2)
      const { store } = subject
      await gift(store, 'a', { available: 3 })
      await redeem(store, 'r1', 'a', BOB)
      await redeem(store, 'r2', 'a', CAROL)
      const uses: readonly HeldUse[] = await held(store)
      const given = await inParallel(20, (index) => pick(stores, index).giveBack(HOST, uses, LATER))
      expect(given.reduce((sum, some) => sum + some, 0)).toBe(2)
      expect(await codeOf(store)).toMatchObject({ available: 3, used: 0 })
    })
  })
}
