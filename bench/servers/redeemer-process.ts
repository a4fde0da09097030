/**
 * Redeems codes on the store as fast as some writers can, in a process of its own: `node redeemer-process.ts
 * OPTIONS_AS_JSON`. A redemption is what the gate writes for a sign-up: a use taken, what the PDS minted for it, its end; each
 * on disk before the next. Prints how many there were in a second.
 */
import { randomBytes } from 'node:crypto'
import { makeId } from '../../src/invites/audit.ts'
import type { InviteStore } from '../../src/invites/store.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { codeOf, didOf } from '../data/names.ts'
import { HOSTNAME } from '../data/sets.ts'

/** What it is told. */
export interface RedeemerOptions {
  readonly path: string
  readonly writers: number
  readonly seconds: number
  /** How many operations may share a commit; as the store has it by itself where unset. */
  readonly operationsPerCommit?: number
  /** How many members there are in the file, each with three codes that nobody used. */
  readonly members: number
  /** How many of those codes were redeemed before. */
  readonly start: number
}

/** Of a member's five codes, the first that nobody used yet. */
const UNUSED = 2
const HOUR = 3_600_000

const [given] = process.argv.slice(2)
if (given === undefined) throw new Error('the options are missing')
const { path, writers, seconds, operationsPerCommit, members, start } = JSON.parse(given) as RedeemerOptions

await using store = await openSqliteStore({
  path,
  ...(operationsPerCommit !== undefined && { operationsPerCommit }),
})
let next = start
let redeemed = 0
const startedAt = performance.now()
const deadline = startedAt + seconds * 1000
await Promise.all(Array.from({ length: writers }, writer))
const perSecond = (redeemed / (performance.now() - startedAt)) * 1000
process.stdout.write(`${JSON.stringify({ perSecond, redeemed })}\n`)

async function writer(): Promise<void> {
  while (performance.now() < deadline) {
    await redeem(store, next++)
    redeemed += 1
  }
}

async function redeem(into: InviteStore, number: number): Promise<void> {
  const now = Date.now()
  const id = makeId(randomBytes, now)
  const handle = `new-${id}.${HOSTNAME}`
  const outcome = await into.reserve(
    {
      id,
      code: codeOf(HOSTNAME, number % members, UNUSED + Math.floor(number / members)),
      host: HOSTNAME,
      door: 'createAccount',
      redeemer: { handle, did: null },
      holder: 'bench',
      leaseUntil: now + HOUR,
    },
    now,
  )
  if (outcome !== 'reserved') throw new Error(`a code can't be redeemed: ${outcome}`)
  await into.markForwarded(id, { code: `minted-${id}`, mintedAt: now })
  const did = didOf(-1 - number)
  if (!(await into.commit(id, { did, handle, at: now })))
    throw new Error('a redemption did not come to its end')
}
