import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { runProgram, startProgram } from '../cli/program.ts'
import { makeOlderDatabase } from '../store/sqlite-support.ts'
import { setBirth } from '../support/members.ts'
import type { Member } from '../support/pds.ts'
import {
  accountInfo,
  allCodes,
  earnUpstream,
  type Installation,
  setUpstreamInterval,
  startInstallation,
  tellPds,
} from './installation.ts'

const DAY = 86_400_000

let place: Installation
let members: readonly Member[]
/** What the seed leaves open, by what it is. */
let codes: Readonly<Record<'five' | 'gift' | 'off' | 'used' | 'negative', string>>

/** A PDS with a past: codes of every kind, and members of every standing. */
beforeAll(async () => {
  place = await startInstallation()
  const { world } = place
  const five = await world.createPdsCode({ useCount: 5 })
  const alice = await world.createAccount({ handle: 'alice.test', inviteCode: five })
  const bob = await world.createAccount({ handle: 'bob.test', inviteCode: five })
  const gift = await world.createPdsCode({ useCount: 2, forAccount: alice.did })
  const carol = await world.createAccount({ handle: 'carol.test', inviteCode: gift })
  await setBirth(place, alice.did, new Date(Date.now() - 3.5 * DAY))
  setUpstreamInterval(world, DAY)
  const [routine] = await earnUpstream(world, alice.accessJwt)
  setUpstreamInterval(world, null)
  if (routine === undefined) throw new Error('nothing was earned')
  const dave = await world.createAccount({ handle: 'dave.test', inviteCode: routine.code })
  const [off, used, negative] = [
    await world.createPdsCode({ forAccount: bob.did }),
    await world.createPdsCode({ forAccount: dave.did }),
    await world.createPdsCode({ useCount: -5 }),
  ]
  const erin = await world.createAccount({ handle: 'erin.test', inviteCode: used })
  await tellPds(world, com.atproto.admin.disableInviteCodes.$nsid, { codes: [off] })
  await tellPds(world, com.atproto.admin.disableAccountInvites.$nsid, { account: bob.did })
  await tellPds(world, 'com.atproto.admin.updateSubjectStatus', {
    subject: { $type: 'com.atproto.admin.defs#repoRef', did: dave.did },
    takedown: { applied: true, ref: 'test' },
  })
  members = [alice, bob, carol, dave, erin]
  codes = { five, gift, off, used, negative }
})

afterAll(() => place[Symbol.asyncDispose]())

async function ordinals(): Promise<readonly (number | null)[]> {
  await using store = await openSqliteStore({ path: place.databasePath })
  const [alice] = members
  const { codes: owned } = await store.memberSnapshot(alice?.did ?? '')
  return owned.map(({ ordinal }) => ordinal)
}

test('trying tells how much there is at the PDS, and makes nothing, not even a database', async () => {
  const { code, stdout, stderr } = await place.run('import', '--dry-run')
  expect([code, stdout], stderr).toEqual([
    0,
    [
      '          at the PDS   not here yet',
      'accounts           5              5',
      'codes              8              8',
      'uses               5              5',
      'Nothing was changed.',
      '',
    ].join('\n'),
  ])
  expect(existsSync(place.databasePath)).toBe(false)
})

test('a Ctrl-C ends it with a sentence, and a second run goes on', async () => {
  const held = place.commandLink.holdAnswerTo(`/xrpc/${com.atproto.sync.listRepos.$nsid}`)
  await using program = startProgram(['import'], place.settings)
  const release = await held
  program.child.kill('SIGINT')
  expect(await program.exit).toBe(1)
  release()
  expect(program.stderr()).toMatch(/Broken off\. What was copied stays: run it again to go on\.\n$/)
})

test('everything is told here as the PDS tells it', async () => {
  const { code, stdout, stderr } = await place.run('import')
  expect(code, stderr).toBe(0)
  expect(stdout).toBe(
    'Copied 5 accounts, 8 codes and 5 uses.\n' +
      'Next: switch the routes to Latchkey, as `latchkey routes` prints them, then run `latchkey import --take-over`.\n',
  )
  expect(stderr.split('\n').slice(0, 4)).toEqual([
    'Reading codes: 8',
    'Reading accounts: 5',
    'Copying accounts: 5',
    'Copying codes: 8',
  ])
  await using _server = await place.serve()
  const { world, url } = place
  for (const { did } of members)
    expect(await accountInfo(url, world, did)).toEqual(await accountInfo(world.pds.url, world, did))
  const here = await allCodes(url, world)
  const there = await allCodes(world.pds.url, world)
  const negative = there.get(codes.negative)
  expect(negative?.available).toBe(-5)
  // The lexicon knows no number below zero.
  if (negative !== undefined) negative.available = 0
  expect(here).toEqual(there)
  // The gift is older than what was earned.
  expect(await ordinals()).toEqual([null, 1, 2, 3])
})

