import { describe, expect, test } from 'vitest'
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
  type StoreUnderTest,
} from './support.ts'

export function describeRedemption(openStore: OpenStore): void {
  describeRefusals(openStore)
  describeSignUps(openStore)
  describeRaces(openStore)
}

/** What makes the code `a` of Alice unfit, and the refusal that it earns. */
const REFUSALS: [string, string, (subject: StoreUnderTest) => Promise<unknown>][] = [
  ['a disabled code', 'disabled', ({ store }) => store.disableCodes({ codes: ['a'], owners: [], at: NOW })],
  [
    'a code at the very instant of its expiry',
    'expired',
    ({ execute }) => execute('UPDATE invite_code SET expires_at = ?', NOW),
  ],
  ['a code used up', 'used up', ({ store }) => redeem(store, 'earlier', 'a', CAROL)],
  ['a code whose use is held', 'used up', ({ store }) => store.reserve(signUp('earlier', 'a'), NOW)],
  [
    'a code for somebody else',
    'restricted',
    ({ execute }) => execute("UPDATE invite_code SET restricted_to = 'carol.test'"),
  ],
  ...['deactivated', 'takendown', 'suspended', 'deleted'].map((status): (typeof REFUSALS)[number] => [
    `a code whose owner is ${status}`,
    'owner gone',
    ({ execute }) => execute('UPDATE account SET status = ? WHERE did = ?', status, ALICE),
  ]),
]

function describeRefusals(openStore: OpenStore): void {
  describe('a sign-up is refused, and nothing changes,', () => {
    test('with an unknown code, or one of another host', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'elsewhere', { host: OTHER_HOST })
      expect(await store.reserve(signUp('r1', 'nonsense'), NOW)).toBe('unknown')
      expect(await store.reserve(signUp('r2', 'elsewhere'), NOW)).toBe('unknown')
      expect(await store.reservation('r2')).toBeUndefined()
    })

    test.each(REFUSALS)('with %s', async (_, refusal, spoil) => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await spoil(subject)
      const before = await store.memberSnapshot(ALICE)
      expect(await store.reserve(signUp('r1', 'a'), NOW)).toBe(refusal)
      expect(await store.memberSnapshot(ALICE)).toEqual(before)
      expect(await store.reservation('r1')).toBeUndefined()
    })
  })
}

