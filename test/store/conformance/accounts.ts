import { describe, expect, test } from 'vitest'
import {
  ALICE,
  BOB,
  CAROL,
  gift,
  HOST,
  NOW,
  OTHER_HOST,
  redeem,
  versionOf,
  type OpenStore,
} from './support.ts'

export function describeAccounts(openStore: OpenStore): void {
  describe('accounts', () => {
    test('an account not seen yet has no row and no codes', async () => {
      await using subject = await openStore()
      expect(await subject.store.memberSnapshot(ALICE)).toEqual({ account: undefined, codes: [] })
    })

    test('an account starts active, with its invites enabled', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.upsertAccount({ did: ALICE, host: HOST })
      expect((await store.memberSnapshot(ALICE)).account).toEqual({
        did: ALICE,
        host: HOST,
        handle: null,
        createdAt: null,
        status: 'active',
        invitesDisabled: false,
        inviteNote: null,
        invitedByCode: null,
        version: 1,
      })
    })

    test('what is given fills the account in, what is not given stays', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.upsertAccount({ did: ALICE, host: HOST, createdAt: NOW })
      await store.upsertAccount({ did: ALICE, host: HOST, handle: 'alice.test' })
      expect((await store.memberSnapshot(ALICE)).account).toMatchObject({
        handle: 'alice.test',
        createdAt: NOW,
      })
      await store.upsertAccount({ did: ALICE, host: OTHER_HOST, createdAt: NOW + 5 })
      expect((await store.memberSnapshot(ALICE)).account).toMatchObject({
        host: OTHER_HOST,
        handle: 'alice.test',
        createdAt: NOW + 5,
      })
    })

    test('what earning looks at is there in one snapshot, whatever of it exists', async () => {
      await using subject = await openStore()
      const { store } = subject
      const nothing = {
        account: undefined,
        codes: [],
        earningSince: null,
        policy: { interval: null, epoch: 0, cap: 5 },
      }
      expect(await store.earnerSnapshot(ALICE, HOST)).toEqual(nothing)
      await store.openHost({ hostname: HOST, did: BOB })
      await store.upsertAccount({ did: BOB, host: OTHER_HOST, createdAt: NOW })
      expect(await store.earnerSnapshot(ALICE, HOST)).toEqual(nothing)
      await store.openEarning(HOST, NOW)
      const policy = { interval: null, epoch: NOW + 1, cap: 3 }
      await store.setPolicy(HOST, policy)
      await store.setInvitesDisabled({ did: ALICE, host: OTHER_HOST, disabled: true, note: null })
      expect(await store.earnerSnapshot(ALICE, HOST)).toEqual({
        account: { host: OTHER_HOST, createdAt: null, invitesDisabled: true, version: 1 },
        codes: [],
        earningSince: NOW,
        policy,
      })
      expect(await store.earnerSnapshot(ALICE, OTHER_HOST)).toMatchObject({ ...nothing, account: {} })
    })

    test('what earning looks at of codes is what there is of them', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'b', { available: 3 })
      await gift(store, 'a', { at: NOW + 1 })
      await redeem(store, 'one', 'b', BOB)
      await redeem(store, 'two', 'b', CAROL)
      const { codes } = await store.memberSnapshot(ALICE)
      expect(codes.map(({ uses }) => uses.length)).toEqual([2, 0])
      const looked = codes.map(({ host: _host, restrictedTo: _to, upstream: _upstream, ...rest }) => rest)
      expect((await store.earnerSnapshot(ALICE, HOST)).codes).toEqual(looked)
    })

    test('an account’s version grows with each change, and only with a change', async () => {
      await using subject = await openStore()
      const { store } = subject
      const versions = []
      for (const given of [
        {},
        {},
        { createdAt: NOW },
        { createdAt: NOW },
        { handle: 'a.test' },
        { handle: 'b.test' },
        {},
      ]) {
        await store.upsertAccount({ did: ALICE, host: HOST, ...given })
        versions.push(await versionOf(store))
      }
      expect(versions).toEqual([1, 1, 2, 2, 3, 4, 4])
    })

    test('a note is kept until another replaces or an empty one erases it, and an unseen account is inserted', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.setInvitesDisabled({ did: ALICE, host: HOST, disabled: true, note: 'spam' })
      expect((await store.memberSnapshot(ALICE)).account).toMatchObject({
        invitesDisabled: true,
        inviteNote: 'spam',
      })
      for (const [note, kept] of [
        [null, 'spam'],
        ['sorry', 'sorry'],
        ['', null],
      ] as const) {
        await store.setInvitesDisabled({ did: ALICE, host: HOST, disabled: false, note })
        expect((await store.memberSnapshot(ALICE)).account).toMatchObject({
          invitesDisabled: false,
          inviteNote: kept,
        })
      }
    })

    test('the version grows when invites are disabled or enabled, not with the note alone', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.upsertAccount({ did: ALICE, host: HOST })
      const versions = []
      for (const [disabled, note] of [
        [true, 'a'],
        [true, 'b'],
        [false, 'b'],
        [false, null],
      ] as const) {
        await store.setInvitesDisabled({ did: ALICE, host: HOST, disabled, note })
        versions.push(await versionOf(store))
      }
      expect(versions).toEqual([2, 2, 3, 3])
    })

    test('parallel changes of one account are all counted', async () => {
      await using subject = await openStore()
      const stores = [subject.store, await subject.openAnother()]
      await subject.store.upsertAccount({ did: ALICE, host: HOST })
      await Promise.all(
        stores.flatMap((store, half) =>
          Array.from({ length: 10 }, (_, index) =>
            store.upsertAccount({ did: ALICE, host: HOST, createdAt: NOW + 10 * half + index }),
          ),
        ),
      )
      expect(await versionOf(subject.store)).toBe(21)
    })

    test('administrators read every distinct DID once, with its codes and the code that invited it', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 2 })
      await redeem(store, 'r1', 'a', BOB)
      const records = await store.memberRecords([BOB, ALICE, BOB, CAROL])
      expect([...records.keys()].toSorted()).toEqual([ALICE, BOB, CAROL])
      expect(records.get(ALICE)).toMatchObject({ invitedBy: undefined, codes: [{ code: 'a' }] })
      expect(records.get(BOB)).toMatchObject({
        account: { invitedByCode: 'a' },
        codes: [],
        invitedBy: { code: 'a', forAccount: ALICE, uses: [{ usedBy: BOB }] },
      })
      expect(records.get(CAROL)).toEqual({ account: undefined, codes: [], invitedBy: undefined })
      expect(await store.memberRecords([])).toEqual(new Map())
    })

    test('the store says that it can be written', async () => {
      await using subject = await openStore()
      expect(await subject.store.check()).toBeUndefined()
    })
  })
}
