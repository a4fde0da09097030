import { describe, expect, test } from 'vitest'
import type { InviteStore } from '../../../src/invites/store.ts'
import {
  ALICE,
  BOB,
  CAROL,
  codeOf,
  forward,
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

const AGAIN = NOW + 600_000

/** Commits a sign-up as the settler does. */
async function settle(
  store: InviteStore,
  id: string,
  code: string,
  { did = BOB, at = NOW, again = AGAIN } = {},
) {
  await forward(store, id, code)
  await store.commit(id, { did, handle: null, at, lookAgainAt: again })
}

async function due(store: InviteStore, now: number, { host = HOST, limit = 100 } = {}) {
  return (await store.dueSecondLooks({ host, now, limit })).map(({ id }) => id)
}

export function describeSecondLooks(openStore: OpenStore): void {
  describeWhenDue(openStore)
  describeOutcomes(openStore)
  describeLookRaces(openStore)
}

function describeWhenDue(openStore: OpenStore): void {
  describe('a second look', () => {
    test('is due from exactly its instant on, and shows the whole sign-up', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await settle(store, 'r1', 'a')
      expect(await due(store, AGAIN - 1)).toEqual([])
      expect(await store.dueSecondLooks({ host: HOST, now: AGAIN, limit: 1 })).toEqual([
        {
          id: 'r1',
          code: 'a',
          host: HOST,
          door: 'createAccount',
          handle: 'r1.test',
          upstreamCode: 'upstream-r1',
          mintedAt: NOW + 1,
          state: 'committed',
          startedAt: NOW,
          settledAt: NOW,
          did: BOB,
        },
      ])
    })

    test('is not due for a sign-up that the PDS itself told of', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await redeem(store, 'r1', 'a')
      expect(await due(store, AGAIN * 2)).toEqual([])
      expect(await store.endSecondLook('r1', 'gone', AGAIN)).toBe(false)
      expect(await store.endSecondLook('r1', 'stays', AGAIN)).toBe(false)
      expect(await codeOf(store)).toMatchObject({ used: 1 })
    })

    test('comes for the longest due first, for one host, no more than asked for', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 3 })
      await gift(store, 'b', { host: OTHER_HOST, to: CAROL })
      await settle(store, 'r1', 'a', { again: AGAIN + 2, did: 'did:plc:1' })
      await settle(store, 'r2', 'a', { again: AGAIN + 1, did: 'did:plc:2' })
      await settle(store, 'r3', 'a', { again: AGAIN + 3, did: 'did:plc:3' })
      await store.reserve(signUp('r4', 'b', { host: OTHER_HOST }), NOW)
      await store.markForwarded('r4', { code: 'up', mintedAt: NOW })
      await store.commit('r4', { did: BOB, handle: null, at: NOW, lookAgainAt: AGAIN })
      expect(await due(store, AGAIN + 9)).toEqual(['r2', 'r1', 'r3'])
      expect(await due(store, AGAIN + 9, { limit: 2 })).toEqual(['r2', 'r1'])
      expect(await due(store, AGAIN + 9, { host: OTHER_HOST })).toEqual(['r4'])
    })
  })
}

