import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import type { Trouble } from '../support/lossy-link.ts'
import { isWriteLocked } from '../support/write-lock.ts'
import { audit } from './auditor.ts'
import { eventually } from './eventually.ts'
import { NEW_DID } from './kill-points.ts'
import { canSignIn, DOOR_PATHS, DOORS, type Heard, type Person, signUp, somebody } from './people.ts'
import { startWorldPool, type WorldPool } from './pool.ts'
import { UNWRITABLE } from './unwritable.ts'
import type { ChaosWorld } from './world.ts'

const MINT = `/xrpc/${com.atproto.server.createInviteCode.$nsid}`

let worlds: WorldPool

beforeAll(async () => {
  worlds = await startWorldPool(3, { latchkeys: 2, timings: { signUpTimeout: 4000 } })
})

afterAll(() => worlds[Symbol.asyncDispose]())

/** A test that has a world to itself. */
function inWorld(work: (world: ChaosWorld) => Promise<void>): () => Promise<void> {
  return () => worlds.use(work)
}

/** One person at each door, each with a code of one use. */
async function oneAtEachDoor(world: ChaosWorld): Promise<readonly Person[]> {
  const codes = await world.gift(1, DOORS.length)
  return DOORS.map((door, index) => somebody(door, codes[index] ?? ''))
}

function signUpAll(world: ChaosWorld, people: readonly Person[]): Promise<Heard[]> {
  return Promise.all(people.map((person) => signUp(world.url, person)))
}

function statuses(heard: readonly Heard[]): (number | undefined)[] {
  return heard.map((answer) => answer?.status)
}

/** All is counted as it is: those in can sign in and their codes are spent, and the codes of those out are good. */
async function expectFate(world: ChaosWorld, people: readonly Person[], fate: 'in' | 'out'): Promise<void> {
  await world.doorsQuiet()
  await world.converged()
  expect(audit(world.books)).toEqual([])
  for (const person of people) expect(await canSignIn(world.pdsUrl, person), person.door).toBe(fate === 'in')
  const next = fate === 'in' ? people.map(({ door, code }) => somebody(door, code)) : people
  expect(statuses(await signUpAll(world, next))).toEqual(people.map(() => (fate === 'in' ? 400 : 200)))
  await world.converged()
  expect(audit(world.books)).toEqual([])
}

test.concurrent(
  'the PDS is killed in the middle of a sign-up: nobody is in, and the codes are good once it is back',
  inWorld(async (world) => {
    const people = await oneAtEachDoor(world)
    const held = people.map(() => world.plcLink.holdRequestTo(NEW_DID))
    const heard = signUpAll(world, people)
    const operations = await Promise.all(held)
    await world.pds.kill()
    for (const operation of operations) operation.drop()
    expect(statuses(await heard)).toEqual([502, 502])
    await world.pds.start()
    await expectFate(world, people, 'out')
  }),
)

test.concurrent(
  'the PDS is killed just after it made the accounts: everybody is in, though nobody was told',
  inWorld(async (world) => {
    const people = await oneAtEachDoor(world)
    const held = people.map(({ door }) => world.pdsLink.holdAnswerTo(DOOR_PATHS[door]))
    const heard = signUpAll(world, people)
    await Promise.all(held)
    await world.pds.kill()
    world.pdsLink.refuse(true)
    expect(statuses(await heard)).toEqual([502, 502])
    world.pdsLink.refuse(false)
    await world.pds.start()
    await expectFate(world, people, 'in')
  }),
)

for (const [name, trouble] of [
  ['answers after 5 s, later than a sign-up may take', { delay: 5000 }],
  ['never answers', 'swallow'],
  ['answers 500', { status: 500 }],
  ['breaks the connection', 'reset'],
] as const satisfies readonly (readonly [string, Trouble])[])
  test.concurrent(
    `the directory ${name}: the sign-ups fail and the codes stay good`,
    inWorld(async (world) => {
      const people = await oneAtEachDoor(world)
      world.plcLink.trouble(NEW_DID, trouble)
      for (const answer of await signUpAll(world, people)) expect(answer?.status).toBeGreaterThanOrEqual(400)
      await world.converged()
      expect(audit(world.books)).toEqual([])
      world.plcLink.calm()
      await expectFate(world, people, 'out')
    }),
  )

