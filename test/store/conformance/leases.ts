import { describe, expect, test } from 'vitest'
import type { InviteStore, Reservation } from '../../../src/invites/store.ts'
import {
  BOB,
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
  type OpenStore,
  type StoreUnderTest,
} from './support.ts'

/** Until when `signUp` holds its lease. */
const LEASE = NOW + 60_000
const HANDLER = 'process 1'
const SETTLER = 'process 2'

/** Claims all that is due at an instant, for a minute. */
function claim(
  store: InviteStore,
  now: number,
  change: { holder?: string; limit?: number; host?: string } = {},
) {
  return store.takeOver({ host: HOST, holder: SETTLER, now, leaseUntil: now + 60_000, limit: 100, ...change })
}

const idsOf = (reservations: readonly Reservation[]) => reservations.map(({ id }) => id)

export function describeLeases(openStore: OpenStore): void {
  describeHolding(openStore)
  describeTakingOver(openStore)
  describePostponing(openStore)
  describeCounting(openStore)
  describeForgetting(openStore)
}

function describeHolding(openStore: OpenStore): void {
  describe('a sign-up under a lease', () => {
    test('is nobody else’s until the very instant at which its lease runs out', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await forward(store, 'r1', 'a')
      expect(await claim(store, LEASE - 1)).toEqual([])
      expect(idsOf(await claim(store, LEASE))).toEqual(['r1'])
    })

    test('stays its holder’s for as long as that is renewed', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await forward(store, 'r1', 'a')
      expect(await store.renewLease('r1', HANDLER, LEASE + 10)).toBe(true)
      expect(await claim(store, LEASE + 9)).toEqual([])
      expect(idsOf(await claim(store, LEASE + 10))).toEqual(['r1'])
    })

    test.each(['commit', 'release'] as const)('is not renewed after %s', async (end) => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await forward(store, 'r1', 'a')
      if (end === 'commit') await store.commit('r1', { did: BOB, handle: null, at: NOW })
      else await store.release('r1', NOW)
      expect(await store.renewLease('r1', HANDLER, LEASE)).toBe(false)
      expect(await claim(store, LEASE)).toEqual([])
    })

    test('is renewed by nobody else, and not by its first holder once it was taken over', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await forward(store, 'r1', 'a')
      expect(await store.renewLease('r1', SETTLER, LEASE + 10)).toBe(false)
      expect(await store.renewLease('unknown', HANDLER, LEASE + 10)).toBe(false)
      await claim(store, LEASE)
      expect(await store.renewLease('r1', HANDLER, LEASE + 10)).toBe(false)
      expect(await store.renewLease('r1', SETTLER, LEASE + 90_000)).toBe(true)
      expect(await claim(store, LEASE + 89_999, { holder: 'process 3' })).toEqual([])
    })

    test('is settled by its holder once it was forwarded', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await store.reserve(signUp('r1', 'a'), NOW)
      expect(await store.startSettling('r1', HANDLER)).toBe(false)
      await store.markForwarded('r1', { code: 'up', mintedAt: NOW })
      expect(await store.startSettling('r1', SETTLER)).toBe(false)
      expect(await store.reservation('r1')).toMatchObject({ state: 'forwarded' })
      expect(await store.startSettling('r1', HANDLER)).toBe(true)
      expect(await store.reservation('r1')).toMatchObject({ state: 'settling', upstreamCode: 'up' })
      expect(await store.startSettling('r1', HANDLER)).toBe(false)
      expect(await claim(store, LEASE - 1)).toEqual([])
      await store.release('r1', NOW)
      expect(await store.startSettling('r1', HANDLER)).toBe(false)
    })
  })
}

