import { describe, expect, test } from 'vitest'
import type { Deed } from '../../../src/invites/audit.ts'
import type { UndoCounts, UndoPosition, UndoPreviewPart, UndoRefusal } from '../../../src/invites/batches.ts'
import type { InviteStore } from '../../../src/invites/store.ts'
import { batchOf, disabledCodes, know, switchAll, TERMS } from './batches.ts'
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
  signUp,
  storesOf,
  versionOf,
} from './support.ts'

const DEED: Deed = { id: 'undo', at: LATER + 1, actor: BOB }

/** What a preview says in all, looked at in small parts. */
async function previewOf(store: InviteStore, batch: string): Promise<UndoCounts> {
  const counts = { restored: 0, changedSince: 0 }
  let after: UndoPosition | null = null
  do {
    const part: UndoPreviewPart | UndoRefusal = await store.previewUndo({
      batch,
      host: HOST,
      limit: 2,
      after,
    })
    if (typeof part === 'string') throw new Error(part)
    counts.restored += part.restored
    counts.changedSince += part.changedSince
    after = part.after
  } while (after !== null)
  return counts
}

/** Undoes a whole batch, and makes sure that the preview said the same. */
async function undo(store: InviteStore, batch: string, limit = 100): Promise<UndoCounts> {
  const preview = await previewOf(store, batch)
  for (;;) {
    const done = await store.undoPart({ ...DEED, id: `undo ${batch}` }, { batch, host: HOST, limit })
    if (typeof done === 'string') throw new Error(done)
    if (!done.finished) continue
    const { finished: _, ...counts } = done
    expect(counts).toEqual(preview)
    return counts
  }
}

function make(store: InviteStore, id: string, ...codes: string[]) {
  const part = { codes: codes.map((code) => ({ code, owner: ALICE })), terms: TERMS, last: true }
  return store.makeCodes(batchOf('createCodes', id), part)
}

export function describeUndoing(openStore: OpenStore): void {
  describeUndoingSwitches(openStore)
  describeUndoingMaking(openStore)
  describeUndoingInvites(openStore)
  describeUndoingInParts(openStore)
  describeUndoingInParallel(openStore)
}

function describeUndoingSwitches(openStore: OpenStore): void {
  describe('undoing the disabling of codes', () => {
    test('enables what it disabled, and not what was disabled before', async () => {
      await using subject = await openStore()
      const { store } = subject
      for (const code of ['a', 'b', 'off']) await gift(store, code)
      await store.disableCodes({ codes: ['off'], owners: [], at: NOW })
      await switchAll(store, 'x', true, 'a', 'b', 'off')
      const version = await versionOf(store)
      expect(await undo(store, 'x')).toEqual({ restored: 2, changedSince: 0 })
      expect(await disabledCodes(store)).toEqual(['off'])
      expect(await versionOf(store)).toBe(version + 1)
      expect(await store.batch('x', HOST)).toMatchObject({ undoneAt: DEED.at, undoneBy: BOB })
    })

    test('leaves what was changed since, and counts it', async () => {
      await using subject = await openStore()
      const { store } = subject
      for (const code of ['a', 'b', 'c']) await gift(store, code)
      await switchAll(store, 'x', true, 'a', 'b', 'c')
      // One is open again, another was disabled anew, by nobody’s batch.
      await switchAll(store, 'y', false, 'a', 'b')
      await store.disableCodes({ codes: ['b'], owners: [], at: LATER })
      expect(await undo(store, 'x')).toEqual({ restored: 1, changedSince: 2 })
      expect(await disabledCodes(store)).toEqual(['b'])
    })

    test('takes uses for no change', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 2 })
      await forward(store, 'r1', 'a')
      await switchAll(store, 'x', true, 'a')
      await store.commit('r1', { did: BOB, handle: null, at: LATER })
      expect(await undo(store, 'x')).toEqual({ restored: 1, changedSince: 0 })
      expect(await store.reserve(signUp('r2', 'a'), NOW)).toBe('reserved')
    })

    test('of several batches, in either order, ends as it began only from the newest', async () => {
      await using subject = await openStore()
      const { store } = subject
      for (const code of ['a', 'b']) await gift(store, code)
      await switchAll(store, 'off', true, 'a', 'b')
      await switchAll(store, 'on', false, 'a', 'b')
      expect(await undo(store, 'on')).toEqual({ restored: 2, changedSince: 0 })
      expect(await codesOf(store)).toMatchObject([{ disabledAt: LATER }, { disabledAt: LATER }])
      expect(await undo(store, 'off')).toEqual({ restored: 2, changedSince: 0 })
      expect(await disabledCodes(store)).toEqual([])

      await switchAll(store, 'off 2', true, 'a')
      await switchAll(store, 'on 2', false, 'a')
      expect(await undo(store, 'off 2')).toEqual({ restored: 0, changedSince: 1 })
      expect(await disabledCodes(store)).toEqual([])
    })

    test('of a replaced code: the old one is good again if nobody has the new one, and never both', async () => {
      await using subject = await openStore()
      const { store } = subject
      for (const code of ['a', 'b']) {
        await gift(store, code, { available: 2 })
        await store.replaceCode(batchOf('replaceCode', code), {
          code,
          replacement: `${code} 2`,
          note: null,
        })
      }
      await forward(store, 'r', 'b 2')
      expect(await undo(store, 'a')).toEqual({ restored: 2, changedSince: 0 })
      expect(await undo(store, 'b')).toEqual({ restored: 0, changedSince: 2 })
      expect(await disabledCodes(store)).toEqual(['b', 'a 2'])
    })
  })
}