test.concurrent(
  'the directory is slow: the sign-ups wait for it',
  inWorld(async (world) => {
    const people = await oneAtEachDoor(world)
    world.plcLink.trouble(NEW_DID, { delay: 1500 })
    expect(statuses(await signUpAll(world, people))).toEqual([200, 200])
    await expectFate(world, people, 'in')
  }),
)

test.concurrent(
  'the database can not be written once a code was minted: nobody is in, and the codes are good',
  inWorld(async (world) => {
    const people = await oneAtEachDoor(world)
    const held = people.map(() => world.pdsLink.holdAnswerTo(MINT))
    const heard = signUpAll(world, people)
    const minted = await Promise.all(held)
    {
      using _unwritable = UNWRITABLE[0]?.begin(world)
      for (const release of minted) release()
      expect(statuses(await heard)).toEqual([503, 503])
    }
    await expectFate(world, people, 'out')
  }),
)

test.concurrent(
  'the database can not be written once the accounts exist: everybody is told so, and counted later',
  inWorld(async (world) => {
    const people = await oneAtEachDoor(world)
    const held = people.map(({ door }) => world.pdsLink.holdAnswerTo(DOOR_PATHS[door]))
    const heard = signUpAll(world, people)
    const answers = await Promise.all(held)
    {
      using _unwritable = UNWRITABLE[0]?.begin(world)
      for (const release of answers) release()
      expect(statuses(await heard)).toEqual([200, 200])
    }
    await expectFate(world, people, 'in')
  }),
)

/** Stops the process that handles the sign-ups for longer than its leases, while another one settles them. */
async function whileItStandsStill(world: ChaosWorld): Promise<void> {
  const [sleeper, other] = world.latchkeys
  await other?.start()
  await eventually(async () => {
    sleeper?.child?.signal('SIGSTOP')
    // Signals take a moment.
    await sleep(20)
    // Stopped inside a transaction it would keep everybody from writing for as long as it stands.
    if (!isWriteLocked(world.books.latchkey)) return []
    sleeper?.child?.signal('SIGCONT')
    return ['it was stopped inside a transaction']
  })
  await world.converged()
  expect(audit(world.books)).toEqual([])
  sleeper?.child?.signal('SIGCONT')
}

test.concurrent(
  'a process that stood still with a minted code in its hand finds its sign-ups settled',
  inWorld(async (world) => {
    const people = await oneAtEachDoor(world)
    const held = people.map(() => world.pdsLink.holdAnswerTo(MINT))
    const heard = signUpAll(world, people)
    const minted = await Promise.all(held)
    await whileItStandsStill(world)
    for (const release of minted) release()
    expect(statuses(await heard)).toEqual([502, 502])
    await expectFate(world, people, 'out')
  }),
)

test.concurrent(
  'a process that stood still and then finds its mints lost gives nothing back twice',
  inWorld(async (world) => {
    const people = await oneAtEachDoor(world)
    const held = people.map(() => world.pdsLink.holdRequestTo(MINT))
    const heard = signUpAll(world, people)
    const mints = await Promise.all(held)
    await whileItStandsStill(world)
    for (const mint of mints) mint.drop()
    expect(statuses(await heard)).toEqual([502, 502])
    await expectFate(world, people, 'out')
  }),
)

test.concurrent(
  'a process that stood still while its sign-ups were on the way finds them settled',
  inWorld(async (world) => {
    const people = await oneAtEachDoor(world)
    const held = people.map(({ door }) => world.pdsLink.holdRequestTo(DOOR_PATHS[door]))
    const heard = signUpAll(world, people)
    const sent = await Promise.all(held)
    await whileItStandsStill(world)
    for (const request of sent) await request.deliver()
    for (const answer of await heard) expect(answer?.status).toBeGreaterThanOrEqual(400)
    await expectFate(world, people, 'out')
  }),
)

test.concurrent(
  'a process that stood still with the answers in its hand counts nobody twice',
  inWorld(async (world) => {
    // On a busy machine it stands still for longer than a sign-up may usually take here.
    await world.latchkeys[0]?.kill()
    await world.latchkeys[0]?.start({ signUpTimeout: 60_000 })
    const people = await oneAtEachDoor(world)
    const held = people.map(({ door }) => world.pdsLink.holdAnswerTo(DOOR_PATHS[door]))
    const heard = signUpAll(world, people)
    const answers = await Promise.all(held)
    await whileItStandsStill(world)
    for (const release of answers) release()
    expect(statuses(await heard)).toEqual([200, 200])
    await expectFate(world, people, 'in')
    await world.latchkeys[0]?.kill()
  }),
  60_000,
)
