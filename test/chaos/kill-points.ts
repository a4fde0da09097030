import { setTimeout as sleep } from 'node:timers/promises'
import type { HeldRequest, Which } from '../support/lossy-link.ts'
import { holdWriteLock } from '../support/write-lock.ts'
import { com } from '../../src/lexicons/index.ts'
import { eventually } from './eventually.ts'
import { canSignIn, DOOR_PATHS, type Person, signUp } from './people.ts'
import { type ChaosWorld, NO_SWEEPING } from './world.ts'

/** How a sign-up ends for the person who was cut off. */
export type Fate = 'in' | 'out'

/** A step of the cycle at which Latchkey dies, with everybody given at the door at once. */
export interface KillPoint {
  readonly name: string
  readonly fate: Fate
  /** Whether it leaves a code at the PDS that no sign-up knows, and that is swept; else the fence alone must do. */
  readonly leavesOrphans?: true
  /** Brings Latchkey to the step. @returns what is to happen once it is dead, and once all has converged after that */
  readonly reach: (world: ChaosWorld, people: readonly Person[]) => Promise<Aftermath>
}

interface Aftermath {
  readonly whenDead?: () => Promise<unknown>
  readonly whenConverged?: () => Promise<unknown>
}

const MINT = `/xrpc/${com.atproto.server.createInviteCode.$nsid}`
const DISABLE = `/xrpc/${com.atproto.admin.disableInviteCodes.$nsid}`
const LIST = `/xrpc/${com.atproto.admin.getInviteCodes.$nsid}`

/** The directory is told of a new DID. */
export const NEW_DID: Which = ({ method, url }) => method === 'POST' && /^\/did(:|%3a)/i.test(url)

/** A page of codes that is read for their uses; the question at the start whether there are any has the limit 1. */
const READS_USES: Which = ({ url }) => url.startsWith(LIST) && !/[?&]limit=1(&|$)/.test(url)

/** An answer that the network has handed over is read within this many milliseconds, also on a busy machine. */
const HEARD = 250

/** All steps, in the order of the cycle. */
export const KILL_POINTS: readonly KillPoint[] = [
  {
    name: 'its mint is on the way to the PDS, and still arrives',
    fate: 'out',
    leavesOrphans: true,
    reach: async (world, people) => {
      const mints = await heldRequests(world, people, () => MINT)
      return { whenDead: () => deliver(mints) }
    },
  },
  {
    name: 'the PDS has minted and Latchkey has not heard',
    fate: 'out',
    leavesOrphans: true,
    reach: async (world, people) => {
      await heldAnswers(world, people, () => MINT)
      return {}
    },
  },
  {
    name: 'it has heard of the minted code and not written it down yet',
    fate: 'out',
    leavesOrphans: true,
    reach: async (world, people) => locked(world, await heldAnswers(world, people, () => MINT)),
  },
  {
    name: 'the sign-up is on the way to the PDS, and arrives after it was settled',
    fate: 'out',
    reach: async (world, people) => {
      const sent = await heldRequests(world, people, ({ door }) => DOOR_PATHS[door])
      return { whenConverged: () => deliver(sent) }
    },
  },
  {
    name: 'the sign-up is on the way to the PDS, and arrives before it is settled',
    fate: 'in',
    reach: async (world, people) => {
      const sent = await heldRequests(world, people, ({ door }) => DOOR_PATHS[door])
      return { whenDead: () => deliver(sent) }
    },
  },
  {
    name: 'the PDS is in the middle of it, and goes on after it was settled',
    fate: 'out',
    reach: async (world, people) => {
      const operations = await heldOperations(world, people)
      return { whenConverged: () => deliver(operations) }
    },
  },
  {
    name: 'the PDS is in the middle of it, and goes on before it is settled',
    fate: 'in',
    reach: async (world, people) => {
      const operations = await heldOperations(world, people)
      return {
        whenDead: async () => {
          await deliver(operations)
          await allAreIn(world, people)
        },
      }
    },
  },
  {
    name: 'the PDS has answered and Latchkey has not heard',
    fate: 'in',
    reach: async (world, people) => {
      await heldAnswers(world, people, ({ door }) => DOOR_PATHS[door])
      return {}
    },
  },
  {
    name: 'it has heard and not counted yet',
    fate: 'in',
    reach: async (world, people) => {
      const answers = await heldAnswers(world, people, ({ door }) => DOOR_PATHS[door])
      return locked(world, answers)
    },
  },
  settlingPoint('unused codes, before they are disabled', 'out', (world) =>
    world.pdsLink.holdRequestTo(DISABLE),
  ),
  settlingPoint('used codes, before they are disabled', 'in', (world) =>
    world.pdsLink.holdRequestTo(DISABLE),
  ),
  settlingPoint('unused codes, disabled and their uses not read yet', 'out', (world) =>
    world.pdsLink.holdAnswerTo(DISABLE),
  ),
  settlingPoint('used codes, disabled and their uses not read yet', 'in', (world) =>
    world.pdsLink.holdAnswerTo(DISABLE),
  ),
  settlingPoint('unused codes, their uses read and the outcome not written yet', 'out', usesRead),
  settlingPoint('used codes, their uses read and the outcome not written yet', 'in', usesRead),
]