function describeUndoingMaking(openStore: OpenStore): void {
  describe('undoing the making of codes', () => {
    test('disables those that nobody used or holds; the others stay good', async () => {
      await using subject = await openStore()
      const { store } = subject
      await make(store, 'x', 'free', 'held', 'used', 'off')
      await forward(store, 'r1', 'held')
      await redeem(store, 'r2', 'used')
      await store.disableCodes({ codes: ['off'], owners: [], at: NOW })
      expect(await undo(store, 'x')).toEqual({ restored: 1, changedSince: 3 })
      expect(await disabledCodes(store)).toEqual(['free', 'off'])
      expect(await codesOf(store)).toHaveLength(4)
      expect(await store.reserve(signUp('r3', 'free'), NOW)).toBe('disabled')
    })

    test('a use given back in time makes a code one that nobody used', async () => {
      await using subject = await openStore()
      const { store } = subject
      await make(store, 'x', 'a')
      await forward(store, 'r1', 'a')
      await store.release('r1', LATER)
      expect(await undo(store, 'x')).toEqual({ restored: 1, changedSince: 0 })
    })
  })
}

function describeUndoingInvites(openStore: OpenStore): void {
  describe('undoing the disabling of invites', () => {
    test('restores flags and notes, of unseen accounts too, unless somebody changed them since', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.setInvitesDisabled({ did: ALICE, host: HOST, disabled: false, note: 'apologised' })
      await know(store, BOB)
      const accounts = [ALICE, BOB, CAROL]
      await store.switchInvites(batchOf('disableInvites', 'x', { note: 'ring' }), {
        accounts,
        disabled: true,
      })
      await store.setInvitesDisabled({ did: BOB, host: HOST, disabled: true, note: 'by hand' })
      const version = await versionOf(store)
      expect(await undo(store, 'x')).toEqual({ restored: 2, changedSince: 1 })
      const records = await store.memberRecords(accounts)
      expect(accounts.map((did) => records.get(did)?.account)).toMatchObject([
        { invitesDisabled: false, inviteNote: 'apologised', version: version + 1 },
        { invitesDisabled: true, inviteNote: 'by hand' },
        { invitesDisabled: false, inviteNote: null },
      ])
    })

    test('brings back no note of an account that was deleted', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.openHost({ hostname: HOST, did: 'did:web:pds' })
      await store.setInvitesDisabled({ did: ALICE, host: HOST, disabled: false, note: 'her secret' })
      await store.switchInvites(batchOf('disableInvites', 'x'), { accounts: [ALICE], disabled: true })
      await store.applyEvent(HOST, { seq: 1, at: LATER, did: ALICE, status: 'deleted' })
      expect(await undo(store, 'x')).toEqual({ restored: 0, changedSince: 1 })
      expect((await store.memberSnapshot(ALICE)).account?.inviteNote).toBeNull()
      expect(JSON.stringify(await subject.execute('SELECT * FROM batch_account'))).not.toContain('secret')
    })

    test('the note of a batch is erased with the last of its accounts', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.openHost({ hostname: HOST, did: 'did:web:pds' })
      for (const [id, accounts] of [
        ['one', [ALICE]],
        ['both', [ALICE, BOB]],
        ['other', [BOB]],
      ] as const)
        await store.switchInvites(batchOf('disableInvites', id, { note: `why ${id}` }), {
          accounts,
          disabled: true,
        })
      // Whose invites were disabled already is in no later batch.
      await store.switchInvites(batchOf('enableInvites', 'again', { note: 'why again' }), {
        accounts: [ALICE, BOB],
        disabled: false,
      })
      const notes = async () =>
        Promise.all(['one', 'both', 'again'].map(async (id) => (await store.batch(id, HOST))?.note))
      await store.applyEvent(HOST, { seq: 1, at: LATER, did: ALICE, status: 'deleted' })
      expect(await notes()).toEqual([null, 'why both', 'why again'])
      await store.applyListing(HOST, { asOf: 2, at: LATER, present: [], gone: [BOB] })
      expect(await notes()).toEqual([null, null, null])
    })
  })
}