function describeOutcomes(openStore: OpenStore): void {
  describe('a second look', () => {
    test('at an account that stays changes nothing else, once', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await settle(store, 'r1', 'a')
      const before = [await store.memberSnapshot(ALICE), await store.memberSnapshot(BOB)]
      const reservation = await store.reservation('r1')
      expect(await store.endSecondLook('r1', 'stays', AGAIN)).toBe(true)
      expect([await store.memberSnapshot(ALICE), await store.memberSnapshot(BOB)]).toEqual(before)
      expect(await store.reservation('r1')).toEqual(reservation)
      expect(await due(store, AGAIN)).toEqual([])
      expect(await store.endSecondLook('r1', 'stays', AGAIN)).toBe(false)
      expect(await store.endSecondLook('r1', 'gone', AGAIN)).toBe(false)
      expect(await codeOf(store)).toMatchObject({ used: 1, uses: [{ usedBy: BOB }] })
    })

    test('at an account that is gone makes the code whole again, once', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 3 })
      await settle(store, 'r0', 'a', { did: CAROL })
      await settle(store, 'r1', 'a', { at: NOW + 1 })
      await subject.execute('UPDATE account SET arrived_at = ?', NOW)
      expect(await versionOf(store)).toBe(3)
      expect(await store.endSecondLook('r1', 'gone', AGAIN)).toBe(true)
      expect(await codeOf(store)).toMatchObject({ used: 1, reserved: 0, uses: [{ usedBy: CAROL }] })
      expect(await versionOf(store)).toBe(4)
      expect((await store.memberSnapshot(BOB)).account).toMatchObject({ invitedByCode: null })
      expect((await store.memberSnapshot(CAROL)).account).toMatchObject({ invitedByCode: 'a' })
      expect(await subject.execute('SELECT did, arrival, arrived_at FROM account ORDER BY did')).toEqual([
        { did: ALICE, arrival: null, arrived_at: NOW },
        { did: BOB, arrival: null, arrived_at: null },
        { did: CAROL, arrival: 'invited', arrived_at: NOW },
      ])
      expect(await store.reservation('r1')).toMatchObject({ state: 'released', settledAt: AGAIN, did: null })
      expect(await due(store, AGAIN)).toEqual(['r0'])
      expect(await store.endSecondLook('r1', 'gone', AGAIN)).toBe(false)
      expect(await store.endSecondLook('r1', 'stays', AGAIN)).toBe(false)
      expect(await store.release('r1', AGAIN)).toBe(false)
      expect(await store.commit('r1', { did: BOB, handle: null, at: AGAIN })).toBe(false)
      expect(await codeOf(store)).toMatchObject({ used: 1, reserved: 0 })
      expect(await versionOf(store)).toBe(4)
    })

    test('at an account that is gone leaves the code that invited it since', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await gift(store, 'b', { to: CAROL })
      await settle(store, 'r1', 'a')
      await settle(store, 'r2', 'b')
      expect(await store.endSecondLook('r1', 'gone', AGAIN)).toBe(true)
      expect((await store.memberSnapshot(BOB)).account).toMatchObject({ invitedByCode: 'b' })
      expect(await codeOf(store, CAROL)).toMatchObject({ used: 1, uses: [{ usedBy: BOB }] })
    })

    test('takes back the use of that sign-up, not another of the same person', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 2 })
      await settle(store, 'r1', 'a', { at: NOW + 1 })
      await settle(store, 'r2', 'a', { at: NOW + 2 })
      expect(await store.endSecondLook('r1', 'gone', AGAIN)).toBe(true)
      expect((await codeOf(store)).uses).toEqual([{ usedBy: BOB, usedAt: NOW + 2 }])
    })

    test('does not end a sign-up that is unknown or unfinished', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await forward(store, 'r1', 'a')
      for (const outcome of ['stays', 'gone'] as const) {
        expect(await store.endSecondLook('unknown', outcome, AGAIN)).toBe(false)
        expect(await store.endSecondLook('r1', outcome, AGAIN)).toBe(false)
      }
      expect(await store.reservation('r1')).toMatchObject({ state: 'forwarded' })
    })
  })
}

function describeLookRaces(openStore: OpenStore): void {
  describe('in a race', () => {
    test.each([1, 2])('a second look ends once, over %i store(s)', async (connections) => {
      await using subject = await openStore()
      const stores = await storesOf(subject, connections)
      await gift(subject.store, 'a', { available: 2 })
      await settle(subject.store, 'r1', 'a')
      const ends = await inParallel(20, (index) =>
        pick(stores, index).endSecondLook('r1', index % 4 < 2 ? 'gone' : 'stays', AGAIN),
      )
      expect(ends.filter(Boolean)).toHaveLength(1)
      const { state } = (await subject.store.reservation('r1')) ?? {}
      const { used, uses } = await codeOf(subject.store)
      expect(used).toBe(state === 'committed' ? 1 : 0)
      expect(uses).toHaveLength(used)
    })

    test('committing, releasing and looking again leave the counters at what the rows say', async () => {
      await using subject = await openStore()
      const stores = await storesOf(subject, 2)
      await gift(subject.store, 'a', { available: 20 })
      for (let index = 0; index < 20; index++) await forward(subject.store, `r${index}`, 'a')
      const ends = await inParallel(120, async (index) => {
        const store = pick(stores, index)
        const id = `r${Math.floor(index / 6)}`
        const did = `did:plc:${id}`
        const kind = (index + Math.floor(index / 6)) % 3
        if (kind === 0)
          return (await store.commit(id, { did, handle: null, at: NOW, lookAgainAt: AGAIN })) && 1
        if (kind === 1) return (await store.release(id, NOW)) && 0
        return (await store.endSecondLook(id, 'gone', AGAIN)) && -1
      })
      const { used, reserved, uses } = await codeOf(subject.store)
      const sum = ends.reduce<number>((total, change) => total + (change === false ? 0 : change), 0)
      expect(used).toBe(sum)
      expect(reserved).toBe(0)
      expect(uses).toHaveLength(used)
      const committed = await subject.execute(
        "SELECT did FROM reservation WHERE state = 'committed' ORDER BY did",
      )
      expect(committed.map(({ did }) => did)).toEqual(uses.map(({ usedBy }) => usedBy).toSorted())
      const invited = await subject.execute(
        'SELECT did FROM account WHERE invited_by_code IS NOT NULL ORDER BY did',
      )
      expect(invited).toEqual(committed)
      const released = await subject.execute("SELECT id FROM reservation WHERE state = 'released'")
      expect(committed.length + released.length).toBe(20)
    })
  })
}
