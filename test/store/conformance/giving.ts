import { describe, expect, test } from 'vitest'
import type { SwitchOff, SwitchOffOutcome } from '../../../src/invites/giving.ts'
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
  LATER,
  NOW,
  type OpenStore,
  OTHER_HOST,
  pick,
  redeem,
  signUp,
  storesOf,
  type StoreUnderTest,
  versionOf,
} from './support.ts'

function off(code: string, change: Partial<SwitchOff> = {}): SwitchOff {
  const deed = { id: `deed on ${code}`, at: LATER, actor: ALICE }
  return { code, host: HOST, replacement: `${code}-2`, cap: 5, deed, ...change }
}

/** Makes Alice's earned codes. */
async function earn(store: InviteStore, ...codes: string[]): Promise<void> {
  await store.insertEarned({ did: ALICE, host: HOST, createdAt: NOW, firstOrdinal: 1, codes })
}

function eventsOf({ execute }: StoreUnderTest): Promise<Record<string, unknown>[]> {
  return execute("SELECT actor, subject, detail, at FROM audit_event WHERE action = 'switchOffCode'")
}

export function describeGiving(openStore: OpenStore): void {
  describeReading(openStore)
  describeLabels(openStore)
  describeSwitchingOff(openStore)
  describeSwitchingOffInParallel(openStore)
}

function describeReading(openStore: OpenStore): void {
  describe('what a member has to give', () => {
    test('is every code of their own, newest first, with whoever used it', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'old', { at: NOW - 1 })
      await gift(store, 'a', { available: 2 })
      await gift(store, 'b')
      await gift(store, 'not hers', { to: BOB })
      await redeem(store, 'r1', 'a', BOB, NOW + 1)
      await redeem(store, 'r2', 'a', CAROL, NOW + 2)
      await store.upsertAccount({ did: BOB, host: HOST, handle: 'bob.test' })
      await store.disableCodes({ codes: ['old'], owners: [], at: NOW })
      const { codes, people, invitedBy } = await store.giving(ALICE, HOST)
      expect(codes).toMatchObject([
        { code: 'b', label: null, uses: [] },
        { code: 'a', uses: [{ usedBy: CAROL }, { usedBy: BOB }] },
        { code: 'old', disabledAt: NOW },
      ])
      expect(people).toEqual(
        new Map([
          [BOB, { did: BOB, handle: 'bob.test', status: 'active' }],
          [CAROL, { did: CAROL, handle: null, status: 'active' }],
        ]),
      )
      expect(invitedBy).toBeNull()
    })

    test('is empty for whom nobody has seen', async () => {
      await using subject = await openStore()
      expect(await subject.store.giving(ALICE, HOST)).toEqual({
        codes: [],
        people: new Map(),
        invitedBy: null,
      })
    })

    test('comes with who invited them: the owner of the newest code, and nobody for the operator’s', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'operator’s', { to: 'admin' })
      await redeem(store, 'r1', 'operator’s', ALICE)
      expect((await store.giving(ALICE, HOST)).invitedBy).toBeNull()
      await gift(store, 'b', { to: BOB })
      await redeem(store, 'r2', 'b', ALICE)
      await store.upsertAccount({ did: BOB, host: HOST, handle: 'bob.test' })
      expect((await store.giving(ALICE, HOST)).invitedBy).toEqual({
        did: BOB,
        handle: 'bob.test',
        status: 'active',
      })
    })

    test('takes whom it does not know for deleted, once all accounts of the host were listed', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.openHost({ hostname: HOST, did: 'did:web:pds.example.com' })
      expect(await store.person(BOB, HOST)).toEqual({ did: BOB, handle: null, status: 'active' })
      await store.wantResync(HOST, NOW)
      await store.finishResync(HOST, NOW, NOW)
      expect(await store.person(BOB, HOST)).toEqual({ did: BOB, handle: null, status: 'deleted' })
    })
  })
}