function describeUndoingInParts(openStore: OpenStore): void {
  describe('undoing', () => {
    test('in parts, two rows each, comes to the same', async () => {
      await using subject = await openStore()
      const { store } = subject
      const codes = ['a', 'b', 'c', 'd', 'e']
      for (const code of codes) await gift(store, code)
      await switchAll(store, 'x', true, ...codes)
      await switchAll(store, 'y', false, 'd')
      const first = await store.undoPart(DEED, { batch: 'x', host: HOST, limit: 2 })
      expect(first).toEqual({ restored: 2, changedSince: 0, finished: false })
      // A process that dies here leaves the rest to whoever asks again.
      expect(await store.batch('x', HOST)).toMatchObject({ undoneAt: null })
      expect(await undo(store, 'x', 2)).toEqual({ restored: 4, changedSince: 1 })
      expect(await disabledCodes(store)).toEqual([])
    })

    test('a batch whose process died restores what was done until then', async () => {
      await using subject = await openStore()
      const { store } = subject
      for (const code of ['a', 'b']) await gift(store, code)
      const batch = batchOf('disableCodes', 'x')
      const part = { codes: ['a'], disabled: true, counted: new Set<string>(), last: false }
      await store.switchCodes(batch, part)
      expect(await undo(store, 'x')).toEqual({ restored: 1, changedSince: 0 })
      expect(await store.batch('x', HOST)).toMatchObject({ finished: false, undoneAt: DEED.at })
    })

    test('a batch that goes on stops it: no later part does anything', async () => {
      await using subject = await openStore()
      const { store } = subject
      await know(store, ALICE)
      for (const code of ['a', 'b']) await gift(store, code)
      const doing = { disabled: true, counted: new Set<string>(), last: false }
      const [off, made, given] = [
        batchOf('disableCodes', 'x'),
        batchOf('createCodes', 'y'),
        batchOf('giveCodes', 'z'),
      ]
      const makes = (code: string) => ({ codes: [{ code, owner: ALICE }], terms: TERMS, last: false })
      const gives = (code: string) => ({ codes: [code], each: 1, terms: TERMS, after: null, givings: 0 })
      await store.switchCodes(off, { ...doing, codes: ['a'] })
      await store.makeCodes(made, makes('m1'))
      await store.giveCodes(given, gives('g1'))
      for (const id of ['x', 'y', 'z']) await undo(store, id)
      const before = await codesOf(store)
      expect(await store.switchCodes(off, { ...doing, codes: ['b'] })).toBe('stopped')
      expect(await store.makeCodes(made, makes('m2'))).toBe('stopped')
      expect(await store.giveCodes(given, { ...gives('g2'), after: ALICE })).toBe('stopped')
      expect(await codesOf(store)).toEqual(before)
      expect(await store.batch('x', HOST)).toMatchObject({ codes: 1 })
    })

    test('twice, an unknown one, one of another host: a word, and nothing changes', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await switchAll(store, 'x', true, 'a')
      const undoing = (batch: string, host = HOST) => store.undoPart(DEED, { batch, host, limit: 10 })
      expect(await undoing('x', OTHER_HOST)).toBe('unknown')
      expect(await undoing('nothing')).toBe('unknown')
      expect(await store.previewUndo({ batch: 'x', host: OTHER_HOST, limit: 2, after: null })).toBe('unknown')
      expect(await disabledCodes(store)).toEqual(['a'])
      await undo(store, 'x')
      await store.disableCodes({ codes: ['a'], owners: [], at: NOW })
      expect(await undoing('x')).toBe('already undone')
      expect(await store.previewUndo({ batch: 'x', host: HOST, limit: 2, after: null })).toBe(
        'already undone',
      )
      expect(await disabledCodes(store)).toEqual(['a'])
    })
  })
}

