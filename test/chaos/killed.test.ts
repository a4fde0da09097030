import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { audit } from './auditor.ts'
import { type Fate, heldOperations, heldUses, KILL_POINTS } from './kill-points.ts'
import { canSignIn, DOORS, type Person, signUp, somebody } from './people.ts'
import { type ChaosWorld, NO_SWEEPING, startChaosWorld } from './world.ts'

let world: ChaosWorld

beforeAll(async () => {
  world = await startChaosWorld()
})

afterAll(() => world[Symbol.asyncDispose]())

beforeEach(async () => {
  world.pdsLink.calm()
  world.plcLink.calm()
  await world.latchkeys[0]?.start()
})

/** One person at each door, each with a code of one use. */
async function oneAtEachDoor(): Promise<readonly Person[]> {
  const codes = await world.gift(1, DOORS.length)
  return DOORS.map((door, index) => somebody(door, codes[index] ?? ''))
}

/** The person is in and their code is used up, or they are not and their code is good for them. */
async function expectFate(person: Person, fate: Fate): Promise<void> {
  expect(await canSignIn(world.pdsUrl, person), person.door).toBe(fate === 'in')
  const next = fate === 'in' ? somebody(person.door, person.code) : person
  const heard = await signUp(world.url, next)
  expect(heard?.status, JSON.stringify(heard?.body)).toBe(fate === 'in' ? 400 : 200)
}

for (const { name, fate, leavesOrphans, reach } of KILL_POINTS)
  test(`Latchkey is killed when ${name}: everybody is ${fate}, and counted so`, async () => {
    const people = await oneAtEachDoor()
    const { whenDead, whenConverged } = await reach(world, people)
    await world.latchkeys[0]?.kill()
    await whenDead?.()
    await world.latchkeys[0]?.start(leavesOrphans ? {} : NO_SWEEPING)
    await world.converged()
    await whenConverged?.()
    await world.doorsQuiet()
    expect(audit(world.books)).toEqual([])
    for (const person of people) await expectFate(person, fate)
    await world.converged()
    expect(audit(world.books)).toEqual([])
  })

for (const [index, door] of DOORS.entries())
  test(`the PDS goes on with a sign-up (${door}) just after its uses were read: nobody is in`, async () => {
    const person = (await oneAtEachDoor())[index]
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
    await expectFate(person, 'out')
  })
