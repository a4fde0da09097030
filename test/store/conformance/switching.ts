import { describe, expect, test } from 'vitest'
import type { CodeAndOwner, OwnedPosition, SwitchablePart } from '../../../src/invites/batches.ts'
import type { InviteStore } from '../../../src/invites/store.ts'
import { batchOf, disabledCodes, switchAll } from './batches.ts'
import {
  ALICE,
  BOB,
  CAROL,
  codeOf,
  codesOf,
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

/** All that disabling or enabling would change, by owner and code, looked at in parts of every small size. */
async function codesToSwitch(
  store: InviteStore,
  which: { codes: readonly string[]; owners: readonly string[]; disabled: boolean },
): Promise<readonly CodeAndOwner[]> {
  const answers: string[] = []
  for (const limit of [1, 2, 3, 100]) {
    const found: CodeAndOwner[] = []
    let after: OwnedPosition | null = null
    do {
      const part: SwitchablePart = await store.codesToSwitch({ ...which, host: HOST, now: NOW, limit, after })
      found.push(...part.codes)
      after = part.after
    } while (after !== null)
    answers.push(
      JSON.stringify(found.toSorted((a, b) => compare(a.owner, b.owner) || compare(a.code, b.code))),
    )
  }
  const [answer = '[]', ...others] = new Set(answers)
  if (others.length > 0) throw new Error('parts of different sizes do not come to the same')
  return JSON.parse(answer) as readonly CodeAndOwner[]
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function describeSwitchingCodes(openStore: OpenStore): void {
  describe('disabling codes as a batch', () => {
    test('says before whom it would reach: of codes named those not disabled, of owners those that are open', async () => {
      await using subject = await openStore()
      const { store } = subject
      for (const code of ['open', 'used', 'off', 'expired']) await gift(store, code)
      await gift(store, 'bob’s', { to: BOB })
      await gift(store, 'elsewhere', { host: OTHER_HOST })
      await redeem(store, 'r1', 'used')
      await store.disableCodes({ codes: ['off'], owners: [], at: NOW })
      await subject.execute("UPDATE invite_code SET expires_at = ? WHERE code = 'expired'", NOW)
      const which = (codes: string[], owners: string[], disabled: boolean) =>
        codesToSwitch(store, { codes, owners, disabled })
      const names = ['used', 'off', 'elsewhere', 'bob’s', 'unknown']
      expect(await which(names, [ALICE, BOB], true)).toEqual([
        { code: 'open', owner: ALICE },
        { code: 'used', owner: ALICE },
        { code: 'bob’s', owner: BOB },
      ])
      await store.disableCodes({ codes: ['used', 'expired'], owners: [], at: NOW })
      expect(await which(['open', 'used'], [], false)).toEqual([{ code: 'used', owner: ALICE }])
      expect(await which([], [ALICE], false)).toEqual([
        { code: 'expired', owner: ALICE },
        { code: 'off', owner: ALICE },
      ])
    })

    test('enables no code of an owner’s that the owner switched off, or that was replaced, unless it is named', async () => {
      await using subject = await openStore()
      const { store } = subject
      for (const code of ['switched off', 'leaked', 'off', 'off later']) await gift(store, code)
      for (const code of ['switched off', 'off later'])
        await store.switchOff({
          code,
          host: HOST,
          replacement: `${code} 2`,
          cap: 5,
          deed: { id: code, at: NOW, actor: ALICE },
        })
      await store.replaceCode(batchOf('replaceCode', 'r'), { code: 'leaked', replacement: 'new', note: null })
      // An operator enabled this one, and then disabled it.
      await switchAll(store, 'on', false, 'off later')
      await switchAll(store, 'x', true, 'off', 'off later')
      const which = { codes: [], owners: [ALICE], disabled: false }
      expect(await codesToSwitch(store, which)).toEqual([
        { code: 'off', owner: ALICE },
        { code: 'off later', owner: ALICE },
      ])
      const named = { ...which, codes: ['leaked', 'switched off'] }
      expect((await codesToSwitch(store, named)).map(({ code }) => code)).toEqual([
        'leaked',
        'off',
        'off later',
        'switched off',
      ])
      // Undone, the old one is good again: so the new one stays away.
      await store.undoPart({ id: 'u', at: LATER, actor: CAROL }, { batch: 'r', host: HOST, limit: 9 })
      expect((await codesToSwitch(store, which)).map(({ code }) => code)).toEqual(['off', 'off later'])
    })

    test('leaves out those that are so already, and grows the versions of the others’ owners', async () => {
      await using subject = await openStore()
      const { store } = subject
      for (const code of ['a', 'off']) await gift(store, code)
      await gift(store, 'b', { to: BOB })
      await store.disableCodes({ codes: ['off'], owners: [], at: NOW })
      const versions = [await versionOf(store), await versionOf(store, BOB)]
      expect(await switchAll(store, 'b', true, 'a', 'off', 'unknown')).toEqual({ owners: [ALICE] })
      expect(await codesOf(store)).toMatchObject([
        { code: 'a', disabledAt: LATER },
        { code: 'off', disabledAt: NOW },
      ])
      expect([await versionOf(store), await versionOf(store, BOB)]).toEqual([
        (versions[0] ?? 0) + 1,
        versions[1],
      ])
      expect(await store.batch('b', HOST)).toMatchObject({ codes: 1, accounts: 1 })
      expect(await switchAll(store, 'c', false, 'a', 'off')).toEqual({ owners: [ALICE] })
      expect(await disabledCodes(store)).toEqual([])
    })

    test('counts an owner once, however many parts have codes of theirs', async () => {
      await using subject = await openStore()
      const { store } = subject
      for (const code of ['a', 'b']) await gift(store, code)
      const batch = batchOf('disableCodes', 'x')
      const part = { disabled: true, counted: new Set<string>() }
      await store.switchCodes(batch, { ...part, codes: ['a'], last: false })
      await store.switchCodes(batch, { ...part, codes: ['b'], counted: new Set([ALICE]), last: true })
      expect(await store.batch('x', HOST)).toMatchObject({ codes: 2, accounts: 1, finished: true })
    })

    test('lets a sign-up in progress finish, and none begin', async () => {
      await using subject = await openStore()
      const stores = await storesOf(subject, 2)
      const { store } = subject
      await gift(store, 'a', { available: 100 })
      const [held] = await Promise.all([
        inParallel(40, async (index) => {
          const outcome = await pick(stores, index).reserve(signUp(`r${index}`, 'a'), NOW)
          return outcome === 'reserved' ? [`r${index}`] : []
        }),
        switchAll(pick(stores, 1), 'b', true, 'a'),
      ])
      expect(await store.reserve(signUp('late', 'a'), NOW)).toBe('disabled')
      const finishing = held.flat()
      expect(await codeOf(store)).toMatchObject({ reserved: finishing.length, disabledAt: LATER })
      for (const id of finishing) {
        expect(await store.markForwarded(id, { code: `upstream-${id}`, mintedAt: NOW })).toBe(true)
        expect(await store.commit(id, { did: `did:plc:${id}`, handle: null, at: LATER })).toBe(true)
      }
      expect(await codeOf(store)).toMatchObject({ reserved: 0, used: finishing.length })
    })

    test('by two batches at once: each code belongs to one of them', async () => {
      await using subject = await openStore()
      const stores = await storesOf(subject, 2)
      const codes = Array.from({ length: 30 }, (_, index) => `code ${index}`)
      for (const code of codes) await gift(subject.store, code)
      await inParallel(2, (index) => switchAll(pick(stores, index), `b${index}`, true, ...codes))
      const batches = await subject.store.listBatches({ host: HOST, limit: 5, after: null })
      expect(batches.reduce((sum, batch) => sum + batch.codes, 0)).toBe(30)
      expect(await disabledCodes(subject.store)).toHaveLength(30)
    })
  })
}