function describeLabels(openStore: OpenStore): void {
  describe('a label', () => {
    test('is set and taken away by the owner, and changes nothing that clients see', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      const [version, before] = [await versionOf(store), await codesOf(store)]
      const labelOf = async () => (await store.giving(ALICE, HOST)).codes[0]?.label
      expect(await store.labelCode({ code: 'a', owner: ALICE, label: 'for Bob' })).toBe(true)
      expect(await labelOf()).toBe('for Bob')
      expect(await versionOf(store)).toBe(version)
      expect(await codesOf(store)).toEqual(before)
      expect(await store.labelCode({ code: 'a', owner: ALICE, label: null })).toBe(true)
      expect(await labelOf()).toBeNull()
    })

    test('is nobody else’s to set', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      expect(await store.labelCode({ code: 'a', owner: BOB, label: 'mine' })).toBe(false)
      expect(await store.labelCode({ code: 'none', owner: ALICE, label: 'mine' })).toBe(false)
      expect((await store.giving(ALICE, HOST)).codes).toMatchObject([{ label: null }])
    })
  })
}

function describeSwitchingOff(openStore: OpenStore): void {
  describe('switching off', () => {
    test('an earned code makes another in its place, and says so in the log', async () => {
      await using subject = await openStore()
      const { store } = subject
      await earn(store, 'a', 'b')
      const version = await versionOf(store)
      expect(await store.switchOff(off('a'))).toEqual({ replacement: 'a-2' })
      expect(await codesOf(store)).toMatchObject([
        { code: 'a', ordinal: 1, disabledAt: LATER, switchedOffAt: LATER, firstMadeAt: null },
        { code: 'b', ordinal: 2, disabledAt: null },
        {
          code: 'a-2',
          ordinal: 3,
          createdBy: ALICE,
          createdAt: LATER,
          firstMadeAt: NOW,
          available: 1,
          disabledAt: null,
          upstream: null,
        },
      ])
      expect(await versionOf(store)).toBe(version + 1)
      expect(await eventsOf(subject)).toEqual([
        { actor: ALICE, subject: 'a', detail: '{"replacement":"a-2"}', at: LATER },
      ])
      expect(await store.reserve(signUp('r1', 'a'), LATER)).toBe('disabled')
      expect(await store.reserve(signUp('r1', 'a-2'), LATER)).toBe('reserved')
    })

    test('a gift makes one with what is left of uses, time and restriction', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 3 })
      await redeem(store, 'r1', 'a')
      await subject.execute(
        "UPDATE invite_code SET expires_at = ?, restricted_to = 'x.test', note = 'why'",
        LATER + 9,
      )
      expect(await store.switchOff(off('a'))).toEqual({ replacement: 'a-2' })
      expect((await codesOf(store))[1]).toMatchObject({
        code: 'a-2',
        createdBy: 'admin',
        ordinal: null,
        available: 2,
        used: 0,
        expiresAt: LATER + 9,
        restrictedTo: 'x.test',
      })
      const notes = await subject.execute("SELECT note FROM invite_code WHERE code = 'a-2'")
      expect(notes).toEqual([{ note: 'why' }])
    })

    test('where nothing comes in its place, it is switched off all the same', async () => {
      await using subject = await openStore()
      const { store } = subject
      await earn(store, 'a')
      await store.setInvitesDisabled({ did: ALICE, host: HOST, disabled: true, note: null })
      expect(await store.switchOff(off('a'))).toEqual({ replacement: null })
      expect(await codeOf(store)).toMatchObject({ code: 'a', disabledAt: LATER })
      expect(await eventsOf(subject)).toMatchObject([{ detail: '{"replacement":null}' }])
    })

    test.each<[string, Partial<SwitchOff>, SwitchOffOutcome]>([
      ['an unknown one', { code: 'none' }, 'unknown'],
      ['somebody else’s', { deed: { id: 'd', at: LATER, actor: BOB } }, 'unknown'],
      ['one of another host', { host: OTHER_HOST }, 'unknown'],
      ['one that is expired', { deed: { id: 'd', at: LATER + 9, actor: ALICE } }, 'not open'],
      ['with a name that is taken', { replacement: 'taken' }, 'collision'],
    ])('%s changes nothing', async (_, change, outcome) => {
      await using subject = await openStore()
      const { store } = subject
      await earn(store, 'a')
      await gift(store, 'taken', { to: BOB })
      await subject.execute("UPDATE invite_code SET expires_at = ? WHERE code = 'a'", LATER + 9)
      const [version, before] = [await versionOf(store), await codesOf(store)]
      expect(await store.switchOff(off('a', change))).toBe(outcome)
      expect(await codesOf(store)).toEqual(before)
      expect(await versionOf(store)).toBe(version)
      expect(await eventsOf(subject)).toEqual([])
    })

    test('lets a sign-up in progress finish, and gives nothing for the use that it holds', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 2 })
      await forward(store, 'r1', 'a')
      expect(await store.switchOff(off('a'))).toEqual({ replacement: 'a-2' })
      expect((await codesOf(store))[1]).toMatchObject({ available: 1 })
      expect(await store.commit('r1', { did: BOB, handle: null, at: LATER })).toBe(true)
      expect((await codesOf(store))[0]).toMatchObject({ used: 1, reserved: 0, uses: [{ usedBy: BOB }] })
    })

    test('one that a sign-up holds: the version grows when it comes to nothing, since another may be earned', async () => {
      await using subject = await openStore()
      const { store } = subject
      await earn(store, 'a')
      await forward(store, 'r1', 'a')
      expect(await store.switchOff(off('a'))).toEqual({ replacement: null })
      const version = await versionOf(store)
      expect(await store.release('r1', LATER)).toBe(true)
      expect(await versionOf(store)).toBe(version + 1)
    })
  })
}

