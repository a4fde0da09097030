import { AtpAgent } from '@atproto/api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { giftCode } from '../support/members.ts'
import { startWorld, type World } from '../support/pds.ts'
import { countersOf, invitedByOf, usersOf } from './ledger.ts'
import { deleteAccount, type Home, homeOf, moveIn, openAccount } from './migration.ts'
import { newPerson, type Person } from './people.ts'

/** Behind Latchkey. */
let fronted: FrontedWorld
/** Another PDS of the same network, open to all. */
let away: World

beforeAll(async () => {
  fronted = await startFrontedWorld({ guessLimit: '1000' })
  away = await startWorld({
    plc: fronted.world.plc,
    serviceDid: 'did:web:away.test',
    handleDomains: ['.away.test'],
    inviteRequired: false,
  })
})

afterAll(async () => {
  await away?.[Symbol.asyncDispose]()
  await fronted?.[Symbol.asyncDispose]()
})

/** Somebody with an account and a post. */
async function settle(world: World, person: Person, inviteCode?: string): Promise<Home> {
  const { data } = await new AtpAgent({ service: world.publicUrl }).com.atproto.server.createAccount({
    ...person,
    ...(inviteCode !== undefined && { inviteCode }),
  })
  const home = homeOf(world, data.did, person, data.accessJwt)
  await home.agent.com.atproto.repo.createRecord({
    repo: home.did,
    collection: 'app.bsky.feed.post',
    record: { $type: 'app.bsky.feed.post', text: 'I was here', createdAt: new Date().toISOString() },
  })
  return home
}

async function textsOf({ agent, did }: Home): Promise<readonly unknown[]> {
  const { data } = await agent.com.atproto.repo.listRecords({ repo: did, collection: 'app.bsky.feed.post' })
  return data.records.map(({ value }) => value['text'])
}

function awayPerson(): Person {
  const person = newPerson()
  return { ...person, handle: person.handle.replace('.test', '.away.test') }
}

test('somebody moves in from another PDS with a Latchkey code', async () => {
  const old = await settle(away, awayPerson())
  const person = newPerson()
  const code = await giftCode(fronted)

  const refused = openAccount(old, fronted.world, person, 'localhost-aaaaa-bbbbb')
  await expect(refused).rejects.toMatchObject({ status: 400, error: 'InvalidInviteCode' })
  await expect(openAccount(old, fronted.world, person)).rejects.toMatchObject({
    status: 400,
    error: 'InvalidInviteCode',
  })
  const impostor = { ...(await settle(away, awayPerson())), did: old.did }
  await expect(openAccount(impostor, fronted.world, person, code)).rejects.toMatchObject({ status: 401 })
  expect(countersOf(fronted, code)).toEqual({ used: 0, reserved: 0 })

  const home = await openAccount(old, fronted.world, person, code)
  expect(home.did).toBe(old.did)
  await moveIn(old, home)

  expect(await textsOf(home)).toEqual(['I was here'])
  const { data: session } = await home.agent.com.atproto.server.getSession()
  expect(session).toMatchObject({ did: old.did, handle: person.handle, active: true })
  expect(countersOf(fronted, code)).toEqual({ used: 1, reserved: 0 })
  expect(usersOf(fronted, code)).toEqual([old.did])
  expect(await invitedByOf(fronted, old.did)).toBe(code)
})

test('somebody moves away and comes back: two uses, invited by the newer code', async () => {
  const person = newPerson()
  const first = await giftCode(fronted)
  const home = await settle(fronted.world, person, first)
  const guest = await openAccount(home, away, awayPerson())
  await moveIn(home, guest)

  const second = await giftCode(fronted)
  // The PDS still has the account that was left, and refuses.
  await expect(openAccount(guest, fronted.world, person, second)).rejects.toMatchObject({
    status: 400,
    error: 'AlreadyExists',
  })
  expect(countersOf(fronted, second)).toEqual({ used: 0, reserved: 0 })
  await deleteAccount(home)

  const again = await openAccount(guest, fronted.world, person, second)
  await moveIn(guest, again)
  expect(await textsOf(again)).toEqual(['I was here'])
  expect(usersOf(fronted, first)).toEqual([home.did])
  expect(usersOf(fronted, second)).toEqual([home.did])
  expect(countersOf(fronted, first)).toEqual({ used: 1, reserved: 0 })
  expect(countersOf(fronted, second)).toEqual({ used: 1, reserved: 0 })
  expect(await invitedByOf(fronted, home.did)).toBe(second)
})