function describeSignUps(openStore: OpenStore): void {
  describe('a sign-up', () => {
    test.each([
      ['one millisecond before the expiry', 'UPDATE invite_code SET expires_at = ?', NOW + 1],
      ['restricted to the handle', 'UPDATE invite_code SET restricted_to = ?', 'bob.test'],
      ['restricted to the DID', 'UPDATE invite_code SET restricted_to = ?', BOB],
      ['whose owner was never seen', 'DELETE FROM account WHERE did = ?', ALICE],
    ])('holds a use of a code %s', async (_, sql, parameter) => {
      await using subject = await openStore()
      await gift(subject.store, 'a')
      await subject.execute(sql, parameter)
      const redeemer = { handle: 'bob.test', did: BOB }
      expect(await subject.store.reserve(signUp('r1', 'a', { redeemer }), NOW)).toBe('reserved')
    })

    test('an owner whose invites are disabled keeps the codes already made', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await store.setInvitesDisabled({ did: ALICE, host: HOST, disabled: true, note: null })
      expect(await store.reserve(signUp('r1', 'a'), NOW)).toBe('reserved')
    })

    test('holds a use that others can’t take, and that the owner doesn’t see', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      expect(await store.reserve(signUp('r1', 'a'), NOW)).toBe('reserved')
      expect(await codeOf(store)).toMatchObject({ used: 0, reserved: 1, uses: [] })
      expect(await versionOf(store)).toBe(1)
      expect(await store.reservation('r1')).toEqual({
        id: 'r1',
        code: 'a',
        host: HOST,
        door: 'createAccount',
        handle: 'r1.test',
        upstreamCode: null,
        mintedAt: null,
        state: 'reserved',
        startedAt: NOW,
        settledAt: null,
        did: null,
      })
    })

    test('records the code minted upstream, once', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await store.reserve(signUp('r1', 'a'), NOW)
      expect(await store.markForwarded('r1', { code: 'up', mintedAt: NOW + 1 })).toBe(true)
      expect(await store.markForwarded('r1', { code: 'again', mintedAt: NOW + 2 })).toBe(false)
      expect(await store.markForwarded('unknown', { code: 'up', mintedAt: NOW })).toBe(false)
      expect(await store.reservation('r1')).toMatchObject({
        state: 'forwarded',
        upstreamCode: 'up',
        mintedAt: NOW + 1,
      })
    })

    test('that finished is a use: counted, recorded, seen by the owner and by the newcomer', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await forward(store, 'r1', 'a')
      expect(await store.commit('r1', { did: BOB, handle: 'bob.test', at: NOW + 9 })).toBe(true)
      expect(await codeOf(store)).toMatchObject({
        used: 1,
        reserved: 0,
        uses: [{ usedBy: BOB, usedAt: NOW + 9 }],
      })
      expect(await versionOf(store)).toBe(2)
      expect((await store.memberSnapshot(BOB)).account).toMatchObject({
        host: HOST,
        handle: 'bob.test',
        invitedByCode: 'a',
      })
      expect(await store.reservation('r1')).toMatchObject({
        state: 'committed',
        did: BOB,
        settledAt: NOW + 9,
      })
      expect(await subject.execute('SELECT reservation_id FROM invite_use')).toEqual([
        { reservation_id: 'r1' },
      ])
      expect(await subject.execute('SELECT arrival FROM account WHERE did = ?', BOB)).toEqual([
        { arrival: 'invited' },
      ])
    })

    test('that failed gives its use back', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await forward(store, 'r1', 'a')
      expect(await store.release('r1', NOW + 9)).toBe(true)
      expect(await codeOf(store)).toMatchObject({ used: 0, reserved: 0, uses: [] })
      expect(await versionOf(store)).toBe(1)
      expect(await store.reservation('r1')).toMatchObject({
        state: 'released',
        did: null,
        settledAt: NOW + 9,
      })
      expect(await store.reserve(signUp('r2', 'a'), NOW)).toBe('reserved')
    })

    test('can be released before it was forwarded, and can’t be committed', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await store.reserve(signUp('r1', 'a'), NOW)
      expect(await store.commit('r1', { did: BOB, handle: null, at: NOW })).toBe(false)
      expect(await codeOf(store)).toMatchObject({ used: 0, reserved: 1 })
      expect(await store.release('r1', NOW)).toBe(true)
      expect(await store.markForwarded('r1', { code: 'up', mintedAt: NOW })).toBe(false)
    })

    test.each(['commit', 'release'] as const)('that is being settled can end in %s', async (end) => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await forward(store, 'r1', 'a')
      await subject.execute("UPDATE reservation SET state = 'settling'")
      const ended =
        end === 'commit' ? store.commit('r1', { did: BOB, handle: null, at: NOW }) : store.release('r1', NOW)
      expect(await ended).toBe(true)
      expect(await codeOf(store)).toMatchObject({ used: end === 'commit' ? 1 : 0, reserved: 0 })
    })

    test('may finish after its code was disabled or expired', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await forward(store, 'r1', 'a')
      await store.disableCodes({ codes: ['a'], owners: [], at: NOW })
      await subject.execute('UPDATE invite_code SET expires_at = ?', NOW)
      expect(await store.commit('r1', { did: BOB, handle: null, at: NOW + 9 })).toBe(true)
    })

    test('of somebody who comes back is a second use, and the account arrived anew', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 2 })
      await gift(store, 'b', { to: CAROL })
      await redeem(store, 'r1', 'a', BOB, NOW + 1)
      await store.upsertAccount({ did: BOB, host: HOST, handle: 'bob.test', createdAt: NOW })
      await subject.execute("UPDATE account SET arrival = 'direct' WHERE did = ?", BOB)
      await redeem(store, 'r2', 'a', BOB, NOW + 2)
      await redeem(store, 'r3', 'b', BOB, NOW + 3)
      expect((await codeOf(store)).uses).toEqual([
        { usedBy: BOB, usedAt: NOW + 2 },
        { usedBy: BOB, usedAt: NOW + 1 },
      ])
      expect((await store.memberSnapshot(BOB)).account).toMatchObject({
        handle: 'bob.test',
        createdAt: null,
        invitedByCode: 'b',
        version: 4,
      })
      expect(await subject.execute('SELECT arrival FROM account WHERE did = ?', BOB)).toEqual([
        { arrival: 'invited' },
      ])
    })

    test('with a code of the operator makes no account for the operator', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { to: 'admin' })
      expect(await redeem(store, 'r1', 'a')).toBe(true)
      expect((await store.memberSnapshot('admin')).account).toBeUndefined()
    })

    test('that is unknown is neither committed nor released', async () => {
      await using subject = await openStore()
      const { store } = subject
      expect(await store.commit('unknown', { did: BOB, handle: null, at: NOW })).toBe(false)
      expect(await store.release('unknown', NOW)).toBe(false)
      expect(await store.memberSnapshot(BOB)).toEqual({ account: undefined, codes: [] })
    })
  })
}

