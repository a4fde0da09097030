import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseSync } from 'node:sqlite'
import type { GateTimings } from '../../src/gate/timings.ts'
import type { Which } from '../support/lossy-link.ts'
import { com } from '../../src/lexicons/index.ts'
import { audit } from './auditor.ts'
import { chanceOf } from './chance.ts'
import { eventually } from './eventually.ts'
import { NEW_DID } from './kill-points.ts'
import { DOOR_PATHS, type Heard, type Person, signUp, somebody } from './people.ts'
import { drawRound, type Round } from './schedule.ts'
import { type ChaosWorld, type Node, SHORT } from './world.ts'

/** How rounds went. */
export interface Tally {
  readonly rounds: number
  /** How often each answer was heard, by its status and error; `200` for a welcome. */
  readonly heard: ReadonlyMap<string, number>
  readonly deaths: number
}

export interface RoundsOptions {
  readonly rounds: number
  readonly seed: number
  /** The books are audited after so many. */
  readonly auditEvery: number
  /** No round begins after so many milliseconds. */
  readonly budget: number
  readonly progress?: (line: string) => void
}

/** How long a process stops that is stalled: longer than its lease. */
const STALL = 1300

/** How long a round keeps the next one waiting, in milliseconds. */
const LONGEST_ROUND = 550

/** Shorter still than usual: rounds are many, and a PDS that is too slow is one more trouble. */
export const ROUND_TIMINGS: GateTimings = {
  ...SHORT,
  signUpTimeout: 2000,
  lease: 800,
  renewEvery: 200,
  secondLookAfter: 1000,
  // Older than the fence could be late, or the sweeper would do its work.
  orphanAge: 2500,
}

const MINT = `/xrpc/${com.atproto.server.createInviteCode.$nsid}`

const WHERE: Record<NonNullable<Round['network']>['to'], Which> = {
  door: ({ url }) => Object.values(DOOR_PATHS).includes(url),
  mint: MINT,
  anywhere: () => true,
}

/**
 * Runs rounds of sign-ups at both doors of two processes of Latchkey's, with processes killed and networks spoilt at
 * random, and audits. The schedule follows from the seed alone.
 *
 * @throws at the first audit that finds something, with all it found and the rounds since the one before
 */
export async function runRounds(world: ChaosWorld, options: RoundsOptions): Promise<Tally> {
  const { rounds, seed, auditEvery, budget, progress } = options
  const chance = chanceOf(seed)
  const schedule = Array.from({ length: rounds }, () => drawRound(chance))
  const deadline = performance.now() + budget
  const heard = new Map<string, number>()
  let deaths = 0
  let begun = 0
  let unaudited: Begun[] = []
  for (const [index, round] of schedule.entries()) {
    if (performance.now() > deadline) break
    unaudited.push(await beginRound(world, round))
    deaths += round.deaths.length
    begun = index + 1
    if (begun % auditEvery === 0) await close()
  }
  await close()
  return { rounds: begun, heard, deaths }

  async function close(): Promise<void> {
    if (unaudited.length === 0) return
    const visits = await settleAndAudit(world, unaudited, `seed ${seed}, rounds up to ${begun}`)
    for (const { answer } of visits) {
      const { error, message } = (answer?.body ?? {}) as { error?: string; message?: string }
      const key = [answer?.status ?? 'no answer', error ?? message].filter(Boolean).join(' ')
      heard.set(key, 1 + (heard.get(key) ?? 0))
    }
    unaudited = []
    progress?.(`${begun} rounds, ${deaths} deaths, all accounted for`)
  }
}

/** A person and what they heard at the door. */
interface Visit {
  readonly person: Person
  readonly answer: Heard
}

/** A round that goes on. */
interface Begun {
  readonly visits: readonly Promise<Visit>[]
  readonly deaths: readonly Promise<void>[]
}

/** Begins a round. What of it is not done after a while goes on during the next ones. */
async function beginRound(world: ChaosWorld, round: Round): Promise<Begun> {
  await calm(world)
  const codes: string[] = []
  for (const uses of round.codes) codes.push(...(await world.gift(uses)))
  const people: Person[] = []
  for (const { door, code, sameHandle } of round.arrivals) {
    const person = somebody(door, codes[code] ?? '')
    people.push(sameHandle ? { ...person, handle: people.at(-1)?.handle ?? person.handle } : person)
  }
  if (round.network) world.pdsLink.trouble(WHERE[round.network.to], round.network.what)
  if (round.directory) world.plcLink.trouble(NEW_DID, round.directory)
  const deaths = round.deaths.map((death) => die(world, death))
  const visits = people.map(async (person, index) => {
    await sleep(round.arrivals[index]?.at ?? 0)
    return { person, answer: await signUp(world.url, person) }
  })
  await Promise.race([Promise.all([...visits, ...deaths]), sleep(LONGEST_ROUND)])
  return { visits, deaths }
}