const MANY = Array.from({ length: 40 }, (_, index) => `code ${String(index).padStart(2, '0')}`)

async function giftMany(store: InviteStore): Promise<void> {
  const codes = MANY.map((code) => ({ code, forAccount: ALICE, available: 1 }))
  await store.insertGifted(codes, HOST, NOW)
}

/** Undoes in small parts until it is done, whoever else does. @returns what was done in all, as far as this caller saw */
async function undoBeside(store: InviteStore, id: string): Promise<UndoCounts | 'already undone'> {
  for (;;) {
    const done = await store.undoPart({ ...DEED, id }, { batch: 'x', host: HOST, limit: 4 })
    if (done === 'unknown') throw new Error(done)
    if (done === 'already undone' || done.finished) return done
  }
}

function describeUndoingInParallel(openStore: OpenStore): void {
  describe('undoing at the same time', () => {
    test('by two: each row is restored once, and one of them ends it', async () => {
      await using subject = await openStore()
      const stores = await storesOf(subject, 2)
      const { store } = subject
      await giftMany(store)
      await switchAll(store, 'x', true, ...MANY)
      const outcomes = await inParallel(6, (index) => undoBeside(pick(stores, index), `undo ${index}`))
      const ends = outcomes.filter((outcome) => outcome !== 'already undone')
      expect(ends).toEqual([{ finished: true, restored: 40, changedSince: 0 }])
      expect(await disabledCodes(store)).toEqual([])
    })

    test('as others enable the same codes: each is one’s or the other’s', async () => {
      await using subject = await openStore()
      const stores = await storesOf(subject, 2)
      const { store } = subject
      await giftMany(store)
      await switchAll(store, 'x', true, ...MANY)
      const enable = async () => {
        for (const code of MANY.toReversed()) await switchAll(pick(stores, 1), `on ${code}`, false, code)
      }
      const [undone] = await Promise.all([undoBeside(store, 'undo'), enable()])
      const batches = await store.listBatches({ host: HOST, limit: 100, after: null })
      const enabled = batches.filter(({ action, codes }) => action === 'enableCodes' && codes === 1).length
      expect(undone).toEqual({ finished: true, restored: 40 - enabled, changedSince: enabled })
      expect(await disabledCodes(store)).toEqual([])
    })

    test('as people come in by the codes that it made: whoever was let in keeps the code, nobody else is', async () => {
      await using subject = await openStore()
      const stores = await storesOf(subject, 2)
      const { store } = subject
      await make(store, 'x', ...MANY)
      const comeIn = async (code: string) =>
        (await pick(stores, 1).reserve(signUp(`r ${code}`, code), NOW)) === 'reserved'
      const [undone, ...came] = await Promise.all([
        undoBeside(store, 'undo'),
        ...MANY.map((code) => comeIn(code)),
      ])
      const held = came.filter(Boolean).length
      expect(undone).toEqual({ finished: true, restored: 40 - held, changedSince: held })
      const codes = await codesOf(store)
      expect(codes.filter(({ reserved, disabledAt }) => (reserved === 1) === (disabledAt !== null))).toEqual(
        [],
      )
    })
  })
}