function describeTakingOver(openStore: OpenStore): void {
  describe('taking over', () => {
    test('gives a sign-up with an upstream code as settling, and ends in one use', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await forward(store, 'r1', 'a')
      const [taken] = await claim(store, LEASE)
      expect(taken).toEqual({
        id: 'r1',
        code: 'a',
        host: HOST,
        door: 'createAccount',
        handle: 'r1.test',
        upstreamCode: 'upstream-r1',
        mintedAt: NOW + 1,
        state: 'settling',
        startedAt: NOW,
        settledAt: null,
        did: null,
      })
      expect(taken).toEqual(await store.reservation('r1'))
      expect(await codeOf(store)).toMatchObject({ used: 0, reserved: 1 })
      expect(await store.commit('r1', { did: BOB, handle: null, at: LEASE })).toBe(true)
      expect(await codeOf(store)).toMatchObject({ used: 1, reserved: 0 })
    })

    test('gives one without an upstream code as reserved, which can’t be sent on any more', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await store.reserve(signUp('r1', 'a'), NOW)
      expect(await claim(store, LEASE)).toMatchObject([{ id: 'r1', state: 'reserved', upstreamCode: null }])
      expect(await store.markForwarded('r1', { code: 'up', mintedAt: NOW })).toBe(false)
      expect(await store.release('r1', LEASE)).toBe(true)
    })

    test('gives one under settlement to the next when its settler is gone as well', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await forward(store, 'r1', 'a')
      await claim(store, LEASE)
      expect(await claim(store, LEASE + 59_999, { holder: 'process 3' })).toEqual([])
      expect(await claim(store, LEASE + 60_000, { holder: 'process 3' })).toMatchObject([
        { id: 'r1', state: 'settling' },
      ])
      expect(await store.renewLease('r1', SETTLER, LEASE)).toBe(false)
      expect(await store.renewLease('r1', 'process 3', LEASE)).toBe(true)
    })

    test('gives the oldest first, and no more than asked for', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 5 })
      for (const [id, startedAt] of [
        ['r3', NOW + 3],
        ['r1', NOW + 1],
        ['r5', NOW + 5],
        ['r2', NOW + 2],
        ['r4', NOW + 4],
      ] as const)
        await store.reserve(signUp(id, 'a'), startedAt)
      expect(idsOf(await claim(store, LEASE, { limit: 3 }))).toEqual(['r1', 'r2', 'r3'])
      expect(idsOf(await claim(store, LEASE, { limit: 3 }))).toEqual(['r4', 'r5'])
      expect(idsOf(await claim(store, LEASE, { limit: 3 }))).toEqual([])
    })

    test('leaves finished sign-ups and other hosts alone', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 2 })
      await gift(store, 'b', { host: OTHER_HOST })
      await redeem(store, 'r1', 'a')
      await forward(store, 'r2', 'a')
      await store.release('r2', NOW)
      await store.reserve(signUp('r3', 'b', { host: OTHER_HOST }), NOW)
      expect(await claim(store, LEASE)).toEqual([])
      expect(idsOf(await claim(store, LEASE, { host: OTHER_HOST }))).toEqual(['r3'])
    })

    test.each([1, 2])('by 50 at once over %i store(s) gives each of 20 to one', async (connections) => {
      await using subject = await openStore()
      const stores = await storesOf(subject, connections)
      await gift(subject.store, 'a', { available: 20 })
      for (let index = 0; index < 20; index++) await forward(subject.store, `r${index}`, 'a')
      const taken = await inParallel(50, (index) =>
        claim(pick(stores, index), LEASE, { holder: `settler ${index}`, limit: 3 }),
      )
      const ids = taken.flatMap(idsOf)
      expect(ids).toHaveLength(20)
      expect(new Set(ids).size).toBe(20)
      expect(await subject.store.countOpen(HOST)).toEqual({ reserved: 0, forwarded: 0, settling: 20 })
      const holders = taken.flatMap((rows, index) =>
        rows.map(({ id }) => ({ id, holder: `settler ${index}` })),
      )
      for (const { id, holder } of holders)
        expect(await subject.store.renewLease(id, holder, LEASE + 1)).toBe(true)
    })

    test.each([1, 2])('while the handler still works counts once, over %i store(s)', async (connections) => {
      await using subject = await openStore()
      const stores = await storesOf(subject, connections)
      await gift(subject.store, 'a')
      await forward(subject.store, 'r1', 'a')
      const arrival = { did: BOB, handle: null, at: NOW }
      const ends = await inParallel(10, async (index) => {
        const store = pick(stores, index)
        if (index % 2 === 0) return await store.commit('r1', arrival)
        await claim(store, LEASE)
        return await store.commit('r1', { ...arrival, at: NOW + index, lookAgainAt: NOW + 600_000 })
      })
      expect(ends.filter(Boolean)).toHaveLength(1)
      expect(await codeOf(subject.store)).toMatchObject({ used: 1, reserved: 0, uses: [{ usedBy: BOB }] })
      expect(await subject.store.reservation('r1')).toMatchObject({ state: 'committed', did: BOB })
    })

    test.each([1, 2])(
      'before anything was minted, or its sending on: one of the two, over %i store(s)',
      async (connections) => {
        await using subject = await openStore()
        const stores = await storesOf(subject, connections)
        await gift(subject.store, 'a', { available: 20 })
        for (let index = 0; index < 20; index++) await subject.store.reserve(signUp(`r${index}`, 'a'), NOW)
        const forwarded: string[] = []
        const takenUnforwarded: string[] = []
        await inParallel(40, async (index) => {
          const store = pick(stores, index)
          const id = `r${Math.floor(index / 2)}`
          if ((index + Math.floor(index / 2)) % 2 === 0) {
            // Some come late, so that both sides win some.
            if (index % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
            const done = await store.markForwarded(id, { code: `up-${id}`, mintedAt: NOW })
            if (done) forwarded.push(id)
          } else {
            const taken = await claim(store, LEASE, { limit: 1 })
            takenUnforwarded.push(...idsOf(taken.filter(({ upstreamCode }) => upstreamCode === null)))
          }
        })
        expect(forwarded.length).toBeGreaterThan(0)
        expect(takenUnforwarded.length).toBeGreaterThan(0)
        expect(forwarded.filter((id) => takenUnforwarded.includes(id))).toEqual([])
      },
    )
  })
}

