import { expect, test } from 'vitest'
import { startPds } from '../../src/dev/pds.ts'
import {
  deleteAccount,
  type FollowedWorld,
  HOST,
  startFollowedWorld,
  takeDown,
  until,
} from './firehose-world.ts'

const SECOND = 1000

async function statusOf({ accountOf }: FollowedWorld, did: string): Promise<string | undefined> {
  return (await accountOf(did))?.status
}

test('what happened while the feed was down is worked in at its next start', async () => {
  await using followed = await startFollowedWorld()
  const { world, subject } = followed
  const [anna, bert] = [
    await world.createAccount({ handle: 'anna.test' }),
    await world.createAccount({ handle: 'bert.test' }),
  ]
  const first = await followed.follow()
  const clara = await world.createAccount({ handle: 'clara.test' })
  await until(async () => (await statusOf(followed, clara.did)) === 'active')
  await first[Symbol.asyncDispose]()
  const listedAt = await subject.execute('SELECT listed_at FROM host')

  await takeDown(world, anna.did, true)
  await deleteAccount(world, bert.did)
  const dora = await world.createAccount({ handle: 'dora.test' })
  expect(await statusOf(followed, anna.did)).toBe('active')

  await followed.follow()
  await until(async () => (await statusOf(followed, dora.did)) === 'active')
  expect(await statusOf(followed, anna.did)).toBe('takendown')
  expect(await statusOf(followed, bert.did)).toBe('deleted')
  expect((await followed.accountOf(dora.did))?.handle).toBe('dora.test')
  expect(await subject.execute('SELECT listed_at FROM host')).toEqual(listedAt)
})

