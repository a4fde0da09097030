import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import type { Trouble } from '../support/lossy-link.ts'
import { audit } from './auditor.ts'
import { NEW_DID } from './kill-points.ts'
import { canSignIn, DOOR_PATHS, DOORS, type Heard, type Person, signUp, somebody } from './people.ts'
import { UNWRITABLE } from './unwritable.ts'
import { type ChaosWorld, startChaosWorld } from './world.ts'

const MINT = `/xrpc/${com.atproto.server.createInviteCode.$nsid}`

let world: ChaosWorld

beforeAll(async () => {
  world = await startChaosWorld({ latchkeys: 2, timings: { signUpTimeout: 4000 } })
})

afterAll(() => world[Symbol.asyncDispose]())

beforeEach(async () => {
  world.pdsLink.calm()
  world.plcLink.calm()
  await world.pds.start()
  await world.latchkeys[1]?.kill()
  await world.latchkeys[0]?.start()
})

/** One person at each door, each with a code of one use. */
async function oneAtEachDoor(): Promise<readonly Person[]> {
  const codes = await world.gift(1, DOORS.length)
  return DOORS.map((door, index) => somebody(door, codes[index] ?? ''))
}

function signUpAll(people: readonly Person[]): Promise<Heard[]> {
  return Promise.all(people.map((person) => signUp(world.url, person)))
}

function statuses(heard: readonly Heard[]): (number | undefined)[] {
  return heard.map((answer) => answer?.status)
}

/** All is counted as it is: those in can sign in and their codes are spent, and the codes of those out are good. */
async function expectFate(people: readonly Person[], fate: 'in' | 'out'): Promise<void> {
  await world.doorsQuiet()
  await world.converged()
  expect(audit(world.books)).toEqual([])
  for (const person of people) expect(await canSignIn(world.pdsUrl, person), person.door).toBe(fate === 'in')
  const next = fate === 'in' ? people.map(({ door, code }) => somebody(door, code)) : people
  expect(statuses(await signUpAll(next))).toEqual(people.map(() => (fate === 'in' ? 400 : 200)))
  await world.converged()
  expect(audit(world.books)).toEqual([])
}

test('the PDS is killed in the middle of a sign-up: nobody is in, and the codes are good once it is back', async () => {
  const people = await oneAtEachDoor()
  const held = people.map(() => world.plcLink.holdRequestTo(NEW_DID))
  const heard = signUpAll(people)
  const operations = await Promise.all(held)
  await world.pds.kill()
  for (const operation of operations) operation.drop()
  expect(statuses(await heard)).toEqual([502, 502])
  await world.pds.start()
  await expectFate(people, 'out')
})

test('the PDS is killed just after it made the accounts: everybody is in, though nobody was told', async () => {
  const people = await oneAtEachDoor()
  const held = people.map(({ door }) => world.pdsLink.holdAnswerTo(DOOR_PATHS[door]))
  const heard = signUpAll(people)
  await Promise.all(held)
  await world.pds.kill()
  world.pdsLink.refuse(true)
  expect(statuses(await heard)).toEqual([502, 502])
  world.pdsLink.refuse(false)
  await world.pds.start()
  await expectFate(people, 'in')
})

for (const [name, trouble] of [
  ['answers after 5 s, later than a sign-up may take', { delay: 5000 }],
  ['never answers', 'swallow'],
  ['answers 500', { status: 500 }],
  ['breaks the connection', 'reset'],
] as const satisfies readonly (readonly [string, Trouble])[])
  test(`the directory ${name}: the sign-ups fail and the codes stay good`, async () => {
    const people = await oneAtEachDoor()
    world.plcLink.trouble(NEW_DID, trouble)
    for (const answer of await signUpAll(people)) expect(answer?.status).toBeGreaterThanOrEqual(400)
    await world.converged()
    expect(audit(world.books)).toEqual([])
    world.plcLink.calm()
    await expectFate(people, 'out')
  })

test('the directory is slow: the sign-ups wait for it', async () => {
  const people = await oneAtEachDoor()
  world.plcLink.trouble(NEW_DID, { delay: 1500 })
  expect(statuses(await signUpAll(people))).toEqual([200, 200])
  await expectFate(people, 'in')
})

test('the database can not be written once a code was minted: nobody is in, and the codes are good', async () => {
  const people = await oneAtEachDoor()
  const held = people.map(() => world.pdsLink.holdAnswerTo(MINT))
  const heard = signUpAll(people)
  const minted = await Promise.all(held)
  {
    using _unwritable = UNWRITABLE[0]?.begin(world)
    for (const release of minted) release()
    expect(statuses(await heard)).toEqual([503, 503])
  }
  await expectFate(people, 'out')
})

test('the database can not be written once the accounts exist: everybody is told so, and counted later', async () => {
  const people = await oneAtEachDoor()
  const held = people.map(({ door }) => world.pdsLink.holdAnswerTo(DOOR_PATHS[door]))
  const heard = signUpAll(people)
  const answers = await Promise.all(held)
  {
    using _unwritable = UNWRITABLE[0]?.begin(world)
    for (const release of answers) release()
    expect(statuses(await heard)).toEqual([200, 200])
  }
  await expectFate(people, 'in')
})

/** Stops the process that handles the sign-ups for longer than its leases, while another one settles them. */
async function whileItStandsStill(): Promise<void> {
  const [sleeper, other] = world.latchkeys
  await other?.start()
  sleeper?.child?.signal('SIGSTOP')
  await world.converged()
  expect(audit(world.books)).toEqual([])
  sleeper?.child?.signal('SIGCONT')
}

test('a process that stood still with a minted code in its hand finds its sign-ups settled', async () => {
  const people = await oneAtEachDoor()
  const held = people.map(() => world.pdsLink.holdAnswerTo(MINT))
  const heard = signUpAll(people)
  const minted = await Promise.all(held)
  await whileItStandsStill()
  for (const release of minted) release()
  expect(statuses(await heard)).toEqual([502, 502])
  await expectFate(people, 'out')
})

test('a process that stood still and then finds its mints lost gives nothing back twice', async () => {
  const people = await oneAtEachDoor()
  const held = people.map(() => world.pdsLink.holdRequestTo(MINT))
  const heard = signUpAll(people)
  const mints = await Promise.all(held)
  await whileItStandsStill()
  for (const mint of mints) mint.drop()
  expect(statuses(await heard)).toEqual([502, 502])
  await expectFate(people, 'out')
})

test('a process that stood still while its sign-ups were on the way finds them settled', async () => {
  const people = await oneAtEachDoor()
  const held = people.map(({ door }) => world.pdsLink.holdRequestTo(DOOR_PATHS[door]))
  const heard = signUpAll(people)
  const sent = await Promise.all(held)
  await whileItStandsStill()
  for (const request of sent) await request.deliver()
  for (const answer of await heard) expect(answer?.status).toBeGreaterThanOrEqual(400)
  await expectFate(people, 'out')
})

test('a process that stood still with the answers in its hand counts nobody twice', async () => {
  const people = await oneAtEachDoor()
  const held = people.map(({ door }) => world.pdsLink.holdAnswerTo(DOOR_PATHS[door]))
  const heard = signUpAll(people)
  const answers = await Promise.all(held)
  await whileItStandsStill()
  for (const release of answers) release()
  expect(statuses(await heard)).toEqual([200, 200])
  await expectFate(people, 'in')
})
