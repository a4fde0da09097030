import type { InviteStore, NewReservation } from '../../../src/invites/store.ts'
import type { InviteCodeWithUses } from '../../../src/invites/types.ts'

/** An empty database with a store open on it. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: InviteStore
  /** Opens one more store, with a connection of its own, on the same database. Closed with the first. */
  readonly openAnother: () => Promise<InviteStore>
  /** Runs one statement past the store, for what the port can't set or show. Parameters are written `?`. */
  readonly execute: (
    sql: string,
    ...parameters: (string | number | null)[]
  ) => Promise<Record<string, unknown>[]>
}

export type OpenStore = () => Promise<StoreUnderTest>

export const HOST = 'pds.example.com'
export const OTHER_HOST = 'elsewhere.example.com'
export const ALICE = 'did:plc:alice'
export const BOB = 'did:plc:bob'
export const CAROL = 'did:plc:carol'
export const NOW = 1_750_000_000_000
/** A minute on. */
export const LATER = NOW + 60_000

/** Gives one code; to Alice, with one use, made at `NOW`, unless told otherwise. */
export async function gift(
  store: InviteStore,
  code: string,
  { to = ALICE, available = 1, at = NOW, host = HOST } = {},
): Promise<void> {
  const outcome = await store.insertGifted([{ code, forAccount: to, available }], host, at)
  if (outcome !== 'done') throw new Error(`The code ${code} exists already`)
}

/** A sign-up under a handle of its own. */
export function signUp(id: string, code: string, change: Partial<NewReservation> = {}): NewReservation {
  return {
    id,
    code,
    host: HOST,
    door: 'createAccount',
    redeemer: { handle: `${id}.test`, did: null },
    holder: 'process 1',
    leaseUntil: NOW + 60_000,
    ...change,
  }
}

/** Takes a reservation as far as `forwarded`. */
export async function forward(
  store: InviteStore,
  id: string,
  code: string,
  change: Partial<NewReservation> = {},
): Promise<void> {
  const outcome = await store.reserve(signUp(id, code, change), NOW)
  if (outcome !== 'reserved') throw new Error(`The code was refused: ${outcome}`)
  await store.markForwarded(id, { code: `upstream-${id}`, mintedAt: NOW + 1 })
}

/** Lets one account sign up with a code, from end to end. */
export async function redeem(store: InviteStore, id: string, code: string, did = BOB, at = NOW + 2) {
  await forward(store, id, code)
  return store.commit(id, { did, handle: null, at })
}

export async function codesOf(store: InviteStore, did = ALICE): Promise<readonly InviteCodeWithUses[]> {
  return (await store.memberSnapshot(did)).codes
}

/** The only code of an owner. */
export async function codeOf(store: InviteStore, did = ALICE): Promise<InviteCodeWithUses> {
  const [code, ...others] = await codesOf(store, did)
  if (code === undefined || others.length > 0) throw new Error(`${did} was to have one code`)
  return code
}

/** 0 for an account that was not seen yet. */
export async function versionOf(store: InviteStore, did = ALICE): Promise<number> {
  return (await store.memberSnapshot(did)).account?.version ?? 0
}

/** As many results as `count`, of calls that were all started before the first was awaited. */
export function inParallel<T>(count: number, call: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => call(index)))
}

/** One store or more over the same database. */
export async function storesOf(subject: StoreUnderTest, count: number): Promise<readonly InviteStore[]> {
  const others = Array.from({ length: count - 1 }, () => subject.openAnother())
  return [subject.store, ...(await Promise.all(others))]
}

/** The stores in turn. */
export function pick(stores: readonly InviteStore[], index: number): InviteStore {
  const store = stores[index % stores.length]
  if (store === undefined) throw new Error('There is no store to pick')
  return store
}
