import { describe, expect, test } from 'vitest'
import type { AuditEvent } from '../../../src/invites/audit.ts'
import {
  MOST_PENDING,
  type NewWebSession,
  type PendingSignIn,
  SESSIONS_PER_ACTOR,
} from '../../../src/invites/web.ts'
import {
  ALICE,
  BOB,
  CAROL,
  HOST,
  inParallel,
  NOW,
  OTHER_HOST,
  pick,
  storesOf,
  type OpenStore,
} from './support.ts'

const HOUR = 3_600_000

function session(hash: string, change: Partial<NewWebSession> = {}): NewWebSession {
  return { hash, actor: ALICE, openedAt: NOW, endsAt: NOW + 4 * HOUR, idleAt: NOW + 2 * HOUR, ...change }
}

function pending(key: string, change: Partial<PendingSignIn> = {}): PendingSignIn {
  return { key, browser: 'browser 1', value: `{"of":"${key}"}`, endsAt: NOW + HOUR, ...change }
}

function event(id: string, action: AuditEvent['action']): AuditEvent {
  return { id, at: NOW, actor: ALICE, action, subject: HOST, detail: { by: 'account' } }
}

export function describeWeb(openStore: OpenStore): void {
  describe('signing in to the pages', () => {
    test('a session is read as it was opened, by its hash alone, until it is ended', async () => {
      await using subject = await openStore()
      const { store } = subject
      expect(await store.webSession('a')).toBeUndefined()
      await store.openWebSession(session('a'))
      const { hash: _hash, ...kept } = session('a')
      expect(await store.webSession('a')).toEqual({ ...kept, status: 'active' })
      expect(await store.webSession('b')).toBeUndefined()
      await store.endWebSession('a')
      await store.endWebSession('a')
      expect(await store.webSession('a')).toBeUndefined()
    })

    test('a session tells how its account stands, as the host told last', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.openHost({ hostname: HOST, did: 'did:web:first' })
      await store.applyEvent(HOST, { seq: 1, at: NOW, did: ALICE, status: 'takendown' })
      await store.openWebSession(session('a'))
      await store.openWebSession(session('b', { actor: BOB }))
      expect(await store.webSession('a')).toMatchObject({ status: 'takendown' })
      expect(await store.webSession('b')).toMatchObject({ status: 'active' })
    })

    test.each(['takendown', 'suspended', 'deactivated', 'deleted'] as const)(
      'sessions of an account that is %s are over for good, told by an event or by a listing',
      async (status) => {
        await using subject = await openStore()
        const { store } = subject
        await store.openHost({ hostname: HOST, did: 'did:web:first' })

        for (const actor of [ALICE, BOB, CAROL]) await store.openWebSession(session(actor, { actor }))
        const left = async () =>
          Promise.all([ALICE, BOB, CAROL].map(async (did) => await store.webSession(did)))
        await store.applyEvent(HOST, { seq: 1, at: NOW, did: ALICE, status })
        await store.applyEvent(HOST, { seq: 2, at: NOW, did: ALICE, status: 'active' })
        expect((await left()).map((one) => one !== undefined)).toEqual([false, true, true])
        const present = status === 'deleted' ? [] : [{ did: BOB, status }]
        const gone = status === 'deleted' ? [BOB] : []
        await store.applyEvent(HOST, { seq: 3, at: NOW, did: BOB, status: 'active' })
        await store.applyListing(HOST, { asOf: 4, at: NOW, present, gone })
        await store.applyListing(HOST, {
          asOf: 5,
          at: NOW,
          present: [{ did: BOB, status: 'active' }],
          gone: [],
        })
        expect((await left()).map((one) => one !== undefined)).toEqual([false, false, true])
      },
    )

    test('a session that is used lasts longer, and never shorter', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.openWebSession(session('a'))
      await store.extendWebSession('a', NOW + 3 * HOUR)
      await store.extendWebSession('a', NOW + HOUR)
      await store.extendWebSession('gone', NOW + HOUR)
      expect(await store.webSession('a')).toMatchObject({ idleAt: NOW + 3 * HOUR })
      expect(await store.webSession('gone')).toBeUndefined()
    })

    test('opening one takes the place of the browser’s last, and forgets those that are over, at their very end', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.openWebSession(session('before'))
      await store.openWebSession(session('idle', { actor: BOB, idleAt: NOW + 1 }))
      await store.openWebSession(session('old', { actor: BOB, endsAt: NOW + 1 }))
      await store.openWebSession(session('just', { actor: BOB, idleAt: NOW + 2 }))
      await store.openWebSession(session('a', { openedAt: NOW + 1 }), { replaces: 'before' })
      const left = await subject.execute('SELECT hash FROM web_session ORDER BY hash')
      expect(left).toEqual([{ hash: 'a' }, { hash: 'just' }])
    })

    test('an account has at most ten, those opened last, however many sign in at once', async () => {
      await using subject = await openStore()
      const stores = await storesOf(subject, 2)
      await subject.store.openWebSession(session('bob', { actor: BOB }))
      await inParallel(SESSIONS_PER_ACTOR + 5, (index) =>
        pick(stores, index).openWebSession(session(`s${index}`, { openedAt: NOW + index })),
      )
      const left = await subject.execute('SELECT opened_at AS at FROM web_session WHERE actor = ?', ALICE)
      expect(left.map(({ at }) => Number(at) - NOW).toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: SESSIONS_PER_ACTOR }, (_, index) => index + 5),
      )
      expect(await subject.store.webSession('bob')).toBeDefined()
    })

    test('an operator’s coming and going is in the audit log, once and with the session or not at all', async () => {
      await using subject = await openStore()
      const { store } = subject
      const page = { actor: null, action: null, limit: 10, after: null }
      await store.openWebSession(session('a'), { event: event('1', 'signIn') })
      await expect(store.openWebSession(session('a'), { event: event('2', 'signIn') })).rejects.toThrow(
        /unique/i,
      )
      await store.endWebSession('a', event('3', 'signOut'))
      await store.endWebSession('a', event('4', 'signOut'))
      const events = await store.listEvents(page)
      expect(events.toSorted((a, b) => Number(a.id) - Number(b.id))).toEqual([
        event('1', 'signIn'),
        event('3', 'signOut'),
      ])
    })

    test('all sessions of an account are ended at once, and no one else’s; that is recorded where there was one', async () => {
      await using subject = await openStore()
      const { store } = subject
      for (const hash of ['a', 'b']) await store.openWebSession(session(hash))
      await store.openWebSession(session('bob', { actor: BOB }))
      await store.endWebSessions(ALICE, event('1', 'signOut'))
      await store.endWebSessions(ALICE, event('2', 'signOut'))
      expect(await subject.execute('SELECT hash FROM web_session')).toEqual([{ hash: 'bob' }])
      const page = { actor: null, action: null, limit: 10, after: null }
      expect(await store.listEvents(page)).toEqual([event('1', 'signOut')])
    })

    test('an account stands as the host told last, and well where it told nothing', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.openHost({ hostname: HOST, did: 'did:web:first' })
      expect(await store.webStanding(ALICE)).toBe('active')
      await store.applyEvent(HOST, { seq: 1, at: NOW, did: ALICE, status: 'deactivated' })
      expect(await store.webStanding(ALICE)).toBe('deactivated')
      expect(await store.webStanding(BOB)).toBe('active')
    })

    test('a sign-in that comes back is taken by its own browser, in time, and once', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.keepPendingSignIn(pending('a'), NOW)
      await store.keepPendingSignIn(pending('b', { endsAt: NOW + 1 }), NOW)
      expect(await store.takePendingSignIn('a', 'browser 2', NOW)).toBeUndefined()
      expect(await store.takePendingSignIn('x', 'browser 1', NOW)).toBeUndefined()
      expect(await store.takePendingSignIn('b', 'browser 1', NOW + 1)).toBeUndefined()
      expect(await store.takePendingSignIn('a', 'browser 1', NOW + 1)).toBe('{"of":"a"}')
      expect(await store.takePendingSignIn('a', 'browser 1', NOW + 1)).toBeUndefined()
    })

    test('of many who take one at once, one gets it', async () => {
      await using subject = await openStore()
      const stores = await storesOf(subject, 3)
      await subject.store.keepPendingSignIn(pending('a'), NOW)
      const taken = await inParallel(12, (index) =>
        pick(stores, index).takePendingSignIn('a', 'browser 1', NOW),
      )
      expect(taken.filter((value) => value !== undefined)).toEqual(['{"of":"a"}'])
    })

    test('what is not sent back is forgotten: by its time, and the first ones when there are too many', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.keepPendingSignIn(pending('late', { endsAt: NOW + 5 }), NOW)
      await subject.execute(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO web_sign_in (key, browser, value, ends_at) SELECT 'k' || i, 'browser 1', '{}', ? + i FROM n`,
        MOST_PENDING,
        NOW + HOUR,
      )
      await store.keepPendingSignIn(pending('newest', { endsAt: NOW + 2 * HOUR }), NOW + 5)
      const [row] = await subject.execute('SELECT count(*) AS count, min(ends_at) AS least FROM web_sign_in')
      expect(row).toEqual({ count: MOST_PENDING, least: NOW + HOUR + 2 })
      expect(await store.takePendingSignIn('newest', 'browser 1', NOW + 5)).toBe('{"of":"newest"}')
    })

    test('a host has one first key, whoever made it, and another host another', async () => {
      await using subject = await openStore()
      const stores = await storesOf(subject, 3)
      expect(await subject.store.webKeys(HOST)).toEqual([])
      const kept = await inParallel(6, (index) =>
        pick(stores, index).keepFirstWebKey(HOST, { id: `key ${index}`, jwk: '{}', madeAt: NOW + index }),
      )
      const [first] = kept
      expect(first).toHaveLength(1)
      expect(kept).toEqual(kept.map(() => first))
      expect(await subject.store.webKeys(HOST)).toEqual(first)
      const other = { id: 'other', jwk: '{}', madeAt: NOW }
      expect(await subject.store.keepFirstWebKey(OTHER_HOST, other)).toEqual([other])
    })

    test('all processes share the first secret of a host, for ever', async () => {
      await using subject = await openStore()
      const stores = await storesOf(subject, 3)
      const kept = await inParallel(6, (index) =>
        pick(stores, index).keepFirstWebSecret(HOST, `secret ${index}`),
      )
      const [first = ''] = kept
      expect(first).toMatch(/^secret \d$/)
      expect(kept).toEqual(kept.map(() => first))
      expect(await subject.store.keepFirstWebSecret(HOST, 'later')).toBe(first)
      expect(await subject.store.keepFirstWebSecret(OTHER_HOST, 'another')).toBe('another')
    })
  })
}
