import { describe, expect, test } from 'vitest'
import type { BatchAction, CodeTerms, NewBatch } from '../../../src/invites/batches.ts'
import type { InviteStore } from '../../../src/invites/store.ts'
import {
  ALICE,
  BOB,
  CAROL,
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
  storesOf,
  versionOf,
} from './support.ts'

export const TERMS: CodeTerms = { available: 1, expiresAt: null, note: null }
const DAN = 'did:plc:dan'

export function batchOf(action: BatchAction, id: string, change: Partial<NewBatch> = {}): NewBatch {
  return { id, at: LATER, actor: CAROL, host: HOST, action, note: null, subject: id, detail: {}, ...change }
}

/** Disables or enables codes as a batch of one part. */
export function switchAll(store: InviteStore, id: string, disabled: boolean, ...codes: string[]) {
  const batch = batchOf(disabled ? 'disableCodes' : 'enableCodes', id)
  return store.switchCodes(batch, { codes, disabled, counted: new Set(), last: true })
}

/** Makes an account known as the PDS tells of it. */
export function know(store: InviteStore, did: string, host = HOST): Promise<void> {
  return store.upsertAccount({ did, host, createdAt: NOW })
}

export async function disabledCodes(store: InviteStore, did = ALICE): Promise<readonly string[]> {
  return (await codesOf(store, did)).filter(({ disabledAt }) => disabledAt !== null).map(({ code }) => code)
}

export function describeBatches(openStore: OpenStore): void {
  describeMaking(openStore)
  describeGivingToAll(openStore)
  describeReplacing(openStore)
  describeSwitchingInvites(openStore)
  describeListing(openStore)
}

function describeMaking(openStore: OpenStore): void {
  describe('codes made by a batch', () => {
    test('are gifted ones on its terms; its numbers grow part by part, and it is finished with the last', async () => {
      await using subject = await openStore()
      const { store } = subject
      const batch = batchOf('createCodes', 'b', { note: 'conference' })
      const terms = { available: 3, expiresAt: NOW + 99, note: 'conference' }
      const codes = (...names: string[]) => names.map((code) => ({ code, owner: ALICE }))
      expect(await store.makeCodes(batch, { codes: codes('a', 'b'), terms, last: false })).toBe('done')
      expect(await store.batch('b', HOST)).toMatchObject({ codes: 2, accounts: 1, finished: false })
      expect(await store.makeCodes(batch, { codes: codes('c'), terms, last: true })).toBe('done')
      expect(await store.batch('b', HOST)).toEqual({
        id: 'b',
        at: LATER,
        actor: CAROL,
        action: 'createCodes',
        note: 'conference',
        codes: 3,
        accounts: 1,
        finished: true,
        undoneAt: null,
        undoneBy: null,
      })
      const made = { forAccount: ALICE, createdBy: 'admin', ordinal: null, createdAt: LATER, available: 3 }
      expect(await codesOf(store)).toMatchObject(
        ['a', 'b', 'c'].map((code) => ({ code, ...made, expiresAt: NOW + 99 })),
      )
      expect(await versionOf(store)).toBe(2)
      expect(await store.batch('b', OTHER_HOST)).toBeUndefined()
    })

    test('with a name that exists: nothing is made, and there is no batch', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'taken', { to: BOB })
      const codes = ['a', 'taken'].map((code) => ({ code, owner: ALICE }))
      const part = { codes, terms: TERMS, last: true }
      expect(await store.makeCodes(batchOf('createCodes', 'b'), part)).toBe('collision')
      expect(await codesOf(store)).toEqual([])
      expect(await store.batch('b', HOST)).toBeUndefined()
      expect(await store.listEvents({ actor: null, action: null, limit: 5, after: null })).toEqual([])
    })
  })
}