function describePostponing(openStore: OpenStore): void {
  describe('postponing', () => {
    test('makes a sign-up due at exactly the next try, for whoever comes first', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await forward(store, 'r1', 'a')
      await claim(store, LEASE)
      await store.postpone('r1', SETTLER, LEASE + 5_000)
      expect(await claim(store, LEASE + 4_999, { holder: 'process 3' })).toEqual([])
      expect(await claim(store, LEASE + 5_000, { holder: 'process 3' })).toMatchObject([
        { id: 'r1', state: 'settling' },
      ])
    })

    test('beyond the lease holds even when the lease is over', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await forward(store, 'r1', 'a')
      await claim(store, LEASE)
      await store.postpone('r1', SETTLER, LEASE + 500_000)
      await store.renewLease('r1', SETTLER, LEASE + 1)
      expect(await claim(store, LEASE + 499_999)).toEqual([])
      expect(idsOf(await claim(store, LEASE + 500_000))).toEqual(['r1'])
    })

    test('is for its holder only, and changes no finished one', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 2 })
      await forward(store, 'r1', 'a')
      await store.postpone('r1', SETTLER, NOW)
      expect(await claim(store, LEASE - 1)).toEqual([])
      await redeem(store, 'r2', 'a')
      const before = await subject.execute("SELECT * FROM reservation WHERE id = 'r2'")
      await store.postpone('r2', HANDLER, NOW)
      await store.postpone('unknown', HANDLER, NOW)
      expect(await subject.execute("SELECT * FROM reservation WHERE id = 'r2'")).toEqual(before)
    })
  })
}