test('a second run adds what came since, and leaves flags and ordinals as they are', async () => {
  const { world } = place
  const before = await ordinals()
  {
    await using store = await openSqliteStore({ path: place.databasePath })
    await store.disableCodes({ codes: [codes.gift], owners: [], at: Date.now() })
    await store.setInvitesDisabled({
      did: members[1]?.did ?? '',
      host: 'localhost',
      disabled: false,
      note: null,
    })
  }
  const frank = await world.createAccount({ handle: 'frank.test', inviteCode: codes.five })
  await world.createPdsCode()
  const tried = await place.run('import', '--dry-run')
  expect(tried.stdout).toContain(
    'accounts           6              1\ncodes              9              1\nuses               6              1\n',
  )
  const { stdout } = await place.run('import')
  expect(stdout).toContain('Copied 1 account, 1 code and 1 use.\n')
  expect((await place.run('import')).stdout).toContain('Copied 0 accounts, 0 codes and 0 uses.\n')
  await using log = await openSqliteStore({ path: place.databasePath })
  const events = await log.listEvents({ actor: 'command line', action: 'import', limit: 9, after: null })
  expect(events.map(({ subject, detail }) => [subject, detail])).toEqual([
    ['localhost', { accounts: 0, codes: 0, uses: 0 }],
    ['localhost', { accounts: 1, codes: 1, uses: 1 }],
    ['localhost', { accounts: 5, codes: 8, uses: 5 }],
    // Broken off.
    ['localhost', { finished: false }],
  ])
  expect(await ordinals()).toEqual(before)
  await using _server = await place.serve()
  expect(await accountInfo(place.url, world, frank.did)).toEqual(
    await accountInfo(world.pds.url, world, frank.did),
  )
  expect((await allCodes(place.url, world)).get(codes.gift)?.disabled).toBe(true)
  expect(await accountInfo(place.url, world, members[1]?.did ?? '')).toMatchObject({ invitesDisabled: false })
})

test('a try that is broken off says that nothing was changed', async () => {
  const path = `/xrpc/${com.atproto.admin.getAccountInfos.$nsid}`
  place.commandLink.trouble(path, { status: 502 })
  const { code, stderr } = await place.run('import', '--dry-run')
  place.commandLink.calm()
  expect([code, stderr]).toEqual([1, expect.stringMatching(/with 502.*\. Nothing was changed\.\n$/)])
})

test.each([
  [['--anyway'], '--anyway goes with --take-over only: nothing was changed.'],
  [['--dry-run', '--reopen'], '--reopen goes with --take-over only: nothing was changed.'],
  [
    ['--take-over', '--reopen', '--keep-disabled'],
    '--reopen and --keep-disabled exclude each other: nothing was changed.',
  ],
])('import %j is refused in a sentence', async (flags, sentence) => {
  expect(await place.run('import', ...flags)).toEqual({ code: 1, stdout: '', stderr: `${sentence}\n` })
})

test('neither a try nor a preview changes a database of an older version', async () => {
  const path = join(dirname(place.databasePath), 'older.sqlite')
  makeOlderDatabase(path)
  const before = readFileSync(path)
  for (const command of [
    ['import', '--dry-run'],
    ['reconcile', '--preview'],
  ]) {
    const settings = { ...place.settings, LATCHKEY_DATABASE: `sqlite:${path}` }
    expect(await runProgram(command, settings)).toEqual({
      code: 1,
      stdout: '',
      stderr: `The database ${path} is of an older version: start Latchkey with it once first, which changes it.\n`,
    })
  }
  expect(readFileSync(path).equals(before)).toBe(true)
})

test('a PDS that goes away meanwhile is told, and nothing is lost', async () => {
  const path = `/xrpc/${com.atproto.admin.getAccountInfos.$nsid}`
  place.commandLink.trouble(path, { status: 502 })
  const { code, stderr } = await place.run('import')
  place.commandLink.calm()
  expect(code).toBe(1)
  expect(stderr).toMatch(
    /^The PDS answered com\.atproto\.admin\.getAccountInfos with 502 .*run it again to go on\.$/m,
  )
  expect((await place.run('import')).code).toBe(0)
})

test('the codes that Latchkey itself makes at the PDS are not copied', async () => {
  {
    await using _server = await place.serve()
    await place.world.createAccount({ handle: 'grace.test', viaUrl: place.url, inviteCode: await gifted() })
  }
  const { stdout } = await place.run('import', '--dry-run')
  expect(stdout).toMatch(/^codes +9 +0$/m)
  expect(stdout).toMatch(/^uses +6 +0$/m)
})

async function gifted(): Promise<string> {
  const response = await fetch(`${place.url}/xrpc/${com.atproto.server.createInviteCode.$nsid}`, {
    method: 'POST',
    headers: { authorization: place.world.adminAuth, 'content-type': 'application/json' },
    body: JSON.stringify({ useCount: 1 }),
  })
  return ((await response.json()) as { code: string }).code
}
