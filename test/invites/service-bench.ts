import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { RandomBytes } from '../../src/invites/code.ts'
import { InviteService, type MemberFacts } from '../../src/invites/service.ts'
import type { InviteStore } from '../../src/invites/store.ts'
import type { Host, Instant, Policy } from '../../src/invites/types.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { ALICE, HOST } from './sample-codes.ts'

export const DAY = 86_400_000
export const BIRTH = Date.UTC(2026, 0, 1)
export const BOB = 'did:plc:bob'
export const LIMITS = { codesPerRequest: 20, usesPerCode: 10 }

export const BOTH = { includeUsed: true, createAvailable: true }
export const AS_IT_IS = { includeUsed: true, createAvailable: false }

/** A service over a real store in a file, with its clock, its chance and its PDS in the test's hands. */
export interface Bench extends AsyncDisposable {
  readonly service: InviteService
  readonly store: InviteStore
  readonly host: Host
  /** Another connection to the same file, for what the port can't show or set. */
  readonly side: DatabaseSync
  /** What the PDS knows, and the questions it was asked. */
  readonly pds: { readonly accounts: Map<string, MemberFacts>; readonly questions: string[][] }
  /** Moves the clock of the service. */
  goTo(now: Instant): void
  /** Gives the service the random bytes of these codes next, each ten letters; chance goes on after them. */
  drawNext(...letters: string[]): void
}

/**
 * Alice and Bob were born on a host where members earn one code a day, up to five.
 *
 * @param earning whether earning was opened on the host
 * @param within the folder for the file
 */
export async function openBench({
  earning = true,
  policy = { interval: DAY, epoch: 0, cap: 5 },
  within = tmpdir(),
}: { earning?: boolean; policy?: Policy; within?: string } = {}): Promise<Bench> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(within, 'latchkey-service-'))
  stack.defer(() => rm(folder, { recursive: true }))
  const path = join(folder, 'latchkey.sqlite')
  const store = stack.use(await openSqliteStore({ path, retry: { budget: 20 } }))
  await store.openHost({ hostname: HOST, did: 'did:web:pds.example.com' })
  if (earning) await store.openEarning(HOST, BIRTH)
  await store.setPolicy(HOST, policy)
  const host = await store.openHost({ hostname: HOST, did: 'did:web:pds.example.com' })

  let clock = BIRTH
  const drawn: number[] = []
  const chance = seededBytes(1)
  const accounts = new Map(
    [ALICE, BOB].map((did) => [did, { handle: `${did.slice(8)}.test`, createdAt: BIRTH }]),
  )
  const questions: string[][] = []
  const service = new InviteService({
    store,
    host,
    findMembers: async (dids) => {
      questions.push([...dids])
      return new Map([...accounts].filter(([did]) => dids.includes(did)))
    },
    now: () => clock,
    random: (bytes) => {
      const first = drawn.splice(0, bytes)
      return Uint8Array.from([...first, ...chance(bytes - first.length)])
    },
    limits: LIMITS,
  })
  const side = stack.use(new DatabaseSync(path, { timeout: 0 }))
  const resources = stack.move()
  return {
    service,
    store,
    host,
    side,
    pds: { accounts, questions },
    goTo: (now) => (clock = now),
    drawNext: (...letters) => drawn.push(...letters.flatMap(bytesOf)),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

/** The code that {@link Bench.drawNext} leads to. */
export function codeOf(letters: string): string {
  return `pds-example-com-${letters.slice(0, 5)}-${letters.slice(5)}`
}

/** The bytes that a code's ten letters are made of. */
function bytesOf(letters: string): number[] {
  return Array.from(letters, (letter) => 'abcdefghijklmnopqrstuvwxyz234567'.indexOf(letter))
}

/** The same bytes for the same seed: a linear congruential generator, its high bits. */
export function seededBytes(seed: number): RandomBytes {
  let state = seed
  return (bytes) =>
    Uint8Array.from({ length: bytes }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state >>> 24
    })
}

/** Grows with every transaction of any other connection that changed the file. */
export function fileVersion({ side }: Bench): unknown {
  return side.prepare('PRAGMA data_version').get()?.['data_version']
}

/** Lets a newcomer use a code, from end to end. */
export async function useCode({ store }: Bench, code: string, did: string, at: Instant): Promise<void> {
  const id = `reservation of ${did} at ${at}`
  const redeemer = { handle: null, did: null }
  const leaseUntil = at + 1000
  await store.reserve(
    { id, code, host: HOST, door: 'createAccount', redeemer, holder: 'test', leaseUntil },
    at,
  )
  await store.markForwarded(id, { code: `upstream ${id}`, mintedAt: at })
  if (!(await store.commit(id, { did, handle: null, at }))) throw new Error(`${code} could not be used`)
}