/** Latchkey dies with sign-ups under way, starts, and dies again while it settles them. */
function settlingPoint(
  name: string,
  fate: Fate,
  secondDeath: (world: ChaosWorld) => Promise<unknown>,
): KillPoint {
  return {
    name: `it settles ${name}`,
    fate,
    reach: async (world, people) => {
      const [latchkey] = world.latchkeys
      const sent = await heldRequests(world, people, ({ door }) => DOOR_PATHS[door])
      await latchkey?.kill()
      if (fate === 'in') await deliver(sent)
      else for (const request of sent) request.drop()
      const reached = secondDeath(world)
      await latchkey?.start(NO_SWEEPING)
      const held = await reached
      if (isAftermath(held)) return held
      return {}
    },
  }
}

/** The settler has the uses in its hands and can't write. */
async function usesRead(world: ChaosWorld): Promise<Aftermath> {
  return locked(world, [await heldUses(world)])
}

/** Holds the next answer that the settler reads uses from, once it has raised the fence. @returns what lets it go on */
export async function heldUses(world: ChaosWorld): Promise<() => void> {
  const disabled = await world.pdsLink.holdAnswerTo(DISABLE)
  const read = world.pdsLink.holdAnswerTo(READS_USES)
  disabled()
  return read
}

/** Lets answers through while nobody can write. The lock goes once Latchkey is dead. */
async function locked(world: ChaosWorld, answers: readonly (() => void)[]): Promise<Aftermath> {
  const lock = await holdWriteLock(world.books.latchkey)
  for (const release of answers) release()
  await sleep(HEARD)
  return { whenDead: () => Promise.resolve(lock[Symbol.asyncDispose]()) }
}

async function heldRequests(
  world: ChaosWorld,
  people: readonly Person[],
  pathOf: (person: Person) => string,
): Promise<readonly HeldRequest[]> {
  const held = people.map((person) => world.pdsLink.holdRequestTo(pathOf(person)))
  begin(world, people)
  return Promise.all(held)
}

async function heldAnswers(
  world: ChaosWorld,
  people: readonly Person[],
  pathOf: (person: Person) => string,
): Promise<readonly (() => void)[]> {
  const held = people.map((person) => world.pdsLink.holdAnswerTo(pathOf(person)))
  begin(world, people)
  return Promise.all(held)
}

/** Begins sign-ups. @returns when the PDS is in the middle of each, its word to the directory held */
export async function heldOperations(
  world: ChaosWorld,
  people: readonly Person[],
): Promise<readonly HeldRequest[]> {
  const held = people.map(() => world.plcLink.holdRequestTo(NEW_DID))
  begin(world, people)
  return Promise.all(held)
}

function begin({ url }: ChaosWorld, people: readonly Person[]): void {
  for (const person of people) void signUp(url, person)
}

function deliver(requests: readonly HeldRequest[]): Promise<unknown> {
  return Promise.all(requests.map((request) => request.deliver()))
}

function allAreIn({ pdsUrl }: ChaosWorld, people: readonly Person[]): Promise<void> {
  return eventually(async () => {
    const are = await Promise.all(people.map((person) => canSignIn(pdsUrl, person)))
    return people.filter((_, index) => are[index] === false).map(({ handle }) => `${handle} is not in`)
  })
}

function isAftermath(held: unknown): held is Aftermath {
  return typeof held === 'object' && held !== null && 'whenDead' in held
}