async function die(world: ChaosWorld, { at, who, how }: Round['deaths'][number]): Promise<void> {
  await sleep(at)
  const node = who === 'pds' ? world.pds : world.latchkeys[who]
  if (how === 'stalled' && who !== 'pds') {
    const stalled = node?.child
    stalled?.signal('SIGSTOP')
    await sleep(STALL)
    stalled?.signal('SIGCONT')
    return
  }
  await node?.kill()
  // Whoever dies beside the PDS comes back only after it: it is needed for the start.
  if (who === 'pds') await node?.start()
  else void start(node)
}

/** Another death may come while it starts. */
async function start(node: Node | undefined): Promise<void> {
  await node?.start().catch(() => undefined)
}

async function calm(world: ChaosWorld): Promise<void> {
  world.pdsLink.calm()
  world.plcLink.calm()
  // Deaths of the round before may still come.
  await eventually(async () => {
    await world.pds.start()
    await Promise.any(world.latchkeys.map((node) => node.start()))
    return []
  })
}

/** Waits until all that was begun has ended, and all that died has come back, and audits. @returns who came */
async function settleAndAudit(
  world: ChaosWorld,
  begun: readonly Begun[],
  where: string,
): Promise<readonly Visit[]> {
  await Promise.all(begun.flatMap(({ deaths }) => deaths))
  await calm(world)
  try {
    const visits = await Promise.all(begun.flatMap((round) => round.visits))
    await world.doorsQuiet()
    await world.converged(20_000)
    const violations = [...audit(world.books), ...wrongAnswers(world, visits)]
    if (violations.length > 0) throw new Error(violations.join('\n'))
    return visits
  } catch (error) {
    throw new Error(`${where}: ${String(error)}\n${logsOf(world)}`, { cause: error })
  }
}

/** What those that live said of sign-ups, for whoever looks into a failure. */
function logsOf({ latchkeys }: ChaosWorld): string {
  const lines = latchkeys.flatMap(({ child }) => child?.output().split('\n') ?? [])
  return lines
    .filter((line) => line.includes('"reservation"'))
    .map((line) => line.replace(/"stack":"(?:[^"\\]|\\.)*",/, ''))
    .slice(-60)
    .join('\n')
}

/** Whoever was told that they are in must be counted. */
function wrongAnswers({ books }: ChaosWorld, visits: readonly Visit[]): readonly string[] {
  using latchkey = new DatabaseSync(books.latchkey, { readOnly: true, timeout: 5000 })
  const uses = latchkey.prepare('SELECT count(*) AS count FROM invite_use WHERE code = ? AND used_by = ?')
  return visits.flatMap(({ person: { code, handle }, answer }) => {
    if (answer?.status !== 200) return []
    const account = (answer.body['account'] ?? answer.body) as { did?: string }
    const count = uses.get(code, account.did ?? '')?.['count']
    return count === 1 ? [] : [`${handle} was told that they are in, and ${code} has no such use`]
  })
}

/**
 * Proves that codes with uses left are good for exactly so many more: people come until nobody is let in, and then every
 * use is spent. Who hears that something is not ready yet, as just after a death, comes again.
 *
 * @param most how many codes to try
 */
export async function spendTheRest(world: ChaosWorld, most: number): Promise<number> {
  using latchkey = new DatabaseSync(world.books.latchkey, { readOnly: true, timeout: 5000 })
  const left = latchkey
    .prepare('SELECT code, available FROM invite_code WHERE used < available LIMIT ?')
    .all(most)
  const usedOf = latchkey.prepare('SELECT used FROM invite_code WHERE code = ?')
  for (const { code, available } of left) {
    await eventually(async () => {
      const guests = Array.from({ length: Number(available) + 1 }, (_, index) =>
        somebody(index % 2 === 0 ? 'createAccount' : 'oauth', String(code)),
      )
      const heard = await Promise.all(guests.map((guest) => signUp(world.url, guest)))
      return heard.flatMap((answer) => (answer?.status === 400 ? [] : [`heard ${answer?.status}`]))
    }, 30_000)
    await world.converged()
    const used = usedOf.get(String(code))?.['used']
    if (used !== available)
      throw new Error(`${String(code)} of ${String(available)} uses let in ${String(used)}`)
  }
  const violations = audit(world.books)
  if (violations.length > 0) throw new Error(violations.join('\n'))
  return left.length
}
