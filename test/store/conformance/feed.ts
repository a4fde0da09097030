import { describe, expect, test } from 'vitest'
import type { AccountEvent } from '../../../src/invites/feed.ts'
import type { InviteStore } from '../../../src/invites/store.ts'
import type { AccountStatus } from '../../../src/invites/types.ts'
import {
  ALICE,
  BOB,
  CAROL,
  forward,
  gift,
  HOST,
  inParallel,
  NOW,
  pick,
  redeem,
  storesOf,
  type OpenStore,
  type StoreUnderTest,
  versionOf,
} from './support.ts'

const MARGIN = 60_000

export function describeFeed(openStore: OpenStore): void {
  describe('what a host tells of its accounts', () => {
    /** A store with the host in it; `listed` when a listing was worked in. */
    async function open(listed = true): Promise<StoreUnderTest> {
      const subject = await openStore()
      await subject.store.openHost({ hostname: HOST, did: 'did:web:first' })
      if (listed) await subject.store.finishResync(HOST, 0, NOW)
      return subject
    }

    const tell = (seq: number, status: AccountStatus, did = ALICE): AccountEvent => ({
      seq,
      at: NOW + seq,
      did,
      status,
    })
    const account = async (store: InviteStore, did = ALICE) => (await store.memberSnapshot(did)).account
    async function arrival({ execute }: StoreUnderTest, did = ALICE): Promise<unknown[]> {
      const [row] = await execute('SELECT arrival, arrived_at FROM account WHERE did = ?', did)
      return [row?.['arrival'], row?.['arrived_at']]
    }

    test('an event and the cursor go together, and an event not after the cursor changes nothing', async () => {
      await using subject = await open()
      const { store } = subject
      expect(await store.firehoseCursor(HOST)).toBeNull()
      expect(await store.applyEvent(HOST, tell(5, 'takendown'))).toBe(true)
      expect(await store.firehoseCursor(HOST)).toBe(5)
      for (const seq of [5, 4]) expect(await store.applyEvent(HOST, tell(seq, 'active'))).toBe(false)
      expect(await account(store)).toMatchObject({ status: 'takendown' })
      expect(await store.firehoseCursor(HOST)).toBe(5)
    })

    test('the cursor moves over other events, and never back', async () => {
      await using subject = await open()
      const { store } = subject
      await store.advanceCursor(HOST, 7)
      await store.advanceCursor(HOST, 6)
      expect(await store.firehoseCursor(HOST)).toBe(7)
      expect(await store.applyEvent(HOST, tell(7, 'deleted'))).toBe(false)
    })

    test('several readers of one host work each event in once', async () => {
      await using subject = await open()
      const stores = await storesOf(subject, 3)
      const outcomes = await inParallel(30, (index) => {
        const seq = 1 + Math.floor(index / 3)
        return pick(stores, index).applyEvent(HOST, tell(seq, seq === 10 ? 'suspended' : 'active'))
      })
      expect(outcomes.filter(Boolean).length).toBeLessThanOrEqual(10)
      expect(await subject.store.firehoseCursor(HOST)).toBe(10)
      expect(await account(subject.store)).toMatchObject({ status: 'suspended' })
    })

    test('the version grows with the status, and with nothing else', async () => {
      await using subject = await open()
      const { store } = subject
      const versions = []
      for (const event of [
        tell(1, 'active'),
        tell(2, 'active'),
        tell(3, 'deactivated'),
        { seq: 4, at: NOW, did: ALICE, handle: 'new.test' },
        tell(5, 'active'),
      ]) {
        await store.applyEvent(HOST, event)
        versions.push(await versionOf(store))
      }
      expect(versions).toEqual([1, 1, 2, 2, 3])
      expect(await account(store)).toMatchObject({ handle: 'new.test', status: 'active' })
    })

    test('a deletion erases handle and note, also of every sign-up; DID, codes and inviter stay', async () => {
      await using subject = await open()
      const { store, execute } = subject
      await gift(store, 'z', { to: CAROL })
      await redeem(store, 'r0', 'z')
      await gift(store, 'a')
      await redeem(store, 'r1', 'a')
      await gift(store, 'b', { to: BOB })
      await store.upsertAccount({ did: BOB, host: HOST, handle: 'bob.test' })
      await store.setInvitesDisabled({ did: BOB, host: HOST, disabled: true, note: 'spam' })
      await store.applyEvent(HOST, tell(1, 'deleted', BOB))
      const left = await store.memberSnapshot(BOB)
      expect(left.account).toMatchObject({
        did: BOB,
        status: 'deleted',
        handle: null,
        inviteNote: null,
        invitedByCode: 'a',
      })
      expect(left.codes).toMatchObject([{ code: 'b' }])
      expect(await execute('SELECT * FROM reservation WHERE handle IS NOT NULL')).toEqual([])
    })

    test('who comes back after a deletion arrived anew', async () => {
      await using subject = await open()
      const { store } = subject
      await store.upsertAccount({ did: ALICE, host: HOST, createdAt: 1 })
      await store.applyEvent(HOST, tell(1, 'deleted'))
      await store.applyEvent(HOST, { seq: 2, at: NOW, did: ALICE, handle: 'again.test' })
      await store.applyEvent(HOST, tell(3, 'active'))
      expect(await account(store)).toMatchObject({ status: 'active', handle: 'again.test', createdAt: null })
      expect(await arrival(subject)).toEqual([null, NOW + 3])
    })

    test('who comes back with a code is invited, however long the move takes until the account is active', async () => {
      await using subject = await open()
      const { store } = subject
      await gift(store, 'a')
      await store.applyEvent(HOST, tell(1, 'active', BOB))
      await store.applyEvent(HOST, tell(2, 'deleted', BOB))
      await redeem(store, 'r1', 'a', BOB)
      expect(await account(store, BOB)).toMatchObject({ status: 'deactivated', invitedByCode: 'a' })
      await store.applyEvent(HOST, { seq: 3, at: NOW + 20 * MARGIN, did: BOB, status: 'active' })
      await store.explainArrivals(HOST, MARGIN)
      expect((await arrival(subject, BOB))[0]).toBe('invited')
    })

    test('how accounts came is not known before the first listing', async () => {
      await using subject = await open(false)
      const { store } = subject
      await store.applyEvent(HOST, tell(1, 'active'))
      await store.applyListing(HOST, {
        asOf: 1,
        at: NOW,
        present: [{ did: BOB, status: 'active' }],
        gone: [],
      })
      await store.finishResync(HOST, 0, NOW)
      await store.applyEvent(HOST, tell(2, 'deactivated'))
      await store.applyEvent(HOST, tell(3, 'deactivated', BOB))
      await store.explainArrivals(HOST, MARGIN)
      expect(await arrival(subject)).toEqual([null, null])
      expect(await arrival(subject, BOB)).toEqual([null, null])
    })

    test('who came past Latchkey is direct, told by an event or found by a later listing', async () => {
      await using subject = await open()
      const { store } = subject
      await store.applyEvent(HOST, tell(1, 'active'))
      await store.applyListing(HOST, {
        asOf: 1,
        at: NOW,
        present: [{ did: BOB, status: 'active' }],
        gone: [],
      })
      await store.explainArrivals(HOST, MARGIN)
      expect(await arrival(subject)).toEqual(['direct', NOW + 1])
      expect(await arrival(subject, BOB)).toEqual(['direct', NOW])
    })

    test('an arrival waits for sign-ups that could explain it, and not for later ones', async () => {
      await using subject = await open()
      const { store } = subject
      await gift(store, 'a')
      await forward(store, 'r1', 'a')
      await store.applyEvent(HOST, { ...tell(1, 'active', BOB), at: NOW - MARGIN })
      await store.applyEvent(HOST, { ...tell(2, 'active', CAROL), at: NOW - MARGIN - 1 })
      await store.explainArrivals(HOST, MARGIN)
      expect(await arrival(subject, BOB)).toMatchObject([null, NOW - MARGIN])
      expect(await arrival(subject, CAROL)).toMatchObject(['direct', NOW - MARGIN - 1])
      await store.release('r1', NOW)
      await store.explainArrivals(HOST, MARGIN)
      expect(await arrival(subject, BOB)).toMatchObject(['direct', NOW - MARGIN])
    })

    test('who used a code is invited, whether the event or the use came first, also when coming back', async () => {
      await using subject = await open()
      const { store } = subject
      await gift(store, 'a', { available: 3 })
      await store.applyEvent(HOST, tell(1, 'active', BOB))
      await redeem(store, 'r1', 'a', BOB)
      await redeem(store, 'r2', 'a', CAROL)
      await store.applyEvent(HOST, tell(2, 'active', CAROL))
      await store.explainArrivals(HOST, MARGIN)
      for (const did of [BOB, CAROL]) expect((await arrival(subject, did))[0]).toBe('invited')

      const later = NOW + 10 * MARGIN
      await store.applyEvent(HOST, { ...tell(3, 'deleted', BOB), at: later })
      await redeem(store, 'r3', 'a', BOB, later)
      await store.applyEvent(HOST, { ...tell(4, 'active', BOB), at: later })
      await store.applyEvent(HOST, { ...tell(5, 'deleted', CAROL), at: later })
      await store.applyEvent(HOST, { ...tell(6, 'active', CAROL), at: later })
      await store.explainArrivals(HOST, MARGIN)
      expect((await arrival(subject, BOB))[0]).toBe('invited')
      expect((await arrival(subject, CAROL))[0]).toBe('direct')
    })

    test('a listing overwrites what is older than it, and nothing newer', async () => {
      await using subject = await open()
      const { store } = subject
      await store.applyEvent(HOST, tell(3, 'takendown', ALICE))
      await store.applyEvent(HOST, tell(4, 'takendown', BOB))
      const { asOf, dids } = await store.knownAccounts(HOST)
      expect([asOf, dids.toSorted()]).toEqual([4, [ALICE, BOB]])
      await store.applyEvent(HOST, tell(5, 'takendown', CAROL))
      await store.applyEvent(HOST, tell(6, 'suspended', BOB))
      const before = await versionOf(store)
      await store.applyListing(HOST, {
        asOf,
        at: NOW,
        present: [
          { did: ALICE, status: 'active' },
          { did: BOB, status: 'active' },
          { did: 'did:plc:dora', status: 'deactivated' },
        ],
        gone: [CAROL],
      })
      expect(await account(store, ALICE)).toMatchObject({ status: 'active', version: before + 1 })
      expect(await account(store, BOB)).toMatchObject({ status: 'suspended' })
      expect(await account(store, CAROL)).toMatchObject({ status: 'takendown' })
      expect(await account(store, 'did:plc:dora')).toMatchObject({ status: 'deactivated', host: HOST })
    })

    test('who is gone is deleted; DIDs that only own codes are not known to have been there', async () => {
      await using subject = await open()
      const { store } = subject
      await gift(store, 'a', { to: CAROL })
      await store.upsertAccount({ did: ALICE, host: HOST, handle: 'alice.test', createdAt: 1 })
      await store.applyEvent(HOST, tell(1, 'deleted', BOB))
      await store.applyEvent(HOST, { seq: 2, at: NOW, did: 'did:plc:dora', handle: 'dora.test' })
      expect((await store.knownAccounts(HOST)).dids.toSorted()).toEqual([ALICE, 'did:plc:dora'])
      await store.applyListing(HOST, { asOf: 1, at: NOW, present: [], gone: [ALICE] })
      expect(await account(store)).toMatchObject({ status: 'deleted', handle: null, version: 2 })
    })

    test('numbers that began anew are forgotten once, and a listing is wanted', async () => {
      await using subject = await open()
      const { store } = subject
      await store.applyEvent(HOST, tell(900, 'takendown'))
      await store.forgetCursor(HOST, 899, NOW)
      expect(await store.firehoseCursor(HOST)).toBe(900)
      await store.forgetCursor(HOST, 900, NOW)
      expect(await store.firehoseCursor(HOST)).toBeNull()
      expect(await store.resync(HOST)).toEqual({ wantedAt: NOW, missing: null, accepted: false })
      const { asOf } = await store.knownAccounts(HOST)
      await store.applyListing(HOST, { asOf, at: NOW, present: [{ did: ALICE, status: 'active' }], gone: [] })
      expect(await account(store)).toMatchObject({ status: 'active' })
      expect(await arrival(subject)).toEqual([null, NOW + 900])
    })

    test('a listing can be wanted, held, accepted and ended; a later wish outlives it', async () => {
      await using subject = await open(false)
      const { store } = subject
      expect(await store.resync('unknown.example')).toBeUndefined()
      await expect(store.wantResync('unknown.example', NOW)).rejects.toThrow('unknown')
      expect(await store.resync(HOST)).toEqual({ wantedAt: null, missing: null, accepted: false })
      await store.wantResync(HOST, NOW)
      expect(await store.acceptResync(HOST)).toBeNull()
      await store.holdResync(HOST, 30)
      expect(await store.resync(HOST)).toEqual({ wantedAt: NOW, missing: 30, accepted: false })
      expect(await store.acceptResync(HOST)).toBe(30)
      expect(await store.resync(HOST)).toEqual({ wantedAt: NOW, missing: 30, accepted: true })
      await store.wantResync(HOST, NOW + 1)
      expect(await store.resync(HOST)).toEqual({ wantedAt: NOW + 1, missing: null, accepted: false })
      await store.finishResync(HOST, NOW, NOW + 2)
      expect(await store.resync(HOST)).toMatchObject({ wantedAt: NOW + 1 })
      await store.finishResync(HOST, NOW + 1, NOW + 3)
      expect(await store.resync(HOST)).toEqual({ wantedAt: null, missing: null, accepted: false })
    })
  })
}