function describeSwitchingOffInParallel(openStore: OpenStore): void {
  describe('switching off in parallel', () => {
    test('one code twenty times: one replacement', async () => {
      await using subject = await openStore()
      const stores = await storesOf(subject, 4)
      await earn(subject.store, 'a')
      const outcomes = await inParallel(20, (index) =>
        pick(stores, index).switchOff(
          off('a', { replacement: `new-${index}`, deed: { id: `d${index}`, at: LATER, actor: ALICE } }),
        ),
      )
      expect(outcomes.filter((outcome) => outcome === 'not open')).toHaveLength(19)
      expect(await codesOf(subject.store)).toHaveLength(2)
      expect(await eventsOf(subject)).toHaveLength(1)
    })

    test('two codes at once: each is replaced under a number of its own', async () => {
      await using subject = await openStore()
      const stores = await storesOf(subject, 2)
      await earn(subject.store, 'a', 'b')
      await Promise.all([pick(stores, 0).switchOff(off('a')), pick(stores, 1).switchOff(off('b'))])
      const ordinals = (await codesOf(subject.store)).map(({ ordinal }) => ordinal)
      expect(new Set(ordinals)).toEqual(new Set([1, 2, 3, 4]))
    })

    test('against sign-ups: uses and replacement together are never more than the code had', async () => {
      await using subject = await openStore()
      const stores = await storesOf(subject, 4)
      for (const round of Array.from({ length: 10 }, (_, index) => index)) {
        const code = `code-${round}`
        await gift(subject.store, code, { available: 4 })
        const deed = { id: `d${round}`, at: NOW + round * 86_400_000, actor: ALICE }
        const [switched, ...reserved] = await Promise.all([
          pick(stores, round).switchOff(off(code, { deed })),
          ...Array.from({ length: 6 }, (_, index) =>
            pick(stores, index).reserve(signUp(`${code} ${index}`, code), NOW),
          ),
        ])
        const taken = reserved.filter((outcome) => outcome === 'reserved').length
        const made = (await codesOf(subject.store)).find((one) => one.code === `${code}-2`)
        expect(switched).not.toBe('not open')
        expect(taken + (made?.available ?? 0)).toBe(4)
        expect(await subject.store.reserve(signUp(`${code} late`, code), NOW)).toBe('disabled')
      }
    })
  })
}
