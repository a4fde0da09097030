import { describe, expect, test } from 'vitest'
import {
  BOB,
  codeOf,
  forward,
  gift,
  HOST,
  inParallel,
  NOW,
  pick,
  signUp,
  storesOf,
  type OpenStore,
  type StoreUnderTest,
} from './support.ts'

const handle = (handle: string | null) => ({ redeemer: { handle, did: null } })
const bob = handle('bob.test')

/** How far the first sign-up has come when the same person comes again. */
const UNFINISHED: [string, (subject: StoreUnderTest) => Promise<unknown>][] = [
  ['reserved', ({ store }) => store.reserve(signUp('r1', 'a', bob), NOW)],
  ['forwarded', ({ store }) => forward(store, 'r1', 'a', bob)],
  [
    'settling',
    async ({ store }) => {
      await forward(store, 'r1', 'a', bob)
      await store.startSettling('r1', 'process 1')
    },
  ],
]

export function describeInProgress(openStore: OpenStore): void {
  describe('the same person again', () => {
    for (const available of [1, 5])
      test.each(UNFINISHED)(
        `is in progress while the first sign-up is %s, with a code of ${available} use(s)`,
        async (_, begin) => {
          await using subject = await openStore()
          const { store } = subject
          await gift(store, 'a', { available })
          await begin(subject)
          expect(await store.reserve(signUp('r2', 'a', handle('BOB.test')), NOW)).toBe('in progress')
          expect(await codeOf(store)).toMatchObject({ used: 0, reserved: 1 })
          expect(await store.reservation('r2')).toBeUndefined()
        },
      )

    test.each(['commit', 'release'] as const)('may try anew after %s', async (end) => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 2 })
      await forward(store, 'r1', 'a', bob)
      if (end === 'commit') await store.commit('r1', { did: BOB, handle: 'bob.test', at: NOW })
      else await store.release('r1', NOW)
      expect(await store.reserve(signUp('r2', 'a', bob), NOW)).toBe('reserved')
    })

    test('is in progress with that code only', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await gift(store, 'b')
      await store.reserve(signUp('r1', 'a', bob), NOW)
      expect(await store.reserve(signUp('r2', 'b', bob), NOW)).toBe('reserved')
    })

    test('is somebody else under another handle, or under none', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 4 })
      await store.reserve(signUp('r1', 'a', bob), NOW)
      expect(await store.reserve(signUp('r2', 'a', handle('carol.test')), NOW)).toBe('reserved')
      expect(await store.reserve(signUp('r3', 'a', handle(null)), NOW)).toBe('reserved')
      expect(await store.reserve(signUp('r4', 'a', handle(null)), NOW)).toBe('reserved')
      expect(await store.reserve(signUp('r5', 'a', handle('carol.test')), NOW)).toBe('in progress')
      expect(await store.reserve(signUp('r6', 'a', handle('dave.test')), NOW)).toBe('used up')
      expect(await store.reserve(signUp('r7', 'a', handle(null)), NOW)).toBe('used up')
    })

    test.each([1, 5])('hears first that the code of %i use(s) is disabled or expired', async (available) => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available })
      await store.reserve(signUp('r1', 'a', bob), NOW)
      await subject.execute('UPDATE invite_code SET expires_at = ?', NOW + 5)
      expect(await store.reserve(signUp('r2', 'a', bob), NOW + 4)).toBe('in progress')
      expect(await store.reserve(signUp('r2', 'a', bob), NOW + 5)).toBe('expired')
      await store.disableCodes({ codes: ['a'], owners: [], at: NOW })
      expect(await store.reserve(signUp('r2', 'a', bob), NOW)).toBe('disabled')
    })

    test('learns nothing of it on another host', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await store.reserve(signUp('r1', 'a', bob), NOW)
      expect(await store.reserve(signUp('r2', 'a', { ...bob, host: 'other.example.com' }), NOW)).toBe(
        'unknown',
      )
      expect(await store.reserve(signUp('r3', 'a', { ...bob, host: HOST }), NOW)).toBe('in progress')
    })

    test.each([1, 2])('in parallel over %i store(s) begins once', async (connections) => {
      await using subject = await openStore()
      const stores = await storesOf(subject, connections)
      await gift(subject.store, 'a', { available: 5 })
      const outcomes = await inParallel(2, (index) =>
        pick(stores, index).reserve(signUp(`r${index}`, 'a', bob), NOW),
      )
      expect(outcomes.toSorted()).toEqual(['in progress', 'reserved'])
      expect(await codeOf(subject.store)).toMatchObject({ reserved: 1 })
      expect(await subject.execute('SELECT id FROM reservation')).toHaveLength(1)
    })
  })
}
