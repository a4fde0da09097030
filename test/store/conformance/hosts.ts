import { describe, expect, test } from 'vitest'
import { ALICE, BOB, HOST, NOW, OTHER_HOST, versionOf, type OpenStore } from './support.ts'

export function describeHosts(openStore: OpenStore): void {
  describe('hosts and policies', () => {
    test('a host keeps the DID of its first start', async () => {
      await using subject = await openStore()
      const { store } = subject
      const first = {
        hostname: HOST,
        did: 'did:web:first',
        earningSince: null,
        installation: expect.stringMatching(/^[0-9a-f]{32}$/),
        ejectedAt: null,
      }
      expect(await store.host(HOST)).toBeUndefined()
      expect(await store.openHost({ hostname: HOST, did: 'did:web:first' })).toEqual(first)
      expect(await store.openHost({ hostname: HOST, did: 'did:web:second' })).toEqual(first)
      expect(await store.host(HOST)).toEqual(first)
      expect(await store.host(OTHER_HOST)).toBeUndefined()
    })

    test('a database is told from every other, whoever has it open', async () => {
      await using subject = await openStore()
      await using elsewhere = await openStore()
      const host = { hostname: HOST, did: 'did:web:first' }
      const { installation } = await subject.store.openHost(host)
      const another = await subject.openAnother()
      expect(await another.openHost(host)).toMatchObject({ installation })
      expect((await elsewhere.store.openHost(host)).installation).not.toBe(installation)
    })

    test('that its codes were given back is remembered of a host until it is withdrawn', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.openHost({ hostname: HOST, did: 'did:web:first' })
      await store.openHost({ hostname: OTHER_HOST, did: 'did:web:second' })
      await store.setEjected(HOST, NOW)
      expect(await store.host(HOST)).toMatchObject({ ejectedAt: NOW })
      expect(await store.host(OTHER_HOST)).toMatchObject({ ejectedAt: null })
      await store.setEjected(HOST, null)
      expect(await store.host(HOST)).toMatchObject({ ejectedAt: null })
      await expect(store.setEjected('unknown.test', NOW)).rejects.toThrow('The host unknown.test is unknown')
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

    test('a host remembers how far it was searched', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.openHost({ hostname: HOST, did: 'did:web:first' })
      await store.openHost({ hostname: OTHER_HOST, did: 'did:web:second' })
      expect(await store.sweptUntil(HOST)).toBeNull()
      await store.setSweptUntil(HOST, NOW)
      await store.setSweptUntil(HOST, NOW + 1)
      expect(await store.sweptUntil(HOST)).toBe(NOW + 1)
      expect(await store.sweptUntil(OTHER_HOST)).toBeNull()
    })

    test('a pause is as it was last set, for every store and only for its host, until it is lifted', async () => {
      await using subject = await openStore()
      const { store } = subject
      const another = await subject.openAnother()
      await store.openHost({ hostname: HOST, did: 'did:web:first' })
      await store.openHost({ hostname: OTHER_HOST, did: 'did:web:second' })
      expect(await store.pause(HOST)).toBeUndefined()
      const first = { since: NOW, exceptMigrations: true, message: 'Back at noon.' }
      await store.setPause(HOST, first)
      expect(await another.pause(HOST)).toEqual(first)
      const second = { since: NOW + 1, exceptMigrations: false, message: null }
      await store.setPause(HOST, second)
      expect(await another.pause(HOST)).toEqual(second)
      expect(await another.pause(OTHER_HOST)).toBeUndefined()
      await another.setPause(HOST, undefined)
      expect(await store.pause(HOST)).toBeUndefined()
      await another.setPause(HOST, undefined)
    })

    test('a host that was never opened is neither paused nor searched', async () => {
      await using subject = await openStore()
      const { store } = subject
      const pause = { since: NOW, exceptMigrations: false, message: null }
      await expect(store.setPause(HOST, pause)).rejects.toThrow(`The host ${HOST} is unknown`)
      await expect(store.setPause(HOST, undefined)).rejects.toThrow(`The host ${HOST} is unknown`)
      await expect(store.setSweptUntil(HOST, NOW)).rejects.toThrow(`The host ${HOST} is unknown`)
      expect(await store.pause(HOST)).toBeUndefined()
      expect(await store.sweptUntil(HOST)).toBeNull()
    })
  })
}
