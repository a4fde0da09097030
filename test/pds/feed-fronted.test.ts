import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { giftCode, join } from '../support/members.ts'
import { asMember, deleteAccount, takeDown, until } from './firehose-world.ts'

const SECOND = 1000
/** The PDS looks for events once a second, and a busy machine needs a little. */
const SOON = 3 * SECOND

/** Whether a sign-up with a code is let in, which uses it. */
async function isGood(fronted: FrontedWorld, code: string, handle: string): Promise<boolean> {
  return join(fronted, handle, code).then(
    () => true,
    (error: unknown) => {
      expect(String(error)).toContain('Provided invite code not available')
      return false
    },
  )
}

test('on a running system the codes of owners who are taken down, deactivated or deleted stop within a second', async () => {
  await using fronted = await startFrontedWorld({ guessLimit: '1000' })
  const { world } = fronted
  const ends = {
    takendown: (did: string) => takeDown(world, did, true),
    deactivated: () => asMember(world, owners.deactivated, 'com.atproto.server.deactivateAccount', {}),
    deleted: (did: string) => deleteAccount(world, did),
  }
  const owners = {
    takendown: await join(fronted, 'takendown.test'),
    deactivated: await join(fronted, 'deactivated.test'),
    deleted: await join(fronted, 'deleted.test'),
  }
  for (const end of ['takendown', 'deactivated', 'deleted'] as const) {
    const { did } = owners[end]
    const code = await giftCode(fronted, { useCount: 50, forAccount: did })
    expect(await isGood(fronted, code, `${end}-before.test`)).toBe(true)
    await ends[end](did)
    let attempt = 0
    await until(async () => !(await isGood(fronted, code, `${end}-${attempt++}.test`)), SOON)
  }
})

test('on a running system who used a code is invited, and who came past Latchkey is direct', async () => {
  await using fronted = await startFrontedWorld()
  const invited = await join(fronted, 'invited.test')
  await until(() => fronted.logs.some((line) => line.includes('the accounts of the PDS were listed')))
  const past = await fronted.world.createAccount({ handle: 'past.test' })
  const later = await join(fronted, 'later.test')
  using db = new DatabaseSync(fronted.databasePath, { readOnly: true })
  const arrivals = db.prepare('SELECT did, arrival FROM account')
  await until(() => {
    const found = new Map(arrivals.all().map(({ did, arrival }) => [did, arrival]))
    return (
      found.get(past.did) === 'direct' &&
      found.get(invited.did) === 'invited' &&
      found.get(later.did) === 'invited'
    )
  })
})
