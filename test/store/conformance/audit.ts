import { describe, expect, test } from 'vitest'
import type { AuditEvent, Deed, LogPosition } from '../../../src/invites/audit.ts'
import type { InviteStore } from '../../../src/invites/store.ts'
import { batchOf, switchAll, TERMS } from './batches.ts'
import { ALICE, BOB, CAROL, gift, HOST, NOW, type OpenStore } from './support.ts'

function deed(id: string, change: Partial<Deed> = {}): Deed {
  return { id, at: NOW, actor: 'admin', ...change }
}

async function logOf(
  store: InviteStore,
  page: { actor?: string; action?: string; limit?: number; after?: LogPosition } = {},
): Promise<readonly AuditEvent[]> {
  return store.listEvents({ actor: null, action: null, limit: 100, after: null, ...page })
}

export function describeAudit(openStore: OpenStore): void {
  describe('the audit log', () => {
    test('is read newest first, page by page, by actor and by action', async () => {
      await using subject = await openStore()
      const { store } = subject
      for (const [id, actor, action, at] of [
        ['1', ALICE, 'import', NOW],
        ['2', ALICE, 'takeOver', NOW],
        ['3', BOB, 'import', NOW + 1],
        ['4', ALICE, 'import', NOW + 2],
      ] as const)
        await store.recordEvent({ id, at, actor, action, subject: HOST, detail: { run: id } })
      const ids = async (page: Parameters<typeof logOf>[1]) => (await logOf(store, page)).map(({ id }) => id)
      expect(await ids({})).toEqual(['4', '3', '2', '1'])
      expect(await ids({ limit: 2 })).toEqual(['4', '3'])
      expect(await ids({ limit: 2, after: { at: NOW + 1, id: '3' } })).toEqual(['2', '1'])
      expect(await ids({ after: { at: NOW, id: '2' } })).toEqual(['1'])
      expect(await ids({ actor: ALICE })).toEqual(['4', '2', '1'])
      expect(await ids({ action: 'import' })).toEqual(['4', '3', '1'])
      expect(await ids({ actor: ALICE, action: 'import', after: { at: NOW + 2, id: '4' } })).toEqual(['1'])
      expect(await ids({ actor: CAROL })).toEqual([])
      expect((await logOf(store))[0]).toEqual({
        id: '4',
        at: NOW + 2,
        actor: ALICE,
        action: 'import',
        subject: HOST,
        detail: { run: '4' },
      })
    })

    test('names the accounts that have a handle, as who did it and as what it was done to', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.upsertAccount({ did: ALICE, host: HOST, handle: 'alice.test' })
      await store.recordEvent({ ...deed('1', { actor: ALICE }), action: 'import', subject: BOB, detail: {} })
      await store.recordEvent({ ...deed('2', { actor: BOB }), action: 'import', subject: ALICE, detail: {} })
      const [second, first] = await logOf(store)
      expect(first).toMatchObject({ actor: ALICE, actorHandle: 'alice.test', subject: BOB })
      expect(first).not.toHaveProperty('subjectHandle')
      expect(second).toMatchObject({ actor: BOB, subject: ALICE, subjectHandle: 'alice.test' })
      expect(second).not.toHaveProperty('actorHandle')
    })

    test('keeps one line of what is recorded again with its outcome', async () => {
      await using subject = await openStore()
      const { store } = subject
      const event = { ...deed('1'), action: 'import', subject: HOST } as const
      await store.recordEvent({ ...event, detail: { finished: false } })
      await store.recordEvent({ ...event, detail: { codes: 3 } })
      expect(await logOf(store)).toEqual([{ ...event, detail: { codes: 3 } }])
    })

    test('says who did what to whom, for every action that is given a deed', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.openHost({ hostname: HOST, did: 'did:web:pds' })
      const gifts = ['a', 'b'].map((code) => ({ code, forAccount: ALICE, available: 2 }))
      await store.insertGifted(gifts, HOST, NOW, deed('1'))
      await store.disableCodes({
        codes: ['a', 'x'],
        owners: [BOB],
        at: NOW,
        deed: { ...deed('2'), host: HOST },
      })
      await store.disableCodes({ codes: ['b'], owners: [], at: NOW, deed: { ...deed('3'), host: HOST } })
      await store.setInvitesDisabled({ did: BOB, host: HOST, disabled: true, note: null, deed: deed('4') })
      await store.setInvitesDisabled({ did: BOB, host: HOST, disabled: false, note: null, deed: deed('5') })
      await store.setPause(HOST, { since: NOW, exceptMigrations: true, message: 'soon' }, deed('6'))
      await store.setPause(HOST, undefined, deed('7'))
      await store.setPolicy(HOST, { interval: 5, epoch: 0, cap: 3 }, deed('8'))
      await store.setEjected(HOST, NOW, deed('9'))
      await store.setEjected(HOST, null, deed('9a'))
      const lines = (await logOf(store)).map(({ id, action, subject: to, detail }) => [
        id,
        action,
        to,
        detail,
      ])
      expect(lines.toReversed()).toEqual([
        ['1', 'createCodes', HOST, { codes: 2, uses: 2, owners: [ALICE] }],
        ['2', 'disableCodes', HOST, { codes: 1, asked: { codes: ['a', 'x'], owners: [BOB] } }],
        ['3', 'disableCodes', 'b', { codes: 1, asked: { codes: ['b'], owners: [] } }],
        ['4', 'disableInvites', BOB, {}],
        ['5', 'enableInvites', BOB, {}],
        ['6', 'pauseSignUps', HOST, { exceptMigrations: true, message: 'soon' }],
        ['7', 'resumeSignUps', HOST, {}],
        [
          '8',
          'setPolicy',
          HOST,
          { before: { interval: null, epoch: 0, cap: 5 }, after: { interval: 5, epoch: 0, cap: 3 } },
        ],
        ['9', 'eject', HOST, { finished: false }],
        ['9a', 'withdrawEject', HOST, {}],
      ])
    })

    test('has one line of a batch, with its numbers so far, and one of its undoing', async () => {
      await using subject = await openStore()
      const { store } = subject
      const batch = batchOf('createCodes', 'b', { subject: ALICE, detail: { uses: 1 } })
      for (const code of ['a', 'b'])
        await store.makeCodes(batch, { codes: [{ code, owner: ALICE }], terms: TERMS, last: code === 'b' })
      await store.undoPart(deed('u', { at: NOW + 99_999 }), { batch: 'b', host: HOST, limit: 2 })
      await store.undoPart(deed('u', { at: NOW + 99_999 }), { batch: 'b', host: HOST, limit: 2 })
      expect(await logOf(store)).toMatchObject([
        {
          id: 'u',
          actor: 'admin',
          action: 'undoBatch',
          subject: 'b',
          detail: { undone: 'createCodes', restored: 2, changedSince: 0 },
        },
        {
          id: 'b',
          actor: CAROL,
          action: 'createCodes',
          subject: ALICE,
          detail: { uses: 1, codes: 2, accounts: 1 },
        },
      ])
    })

    test('has no line of what was not done, nor of what Latchkey does by itself', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'taken')
      const again = [{ code: 'taken', forAccount: ALICE, available: 1 }]
      expect(await store.insertGifted(again, HOST, NOW, deed('1'))).toBe('collision')
      await store.disableCodes({ codes: ['taken'], owners: [], at: NOW })
      const part = { batch: 'none', host: HOST, limit: 2 }
      expect(await store.undoPart(deed('2'), part)).toBe('unknown')
      await expect(store.setPause('unknown.test', undefined, deed('3'))).rejects.toThrow(Error)
      expect(await logOf(store)).toEqual([])
      await switchAll(store, 'batch', false, 'taken')
      expect(await logOf(store)).toHaveLength(1)
    })
  })
}
