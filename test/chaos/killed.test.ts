import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { audit } from './auditor.ts'
import { eventually } from './eventually.ts'
import { type Fate, heldOperations, heldUses, KILL_POINTS } from './kill-points.ts'
import { canSignIn, DOOR_PATHS, DOORS, post, type Person, signUp, somebody } from './people.ts'
import { startWorldPool, type WorldPool } from './pool.ts'
import { type ChaosWorld, NO_SWEEPING } from './world.ts'

let worlds: WorldPool

beforeAll(async () => {
  worlds = await startWorldPool(3)
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

/** The person is in and their code is used up, or they are not and their code is good for them. */
async function expectFate(world: ChaosWorld, person: Person, fate: Fate): Promise<void> {
  expect(await canSignIn(world.pdsUrl, person), person.door).toBe(fate === 'in')
  const next = fate === 'in' ? somebody(person.door, person.code) : person
  const heard = await signUp(world.url, next)
  expect(heard?.status, JSON.stringify(heard?.body)).toBe(fate === 'in' ? 400 : 200)
}

for (const { name, fate, leavesOrphans, reach } of KILL_POINTS)
  test.concurrent(
    `Latchkey is killed when ${name}: everybody is ${fate}, and counted so`,
    inWorld(async (world) => {
      const people = await oneAtEachDoor(world)
      const { whenDead, whenConverged } = await reach(world, people)
      await world.latchkeys[0]?.kill()
      await whenDead?.()
      await world.latchkeys[0]?.start(leavesOrphans ? {} : NO_SWEEPING)
      await world.converged()
      await whenConverged?.()
      await world.doorsQuiet()
      expect(audit(world.books)).toEqual([])
      for (const person of people) await expectFate(world, person, fate)
      await world.converged()
      expect(audit(world.books)).toEqual([])
    }),
  )

for (const [index, door] of DOORS.entries())
  test.concurrent(
    `the PDS goes on with a sign-up (${door}) just after its uses were read: nobody is in`,
    inWorld(async (world) => {
      const person = (await oneAtEachDoor(world))[index]
      if (person === undefined) throw new Error('nobody is at this door')
      const operations = await heldOperations(world, [person])
      await world.latchkeys[0]?.kill()
      const read = heldUses(world)
      await world.latchkeys[0]?.start(NO_SWEEPING)
      const release = await read
      for (const operation of operations) await operation.deliver()
      await world.doorsQuiet()
      release()
      await world.converged()
      expect(audit(world.books)).toEqual([])
      await expectFate(world, person, 'out')
    }),
  )

test.concurrent(
  'Latchkey is killed before its second look, and the PDS cleans an account up: its use is given back',
  inWorld(async (world) => {
    const people = await oneAtEachDoor(world)
    const [cleanedUp, stays] = people
    if (cleanedUp === undefined || stays === undefined) throw new Error('nobody is at the doors')
    const held = people.map(({ door }) => world.pdsLink.holdAnswerTo(DOOR_PATHS[door]))
    const heard = people.map((person) => signUp(world.url, person))
    await Promise.all(held)
    await world.latchkeys[0]?.kill()
    await world.latchkeys[0]?.start()
    await world.converged()
    await world.latchkeys[0]?.kill()
    await Promise.all(heard)
    await deleteAtPds(world, cleanedUp)
    await world.latchkeys[0]?.start()
    await eventually(() => secondLooksDue(world))
    expect(audit(world.books)).toEqual([])
    await expectFate(world, cleanedUp, 'out')
    await expectFate(world, stays, 'in')
  }),
)

function secondLooksDue(world: ChaosWorld): readonly string[] {
  using database = new DatabaseSync(world.books.latchkey, { readOnly: true, timeout: 5000 })
  const due = database.prepare('SELECT id FROM reservation WHERE look_again_at IS NOT NULL').all()
  return due.map(({ id }) => `${String(id)} is to be looked at again`)
}

/** As the PDS does itself when it can't tell the network of a new account. */
async function deleteAtPds(world: ChaosWorld, person: Person): Promise<void> {
  const { createSession } = com.atproto.server
  const session = await post(`${world.pdsUrl}/xrpc/${createSession.$nsid}`, {
    identifier: person.handle,
    password: person.password,
  })
  const path = `${world.pdsUrl}/xrpc/com.atproto.admin.deleteAccount`
  const heard = await post(path, { did: session?.body['did'] }, { authorization: world.adminAuth })
  expect(heard?.status).toBe(200)
}
