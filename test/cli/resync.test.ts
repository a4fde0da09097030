import { expect, test } from 'vitest'
import { HOST, startFollowedWorld, until } from '../pds/firehose-world.ts'
import { runProgram } from './program.ts'

test('resync has the running server compare accounts, and --accept lets a suspicious comparison go through', async () => {
  await using followed = await startFollowedWorld()
  const { world, subject } = followed
  const { did } = await world.createAccount({ handle: 'anna.test' })
  const feed = await followed.follow()
  const resync = (...args: string[]) =>
    runProgram(['resync', ...args], {
      LATCHKEY_PUBLIC_URL: world.pds.url,
      LATCHKEY_PDS_URL: world.pds.url,
      LATCHKEY_PDS_ADMIN_PASSWORD: world.secrets.adminPassword,
      LATCHKEY_DATABASE: `sqlite:${subject.path}`,
    })

  expect(await resync('--accept')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'No comparison of the accounts of localhost waits: nothing was changed.\n',
  })

  await subject.execute("UPDATE account SET status = 'takendown' WHERE did = ?", did)
  expect(await resync()).toEqual({
    code: 0,
    stdout: 'The accounts of localhost are compared within seconds, or once Latchkey runs.\n',
    stderr: '',
  })
  await until(async () => (await followed.accountOf(did))?.status === 'active')

  await followed.addGhosts(30)
  await resync()
  await until(() => feed.missing === 30)
  expect(await followed.countGone()).toBe(0)
  expect(await resync('--accept')).toMatchObject({
    code: 0,
    stdout: 'The 30 missing accounts of localhost count as deleted within seconds, or once Latchkey runs.\n',
  })
  expect(
    await subject.store.listEvents({ actor: 'command line', action: null, limit: 9, after: null }),
  ).toMatchObject([{ action: 'acceptResync', subject: HOST, detail: { missing: 30 } }])
  await until(async () => (await followed.countGone()) === 30)
  await until(async () => (await subject.store.resync(HOST))?.wantedAt === null)
})

test('a host that was never served is told as such', async () => {
  await using followed = await startFollowedWorld()
  const { code, stderr } = await runProgram(['resync'], {
    LATCHKEY_PUBLIC_URL: 'https://elsewhere.example.com',
    LATCHKEY_PDS_URL: followed.world.pds.url,
    LATCHKEY_PDS_ADMIN_PASSWORD: 'any',
    LATCHKEY_DATABASE: `sqlite:${followed.subject.path}`,
  })
  expect([code, stderr]).toEqual([1, expect.stringContaining('knows no host elsewhere.example.com')])
})