function describeCounting(openStore: OpenStore): void {
  test('open sign-ups are counted by state and host', async () => {
    await using subject = await openStore()
    const { store } = subject
    await gift(store, 'a', { available: 9 })
    await gift(store, 'b', { host: OTHER_HOST })
    expect(await store.countOpen(HOST)).toEqual({ reserved: 0, forwarded: 0, settling: 0 })
    await store.reserve(signUp('r1', 'a'), NOW)
    for (const id of ['r2', 'r3', 'r4', 'r5', 'r6', 'r7']) await forward(store, id, 'a')
    for (const id of ['r2', 'r3', 'r4']) await store.startSettling(id, HANDLER)
    await store.release('r2', NOW)
    await store.commit('r7', { did: BOB, handle: null, at: NOW })
    await store.reserve(signUp('r8', 'b', { host: OTHER_HOST }), NOW)
    expect(await store.countOpen(HOST)).toEqual({ reserved: 1, forwarded: 2, settling: 2 })
  })
}

function describeForgetting(openStore: OpenStore): void {
  describe('forgetting what came to nothing', () => {
    const idsLeft = async ({ execute }: StoreUnderTest) =>
      (await execute('SELECT id FROM reservation ORDER BY id')).map(({ id }) => id)

    test('takes those released until an instant, the longest ago first, no more than asked for', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 9 })
      for (const [id, releasedAt] of [
        ['r1', NOW + 3],
        ['r2', NOW + 1],
        ['r3', NOW + 2],
        ['r4', NOW + 4],
      ] as const) {
        await forward(store, id, 'a')
        await store.release(id, releasedAt)
      }
      const which = { host: HOST, before: NOW + 3, limit: 2 }
      expect(await store.purgeReleased({ ...which, before: NOW })).toBe(0)
      expect(await store.purgeReleased(which)).toBe(2)
      expect(await idsLeft(subject)).toEqual(['r1', 'r4'])
      expect(await store.purgeReleased(which)).toBe(1)
      expect(await idsLeft(subject)).toEqual(['r4'])
      expect(await store.purgeReleased(which)).toBe(0)
      expect(await codeOf(store)).toMatchObject({ used: 0, reserved: 0 })
    })

    test('leaves alone what is in progress, what came to something, and other hosts', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 9 })
      await gift(store, 'b', { host: OTHER_HOST })
      await store.reserve(signUp('r1', 'a'), NOW)
      await forward(store, 'r2', 'a')
      await forward(store, 'r3', 'a')
      await store.startSettling('r3', HANDLER)
      await redeem(store, 'r4', 'a')
      await store.reserve(signUp('r5', 'b', { host: OTHER_HOST }), NOW)
      await store.release('r5', NOW)
      expect(await store.purgeReleased({ host: HOST, before: NOW + 1000, limit: 100 })).toBe(0)
      expect(await idsLeft(subject)).toEqual(['r1', 'r2', 'r3', 'r4', 'r5'])
    })

    test('remembers those whose code the PDS has as used, or their uses would look lost', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 2 })
      await forward(store, 'r1', 'a')
      await store.commit('r1', { did: BOB, handle: null, at: NOW, lookAgainAt: NOW + 5 })
      await store.endSecondLook('r1', 'gone', NOW + 5)
      await forward(store, 'r2', 'a')
      expect(await store.release('r2', NOW, 'used')).toBe(true)
      expect(await store.purgeReleased({ host: HOST, before: NOW + 1000, limit: 100 })).toBe(0)
      expect(await idsLeft(subject)).toEqual(['r1', 'r2'])
      // Of accounts that were deleted no handle is left.
      expect(await subject.execute('SELECT handle FROM reservation')).toEqual([
        { handle: null },
        { handle: null },
      ])
      expect(await codeOf(store)).toMatchObject({ used: 0, reserved: 0 })
    })
  })
}