function describeGivingToAll(openStore: OpenStore): void {
  describe('giving codes to all', () => {
    test('of two that begin at the same time one gives, the other nothing', async () => {
      await using subject = await openStore()
      const stores = await storesOf(subject, 2)
      const { store } = subject
      await store.openHost({ hostname: HOST, did: 'did:web:pds' })
      await know(store, ALICE)
      const givings = await store.countGivings(HOST)
      const outcomes = await inParallel(4, (index) =>
        pick(stores, index).giveCodes(batchOf('giveCodes', `b${index}`), {
          codes: [`c${index}`],
          each: 1,
          terms: TERMS,
          after: null,
          givings,
        }),
      )
      expect(outcomes.filter((outcome) => outcome === 'overtaken')).toHaveLength(3)
      expect(await codesOf(store, ALICE)).toHaveLength(1)
      expect(await store.countGivings(HOST)).toBe(givings + 1)
    })

    test('reaches accounts in good standing that the host has and that may be given codes, part by part', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.openHost({ hostname: HOST, did: 'did:web:pds' })
      for (const did of [ALICE, BOB, DAN]) await know(store, did)
      for (const did of ['did:plc:barred', 'did:plc:gone']) await know(store, did)
      await store.setInvitesDisabled({ did: 'did:plc:barred', host: HOST, disabled: true, note: null })
      await store.applyEvent(HOST, { seq: 1, at: NOW, did: 'did:plc:gone', status: 'takendown' })
      await know(store, 'did:plc:elsewhere', OTHER_HOST)
      await gift(store, 'x', { to: 'did:plc:never-seen' })
      expect(await store.countGiveable(HOST)).toBe(3)

      const batch = batchOf('giveCodes', 'b')
      const versions = await Promise.all([ALICE, DAN].map((did) => versionOf(store, did)))
      const part = { each: 2, terms: TERMS, givings: 0 }
      expect(await store.giveCodes(batch, { ...part, codes: ['1', '2', '3', '4'], after: null })).toEqual({
        after: BOB,
      })
      expect(await store.batch('b', HOST)).toMatchObject({ codes: 4, accounts: 2, finished: false })
      expect(await store.giveCodes(batch, { ...part, codes: ['5', '6', '7', '8'], after: BOB })).toEqual({
        after: null,
      })
      expect(await store.batch('b', HOST)).toMatchObject({ codes: 6, accounts: 3, finished: true })
      const given = await Promise.all([ALICE, BOB, DAN].map((did) => codesOf(store, did)))
      expect(given.map((codes) => codes.map(({ code }) => code))).toEqual([
        ['1', '2'],
        ['3', '4'],
        ['5', '6'],
      ])
      expect(await Promise.all([ALICE, DAN].map((did) => versionOf(store, did)))).toEqual(
        versions.map((version) => version + 1),
      )
    })
  })
}

