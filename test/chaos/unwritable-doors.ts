import { DatabaseSync } from 'node:sqlite'
import { expect } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { audit } from './auditor.ts'
import { DOORS, type Person, signUp, somebody } from './people.ts'
import { type ChaosWorld, startChaosWorld } from './world.ts'

function codesAtPds({ books }: ChaosWorld): number {
  using pds = new DatabaseSync(books.pds, { readOnly: true, timeout: 5000 })
  return Number(pds.prepare('SELECT count(*) AS count FROM invite_code').get()?.['count'])
}

/** Starts Latchkey in a world, with a code for one person at each door. */
export async function startWithPeople(
  databaseDir?: string,
): Promise<{ world: ChaosWorld; people: Person[] }> {
  const world = await startChaosWorld(databaseDir === undefined ? {} : { databaseDir })
  await world.latchkeys[0]?.start()
  const [code = ''] = await world.gift(DOORS.length)
  return { world, people: DOORS.map((door) => somebody(door, code)) }
}

/** While the database can't be written both doors say so, nothing is minted, and all else goes on. */
export async function expectClosedDoors(world: ChaosWorld, people: readonly Person[]): Promise<void> {
  const before = codesAtPds(world)
  const heard = await Promise.all(people.map((person) => signUp(world.url, person)))
  expect(heard.map((answer) => answer?.status)).toEqual([503, 503])
  // Each door says it where its clients look.
  expect(heard.map((answer) => Object.keys(answer?.body ?? {}).toSorted())).toEqual(
    people.map(({ door }) => (door === 'oauth' ? ['error', 'error_description'] : ['error', 'message'])),
  )
  expect(codesAtPds(world)).toBe(before)
  const paths = [com.atproto.admin.getInviteCodes.$nsid, com.atproto.server.describeServer.$nsid]
  for (const path of paths) {
    const headers = { authorization: world.adminAuth }
    const { status } = await fetch(`${world.url}/xrpc/${path}`, { headers })
    expect(status, path).toBe(200)
  }
}

/** Lets the people in, and looks whether the books are right. */
export async function expectOpenDoors(world: ChaosWorld, people: readonly Person[]): Promise<void> {
  const heard = await Promise.all(people.map((person) => signUp(world.url, person)))
  expect(heard.map((answer) => answer?.status)).toEqual([200, 200])
  await world.converged()
  expect(audit(world.books)).toEqual([])
}
