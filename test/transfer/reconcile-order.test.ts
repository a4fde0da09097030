import { expect, test } from 'vitest'
import type { InviteStore } from '../../src/invites/store.ts'
import { upstreamOwner } from '../../src/pds/upstream-owner.ts'
import { SILENT } from '../../src/transfer/progress.ts'
import { reconcile, type ReconcilePorts } from '../../src/transfer/reconcile.ts'
import {
  ALICE,
  BOB,
  CAROL,
  codeOf,
  forward,
  gift,
  HOST,
  NOW,
  redeem,
  type StoreUnderTest,
} from '../store/conformance/support.ts'
import { openForConformance } from '../store/sqlite-support.ts'

type ListedCode = Awaited<ReturnType<ReconcilePorts['pds']['listCodes']>>['codes'][number]

const APPLY = { apply: true, giveBack: true }

async function openWithHost(): Promise<StoreUnderTest> {
  const subject = await openForConformance()
  await subject.store.openHost({ hostname: HOST, did: `did:web:${HOST}` })
  return subject
}

/** A code as the PDS lists it: minted for a sign-up with Alice's code, unless told otherwise. */
function listed(
  reservation: string,
  usedBy: readonly string[],
  change: Partial<ListedCode> = {},
): ListedCode {
  const at = new Date(NOW).toISOString() as ListedCode['createdAt']
  return {
    code: `upstream-${reservation}`,
    forAccount: upstreamOwner(HOST, reservation, 'a'),
    createdBy: 'admin',
    createdAt: at,
    available: 1,
    disabled: false,
    uses: usedBy.map((did) => ({ usedBy: did as `did:plc:${string}`, usedAt: at })),
    ...change,
  }
}

/** A PDS that can be asked at a chosen moment, which a real one can't. */
function portsOf(
  store: InviteStore,
  { codes, accounts = [] }: { codes: () => readonly ListedCode[]; accounts?: readonly string[] },
): ReconcilePorts & { readonly disabled: string[] } {
  const disabled: string[] = []
  return {
    store,
    disabled,
    hostname: HOST,
    now: () => NOW + 10,
    progress: SILENT,
    pds: {
      listCodes: async () => ({ codes: codes(), cursor: undefined }),
      listAccounts: async () => ({ accounts: [], cursor: undefined }),
      describeAccounts: async (dids) =>
        dids
          .filter((did) => accounts.includes(did))
          .map((did) => ({ did, handle: null, createdAt: NOW, invitesDisabled: false })),
      disableCodes: async (names) => void disabled.push(...names),
    },
  }
}

test('an account that is there has not vanished, whatever the PDS knows of its use', async () => {
  await using subject = await openWithHost()
  const { store } = subject
  await gift(store, 'a', { available: 2 })
  await redeem(store, 'r1', 'a', BOB)
  await redeem(store, 'r2', 'a', CAROL)
  const ports = portsOf(store, { codes: () => [], accounts: [BOB] })
  expect(await reconcile(ports, APPLY)).toMatchObject({ vanished: [{ usedBy: CAROL }], givenBack: 1 })
  expect(await codeOf(store)).toMatchObject({ used: 1, uses: [{ usedBy: BOB }] })
})

test('a deleted account whose use the PDS keeps has not vanished', async () => {
  await using subject = await openWithHost()
  const { store } = subject
  await gift(store, 'a')
  await redeem(store, 'r1', 'a', BOB)
  const ports = portsOf(store, { codes: () => [listed('r1', [BOB])] })
  expect(await reconcile(ports, APPLY)).toMatchObject({ lost: [], vanished: [], givenBack: 0 })
})

test('a sign-up that finishes while the PDS is asked has not vanished', async () => {
  await using subject = await openWithHost()
  const { store } = subject
  await gift(store, 'a')
  await redeem(store, 'r1', 'a', BOB, NOW + 10)
  expect(await reconcile(portsOf(store, { codes: () => [] }), APPLY)).toMatchObject({ vanished: [] })
})

test('a use that was given back since the PDS deleted the account again is not counted', async () => {
  await using subject = await openWithHost()
  const { store } = subject
  await gift(store, 'a')
  await forward(store, 'r1', 'a')
  await store.release('r1', NOW)
  const codes = () => [listed('r1', [BOB])]
  expect(await reconcile(portsOf(store, { codes }), APPLY)).toMatchObject({ lost: [] })
  expect(await reconcile(portsOf(store, { codes, accounts: [BOB] }), APPLY)).toMatchObject({
    lost: [{ did: BOB, kind: 'released', exists: true }],
  })
  expect(await codeOf(store)).toMatchObject({ used: 1 })
})

test('sign-ups under way are left alone', async () => {
  await using subject = await openWithHost()
  const { store } = subject
  await gift(store, 'a', { available: 2 })
  await forward(store, 'used', 'a')
  await forward(store, 'unused', 'a')
  const ports = portsOf(store, {
    codes: () => [listed('used', [BOB]), listed('unused', [])],
    accounts: [BOB],
  })
  expect(await reconcile(ports, APPLY)).toMatchObject({ lost: [], open: [], unfinished: 1 })
  expect(ports.disabled).toEqual([])
  expect(await codeOf(store)).toMatchObject({ used: 0, reserved: 2 })
})

test('what a code was used for until it was disabled is counted', async () => {
  await using subject = await openWithHost()
  const { store } = subject
  const imported = { forAccount: ALICE, createdBy: 'admin', createdAt: NOW, available: 2, uses: [] }
  await store.importCodes(HOST, [{ ...imported, code: 'x', disabled: true }], { at: NOW, dryRun: false })
  await store.beginTakeOver(HOST)
  const ports: ReturnType<typeof portsOf> = portsOf(store, {
    codes: () => {
      const closed = ports.disabled.includes('x')
      const users = closed ? [BOB] : []
      return [listed('', users, { code: 'x', forAccount: 'admin', available: 2, disabled: closed })]
    },
    accounts: [BOB],
  })
  expect(await reconcile(ports, APPLY)).toMatchObject({ open: ['x'], lost: [{ did: BOB, code: 'x' }] })
  expect(await codeOf(store)).toMatchObject({ used: 1, uses: [{ usedBy: BOB }] })
  expect(await reconcile(ports, APPLY)).toMatchObject({ open: [], lost: [], vanished: [] })
})

test('what was applied wants a listing, and takes back no word that the operator gave', async () => {
  await using subject = await openWithHost()
  const { store } = subject
  await gift(store, 'a')
  await redeem(store, 'r1', 'a', BOB)
  await reconcile(portsOf(store, { codes: () => [], accounts: [BOB] }), APPLY)
  expect(await store.resync(HOST)).toMatchObject({ wantedAt: null })

  const ports = portsOf(store, { codes: () => [] })
  await reconcile(ports, { apply: false, giveBack: false })
  expect(await store.resync(HOST)).toMatchObject({ wantedAt: null })
  await reconcile(ports, { apply: true, giveBack: false })
  expect(await store.resync(HOST)).toMatchObject({ wantedAt: NOW + 10 })

  await store.holdResync(HOST, 30)
  await store.acceptResync(HOST)
  await reconcile(ports, { apply: true, giveBack: false })
  expect(await store.resync(HOST)).toMatchObject({ missing: 30, accepted: true })
})