function describeRaces(openStore: OpenStore): void {
  const cases = [1, 5].flatMap((uses) => [1, 2].map((connections) => ({ uses, connections })))

  describe('in a race', () => {
    test.each(cases)(
      '20 sign-ups over $connections store(s) hold exactly the $uses use(s) there are',
      async ({ uses, connections }) => {
        await using subject = await openStore()
        const stores = await storesOf(subject, connections)
        await gift(subject.store, 'a', { available: uses })
        const outcomes = await inParallel(20, (index) =>
          pick(stores, index).reserve(signUp(`r${index}`, 'a'), NOW),
        )
        expect(outcomes.filter((outcome) => outcome === 'reserved')).toHaveLength(uses)
        expect(outcomes.filter((outcome) => outcome === 'used up')).toHaveLength(20 - uses)
        expect(await codeOf(subject.store)).toMatchObject({ used: 0, reserved: uses })
        expect(await subject.execute('SELECT id FROM reservation')).toHaveLength(uses)
      },
    )

    test.each([1, 2])('a sign-up ends once, over %i store(s)', async (connections) => {
      await using subject = await openStore()
      const stores = await storesOf(subject, connections)
      await gift(subject.store, 'a', { available: 2 })
      await forward(subject.store, 'r1', 'a')
      const ends = await inParallel(20, (index) => {
        const store = pick(stores, index)
        const commits = Math.floor(index / 2) % 2 === 0
        return commits
          ? store.commit('r1', { did: BOB, handle: null, at: NOW + index })
          : store.release('r1', NOW + index)
      })
      expect(ends.filter(Boolean)).toHaveLength(1)
      const { used, reserved, uses } = await codeOf(subject.store)
      expect(reserved).toBe(0)
      expect(uses).toHaveLength(used)
      const state = (await subject.store.reservation('r1'))?.state
      expect(state).toBe(used === 1 ? 'committed' : 'released')
    })

    test('the counters always say what the rows say', async () => {
      await using subject = await openStore()
      const stores = await storesOf(subject, 2)
      await gift(subject.store, 'a', { available: 7 })
      await inParallel(30, async (index) => {
        const store = pick(stores, index)
        const id = `r${index}`
        if ((await store.reserve(signUp(id, 'a'), NOW)) !== 'reserved') return
        await store.markForwarded(id, { code: `up-${id}`, mintedAt: NOW })
        if (index % 3 === 0) await store.release(id, NOW)
        if (index % 3 === 1) await store.commit(id, { did: `did:plc:${index}`, handle: null, at: NOW })
      })
      const count = async (state: string) =>
        (await subject.execute('SELECT id FROM reservation WHERE state = ?', state)).length
      const { used, reserved, uses } = await codeOf(subject.store)
      expect(used).toBe(await count('committed'))
      expect(uses).toHaveLength(used)
      expect(reserved).toBe(await count('forwarded'))
      expect(used + reserved).toBeGreaterThan(0)
      expect(used + reserved).toBeLessThanOrEqual(7)
    })

    test('the database itself refuses to hold more uses than there are', async () => {
      await using subject = await openStore()
      await gift(subject.store, 'a')
      await expect(subject.execute('UPDATE invite_code SET reserved = 1, used = 1')).rejects.toThrow(/check/i)
      await expect(subject.execute('UPDATE invite_code SET reserved = -1')).rejects.toThrow(/check/i)
    })
  })
}
