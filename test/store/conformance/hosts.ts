import { describe, expect, test } from 'vitest'
import { ALICE, BOB, HOST, NOW, OTHER_HOST, versionOf, type OpenStore } from './support.ts'

export function describeHosts(openStore: OpenStore): void {
  describe('hosts and policies', () => {
    test('a host keeps the DID of its first start', async () => {
      await using subject = await openStore()
      const { store } = subject
      const first = { hostname: HOST, did: 'did:web:first', earningSince: null }
      expect(await store.openHost({ hostname: HOST, did: 'did:web:first' })).toEqual(first)
      expect(await store.openHost({ hostname: HOST, did: 'did:web:second' })).toEqual(first)
    })

    test('earning is opened once, and members are told', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.openHost({ hostname: HOST, did: 'did:web:first' })
      await store.upsertAccount({ did: ALICE, host: HOST })
      await store.upsertAccount({ did: BOB, host: OTHER_HOST })
      await store.openEarning(HOST, NOW)
      await store.openEarning(HOST, NOW + 1)
      expect(await store.openHost({ hostname: HOST, did: 'did:web:first' })).toMatchObject({
        earningSince: NOW,
      })
      expect(await versionOf(store, ALICE)).toBe(2)
      expect(await versionOf(store, BOB)).toBe(1)
    })

    test('nobody earns until a policy is set, and the cap is the reference’s 5', async () => {
      await using subject = await openStore()
      expect(await subject.store.policy(HOST)).toEqual({ interval: null, epoch: 0, cap: 5 })
    })

    test('a policy is replaced as a whole, and only for its host', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.setPolicy(HOST, { interval: 1000, epoch: 5, cap: 3 })
      expect(await store.policy(HOST)).toEqual({ interval: 1000, epoch: 5, cap: 3 })
      expect(await store.policy(OTHER_HOST)).toEqual({ interval: null, epoch: 0, cap: 5 })
      await store.setPolicy(HOST, { interval: null, epoch: 0, cap: 0 })
      expect(await store.policy(HOST)).toEqual({ interval: null, epoch: 0, cap: 0 })
    })

    test('a policy that differs grows the versions of its host’s accounts, the same again does not', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.upsertAccount({ did: ALICE, host: HOST })
      await store.upsertAccount({ did: BOB, host: OTHER_HOST })
      const versions = []
      for (const policy of [
        { interval: null, epoch: 0, cap: 5 },
        { interval: 1000, epoch: 0, cap: 5 },
        { interval: 1000, epoch: 0, cap: 5 },
        { interval: 1000, epoch: 7, cap: 5 },
        { interval: 1000, epoch: 7, cap: 6 },
      ]) {
        await store.setPolicy(HOST, policy)
        versions.push(await versionOf(store, ALICE))
      }
      expect(versions).toEqual([1, 2, 2, 3, 4])
      expect(await versionOf(store, BOB)).toBe(1)
    })
  })
}