test('events of others move the cursor, which goes to disk within seconds', async () => {
  await using followed = await startFollowedWorld()
  const { world, subject } = followed
  const member = await world.createAccount({ handle: 'writer.test' })
  await followed.follow()
  for (const text of ['one', 'two', 'three']) {
    const response = await fetch(`${world.pds.url}/xrpc/com.atproto.repo.createRecord`, {
      method: 'POST',
      headers: { authorization: `Bearer ${member.accessJwt}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        repo: member.did,
        collection: 'app.bsky.feed.post',
        record: { $type: 'app.bsky.feed.post', text, createdAt: new Date().toISOString() },
      }),
    })
    expect(response.status).toBe(200)
  }
  const last = await world.pds.pds.ctx.sequencer.curr()
  expect(last).toBeGreaterThan(0)
  await until(async () => (await subject.store.firehoseCursor(HOST)) === last)
})

test('a PDS restored from a backup: numbers known from before are forgotten, and a listing mends what is wrong', async () => {
  await using followed = await startFollowedWorld()
  const { world, subject } = followed
  const anna = await world.createAccount({ handle: 'anna.test' })
  await (await followed.follow())[Symbol.asyncDispose]()
  await subject.execute('UPDATE host SET firehose_cursor = 1000000')
  await subject.execute("UPDATE account SET status = 'takendown', status_seq = 1000000")

  await followed.follow()
  await until(async () => (await statusOf(followed, anna.did)) === 'active')
  await takeDown(world, anna.did, true)
  await until(async () => (await statusOf(followed, anna.did)) === 'takendown')
  expect(await subject.store.firehoseCursor(HOST)).toBeLessThan(1000)
})

test('a cursor older than what the PDS keeps leads to a listing', async () => {
  await using followed = await startFollowedWorld()
  const { world } = followed
  const anna = await world.createAccount({ handle: 'anna.test' })
  const feed = await followed.follow()
  const bert = await world.createAccount({ handle: 'bert.test' })
  await until(async () => (await statusOf(followed, bert.did)) === 'active')
  await feed[Symbol.asyncDispose]()

  await takeDown(world, anna.did, true)
  await deleteAccount(world, bert.did)
  const clara = await world.createAccount({ handle: 'clara.test' })
  world.pds.pds.ctx.cfg.subscription.repoBackfillLimitMs = 0
  await followed.follow()
  await until(async () => (await statusOf(followed, anna.did)) === 'takendown')
  expect(await statusOf(followed, bert.did)).toBe('deleted')
  expect(await statusOf(followed, clara.did)).toBe('active')
  await until(async () => (await followed.column(clara.did, 'arrival')) === 'direct')
})

test('a listing that lacks more than 20 accounts and 5 % changes nothing until the operator says so', async () => {
  await using followed = await startFollowedWorld()
  const { world, subject } = followed
  const { store } = subject
  const anna = await world.createAccount({ handle: 'anna.test' })
  const feed = await followed.follow()
  await followed.addGhosts(21)
  await subject.execute("UPDATE account SET status = 'takendown' WHERE did = ?", anna.did)

  await store.wantResync(HOST, Date.now())
  await until(() => feed.missing === 21)
  expect(await followed.countGone()).toBe(0)
  expect(await statusOf(followed, anna.did)).toBe('takendown')
  expect(followed.logs.join('')).toContain('21 of 22 accounts are missing at the PDS: nothing was changed')

  await followed.addGhosts(1, 'did:plc:late')
  expect(await store.acceptResync(HOST)).toBe(21)
  await until(() => feed.missing === 22)
  expect(await followed.countGone()).toBe(0)

  expect(await store.acceptResync(HOST)).toBe(22)
  await until(() => feed.missing === undefined)
  await until(async () => (await followed.countGone()) === 22)
  await until(async () => (await store.resync(HOST))?.wantedAt === null)
  expect(await statusOf(followed, anna.did)).toBe('active')
  expect(await followed.accountOf('did:plc:ghost1')).toMatchObject({ handle: null, status: 'deleted' })
})

test('twenty missing accounts are gone without a question', async () => {
  await using followed = await startFollowedWorld()
  await followed.world.createAccount({ handle: 'anna.test' })
  await followed.follow()
  await followed.addGhosts(20)
  await followed.subject.store.wantResync(HOST, Date.now())
  await until(async () => (await followed.countGone()) === 20)
})

test('the PDS goes away and comes back: the feed says so, and goes on where it was', async () => {
  await using followed = await startFollowedWorld()
  const { world } = followed
  const anna = await world.createAccount({ handle: 'anna.test' })
  const feed = await followed.follow()
  await world.pds[Symbol.asyncDispose]()
  await until(() => !feed.connected)
  expect(feed.lagMs).toBeUndefined()

  await using back = await startPds({
    ...world.secrets,
    port: Number(new URL(world.pds.url).port),
    publicUrl: world.publicUrl,
    plcUrl: world.plc.url,
    dataDir: world.dataDir,
  })
  await takeDown({ ...world, pds: back }, anna.did, true)
  await until(async () => (await statusOf(followed, anna.did)) === 'takendown', 15_000)
  expect(feed.connected).toBe(true)
  await until(() => (feed.lagMs ?? Infinity) < 20 * SECOND)
})

test('another PDS in the place of the one that the database belongs to is not followed', async () => {
  await using followed = await startFollowedWorld()
  const { world, subject } = followed
  const anna = await world.createAccount({ handle: 'anna.test' })
  const feed = await followed.follow()
  await followed.addGhosts(3)
  world.pds.pds.ctx.cfg.service.did = 'did:web:elsewhere'
  await subject.store.wantResync(HOST, Date.now())
  await until(() => followed.logs.some((line) => line.includes('the PDS is did:web:elsewhere now')))
  expect(await followed.countGone()).toBe(0)
  await feed[Symbol.asyncDispose]()

  await takeDown(world, anna.did, true)
  followed.logs.length = 0
  await using other = followed.start()
  await until(() => followed.logs.some((line) => line.includes('the PDS is did:web:elsewhere now')))
  expect(other.connected).toBe(false)
  expect(await statusOf(followed, anna.did)).toBe('active')
})