function describeReplacing(openStore: OpenStore): void {
  describe('replacing a code', () => {
    test('leaves one with the uses that no sign-up has or holds, and the same owner, expiry and restriction', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'old', { available: 5 })
      await redeem(store, 'r1', 'old')
      await forward(store, 'r2', 'old')
      await subject.execute(
        "UPDATE invite_code SET expires_at = ?, restricted_to = 'x', note = 'n'",
        LATER + 9,
      )
      const part = { code: 'old', replacement: 'new', note: null }
      expect(await store.replaceCode(batchOf('replaceCode', 'b'), part)).toBe('done')
      expect(await codesOf(store)).toMatchObject([
        { code: 'old', disabledAt: LATER, used: 1, reserved: 1 },
        { code: 'new', disabledAt: null, available: 3, used: 0, expiresAt: LATER + 9, restrictedTo: 'x' },
      ])
      const [found] = await store.searchCodes({ ...SEARCH, query: 'new' })
      expect(found?.note).toBe('n')
      expect(await store.batch('b', HOST)).toMatchObject({ codes: 2, accounts: 1, finished: true })
      expect(await store.commit('r2', { did: DAN, handle: null, at: LATER })).toBe(true)
    })

    test('that is not there, or not open: nothing is changed', async () => {
      await using subject = await openStore()
      const { store } = subject
      for (const code of ['disabled', 'expired', 'used', 'held', 'elsewhere'])
        await gift(store, code, { host: code === 'elsewhere' ? OTHER_HOST : HOST })
      await store.disableCodes({ codes: ['disabled'], owners: [], at: NOW })
      await subject.execute("UPDATE invite_code SET expires_at = ? WHERE code = 'expired'", LATER)
      await redeem(store, 'r1', 'used')
      await forward(store, 'r2', 'held')
      const before = await codesOf(store)
      const outcomes = []
      for (const code of ['disabled', 'expired', 'used', 'held', 'elsewhere', 'nowhere'])
        outcomes.push(
          await store.replaceCode(batchOf('replaceCode', code), { code, replacement: 'new', note: null }),
        )
      expect(outcomes).toEqual(['not open', 'not open', 'not open', 'not open', 'unknown', 'unknown'])
      expect(await codesOf(store)).toEqual(before)
      expect(await store.listBatches({ host: HOST, limit: 5, after: null })).toEqual([])
    })

    test('that the PDS still redeems: nothing is changed, since it would stay good there', async () => {
      await using subject = await openStore()
      const { store } = subject
      const replace = (code: string) =>
        store.replaceCode(batchOf('replaceCode', code), { code, replacement: `${code} 2`, note: null })
      for (const standing of ['theirs', 'closing', 'ours']) {
        await gift(store, standing)
        await subject.execute('UPDATE invite_code SET upstream = ? WHERE code = ?', standing, standing)
      }
      expect(await replace('theirs')).toBe('upstream')
      expect(await replace('closing')).toBe('upstream')
      expect(await disabledCodes(store)).toEqual([])
      expect(await store.listBatches({ host: HOST, limit: 5, after: null })).toEqual([])
      expect(await replace('ours')).toBe('done')
    })

    test('by twenty at once: one replacement', async () => {
      await using subject = await openStore()
      const stores = await storesOf(subject, 2)
      await gift(subject.store, 'old')
      const outcomes = await inParallel(20, (index) =>
        pick(stores, index).replaceCode(batchOf('replaceCode', `b${index}`), {
          code: 'old',
          replacement: `new ${index}`,
          note: null,
        }),
      )
      expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1)
      expect(await codesOf(subject.store)).toHaveLength(2)
    })
  })
}

const SEARCH = {
  host: HOST,
  query: '',
  state: null,
  kind: null,
  sort: 'recent',
  limit: 10,
  after: null,
  now: NOW,
} as const

function describeSwitchingInvites(openStore: OpenStore): void {
  test('disabling the invites of many: those not disabled before, with the note, unseen accounts too', async () => {
    await using subject = await openStore()
    const { store } = subject
    await know(store, ALICE)
    await store.setInvitesDisabled({ did: BOB, host: HOST, disabled: true, note: 'spam' })
    const accounts = [ALICE, BOB, DAN]
    expect(await store.invitesToSwitch({ accounts, disabled: true })).toEqual([ALICE, DAN])
    expect(await store.invitesToSwitch({ accounts, disabled: false })).toEqual([BOB])
    const version = await versionOf(store)
    const batch = batchOf('disableInvites', 'b', { note: 'ring' })
    await store.switchInvites(batch, { accounts, disabled: true })
    const records = await store.memberRecords(accounts)
    expect(accounts.map((did) => records.get(did)?.account)).toMatchObject([
      { invitesDisabled: true, inviteNote: 'ring', version: version + 1 },
      { invitesDisabled: true, inviteNote: 'spam' },
      { invitesDisabled: true, inviteNote: 'ring' },
    ])
    expect(await store.batch('b', HOST)).toMatchObject({ codes: 0, accounts: 2, finished: true })
  })
}

function describeListing(openStore: OpenStore): void {
  test('batches are listed newest first, of their host, page by page', async () => {
    await using subject = await openStore()
    const { store } = subject
    for (const [index, id] of ['a', 'b', 'c', 'd'].entries())
      await store.switchInvites(batchOf('enableInvites', id, { at: NOW + Math.floor(index / 2) }), {
        accounts: [],
        disabled: false,
      })
    await store.switchInvites(batchOf('enableInvites', 'e', { host: OTHER_HOST }), {
      accounts: [],
      disabled: false,
    })
    const page = async (after: { at: number; id: string } | null) =>
      (await store.listBatches({ host: HOST, limit: 3, after })).map(({ id }) => id)
    expect(await page(null)).toEqual(['d', 'c', 'b'])
    expect(await page({ at: NOW, id: 'b' })).toEqual(['a'])
  })
}
