import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { StoreBusyError, StoreUnavailableError } from '../../src/invites/store.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { LISTING } from '../../src/store/sqlite/codes.ts'
import { HELD_USES } from '../../src/store/sqlite/reconciling.ts'
import { SAME_SIGN_UP } from '../../src/store/sqlite/reservations.ts'
import type { Retry } from '../../src/store/sqlite/file/retry.ts'
import { PURGE, TAKE_OVER } from '../../src/store/sqlite/settling.ts'
import { describeInviteStore } from './conformance.ts'
import { ALICE, BOB, codesOf, gift, HOST, NOW, redeem, signUp } from './conformance/support.ts'
import { openForConformance } from './sqlite-support.ts'

describeInviteStore('SQLite', openForConformance)

/** A clock that only sleeping moves. */
function fakeTime(whenAsleep: () => void = () => undefined) {
  let passed = 0
  const retry: Partial<Retry> = {
    elapsed: () => passed,
    random: () => 0.5,
    sleep: async (duration) => {
      passed += duration
      whenAsleep()
    },
  }
  return { retry, passed: () => passed }
}

/** Another connection that holds the write lock. */
function lock(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 0 })
  db.exec('BEGIN IMMEDIATE')
  return db
}

describe('a write lock held elsewhere', () => {
  test('longer than two seconds: the call says busy, leaves nothing, and succeeds afterwards', async () => {
    await using subject = await openForConformance()
    const time = fakeTime()
    await using store = await openSqliteStore({ path: subject.path, retry: time.retry })
    await gift(store, 'a')
    const holder = lock(subject.path)
    await expect(store.reserve(signUp('r1', 'a'), NOW)).rejects.toThrow(StoreBusyError)
    expect(time.passed()).toBe(2_000)
    const earned = { did: ALICE, host: HOST, createdAt: NOW, firstOrdinal: 1, codes: ['b'] }
    await expect(store.insertEarned(earned)).rejects.toThrow(StoreBusyError)
    expect(time.passed()).toBe(4_000)
    holder.close()
    expect(await store.reservation('r1')).toBeUndefined()
    expect(await codesOf(store)).toMatchObject([{ code: 'a', reserved: 0 }])
    expect(await store.reserve(signUp('r1', 'a'), NOW)).toBe('reserved')
    expect(await store.insertEarned(earned)).toBe('done')
  })

  test('is waited for without blocking the event loop', async () => {
    await using subject = await openForConformance()
    const holder = lock(subject.path)
    let refused = false
    const start = performance.now()
    const call = subject.store.check().then(() => refused)
    expect(performance.now() - start).toBeLessThan(1_000)
    setImmediate(() => {
      refused = true
      holder.close()
    })
    expect(await call).toBe(true)
  })

  test('stops no read', async () => {
    await using subject = await openForConformance()
    const { store } = subject
    await gift(store, 'a', { available: 2 })
    await redeem(store, 'r1', 'a')
    using _ = lock(subject.path)
    expect(await codesOf(store)).toMatchObject([{ uses: [{ usedBy: BOB }] }])
    expect((await store.memberRecords([BOB])).get(BOB)?.invitedBy).toMatchObject({ code: 'a' })
    expect(await store.listCodes({ host: HOST, sort: 'usage', limit: 5, after: null })).toHaveLength(1)
    expect(await store.policy(HOST)).toMatchObject({ cap: 5 })
    expect(await store.reservation('r1')).toMatchObject({ state: 'committed' })
  })

  test('at the close: a call that waits is let finish, a later one is refused', async () => {
    await using subject = await openForConformance()
    let holder: DatabaseSync | undefined
    const time = fakeTime(() => time.passed() > 1_000 && holder?.isOpen && holder.close())
    const store = await openSqliteStore({ path: subject.path, retry: time.retry })
    await gift(store, 'a')
    holder = lock(subject.path)
    const waiting = store.reserve(signUp('r1', 'a'), NOW)
    const closing = store[Symbol.asyncDispose]()
    await expect(store.check()).rejects.toThrow(StoreUnavailableError)
    expect(await waiting).toBe('reserved')
    await closing
    await store[Symbol.asyncDispose]()
    expect(await subject.store.reservation('r1')).toMatchObject({ state: 'reserved' })
  })
})

describe('a listing', () => {
  const ORDER = { recent: 'created_at,code', usage: 'used,created_at,code' }

  test.each(['recent', 'usage'] as const)(
    'by %s is read from its index, without sorting codes',
    async (sort) => {
      await using subject = await openForConformance()
      const plan = await subject.execute(`EXPLAIN QUERY PLAN ${LISTING[sort].replaceAll('?', "'1'")}`)
      expect(plan.map(({ detail }) => detail)).toEqual([
        expect.stringMatching(
          `^SEARCH invite_code USING INDEX invite_code_${sort} \\(host=\\? AND \\(${ORDER[sort]}\\)<`,
        ),
        'CORRELATED SCALAR SUBQUERY 1',
        'SEARCH invite_use USING COVERING INDEX invite_use_newest (code=?)',
      ])
    },
  )
})

describe('sign-ups', () => {
  test.each([
    [
      'of one person',
      SAME_SIGN_UP,
      /SEARCH reservation USING INDEX reservation_same \(code=\? AND handle=\?\)/,
    ],
    ['that are due', TAKE_OVER, /SEARCH reservation USING INDEX reservation_unsettled \(next_try_at<\?\)/],
    ['released long ago', PURGE, /SEARCH reservation USING INDEX reservation_forgettable \(settled_at<\?\)/],
  ])('%s are found by their index', async (_, sql, index) => {
    await using subject = await openForConformance()
    const plan = await subject.execute(`EXPLAIN QUERY PLAN ${sql.replaceAll(/\$\w+|\?/g, "'1'")}`)
    expect(plan.map(({ detail }) => detail).join('\n')).toMatch(index)
  })
})

describe('uses to compare with the PDS', () => {
  test('are read page by page from their own index, without sorting', async () => {
    await using subject = await openForConformance()
    const plan = await subject.execute(`EXPLAIN QUERY PLAN ${HELD_USES.replaceAll(/\$\w+/g, "'1'")}`)
    const details = plan.map(({ detail }) => String(detail))
    expect(details[0]).toMatch(/^SEARCH u USING PRIMARY KEY/)
    expect(details.join('\n')).not.toContain('B-TREE')
  })
})
