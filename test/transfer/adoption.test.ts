import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { audit, underWay } from '../chaos/auditor.ts'
import { eventually } from '../chaos/eventually.ts'
import { signUp, somebody } from '../chaos/people.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { setBirth } from '../support/members.ts'
import { accountInfo, allCodes, earnUpstream, setUpstreamInterval, tellPds } from './installation.ts'

const DAY = 86_400_000

let fronted: FrontedWorld

/** The PDS has no codes at the start, so that all that come later are made past Latchkey. */
beforeAll(async () => {
  fronted = await startFrontedWorld({ metricsPort: '0' }, {}, { adoptEvery: 200, adoptAge: 1500 })
})

afterAll(() => fronted[Symbol.asyncDispose]())

function adopted(code: string): Promise<void> {
  return eventually(async () => {
    const here = (await allCodes(fronted.url, fronted.world)).has(code)
    const there = (await allCodes(fronted.world.pds.url, fronted.world)).get(code)
    return here && there?.disabled === true ? [] : [`${code} is not adopted`]
  })
}

function arrivalOf(did: string): unknown {
  using db = new DatabaseSync(fronted.databasePath, { readOnly: true })
  return db.prepare('SELECT arrival FROM account WHERE did = ?').get(did)?.['arrival']
}

async function pdsTime(): Promise<number> {
  const response = await fetch(`${fronted.world.pds.url}/xrpc/_health`)
  return Date.parse(response.headers.get('date') ?? '')
}

async function expectSound(): Promise<void> {
  const books = {
    latchkey: fronted.databasePath,
    pds: `${fronted.world.dataDir}/pds/account.sqlite`,
    hostname: 'localhost',
  }
  await eventually(() => underWay(books))
  expect(audit(books)).toEqual([])
}

test('a code made at the PDS itself is taken over once it is old enough, and opens Latchkey’s door', async () => {
  const code = await fronted.world.createPdsCode({ useCount: 2 })
  expect(await signUp(fronted.url, somebody('createAccount', code))).toMatchObject({ status: 400 })
  await adopted(code)
  for (const door of ['createAccount', 'oauth'] as const)
    expect(await signUp(fronted.url, somebody(door, code))).toMatchObject({ status: 200 })
  expect(await signUp(fronted.url, somebody('createAccount', code))).toMatchObject({ status: 400 })
  await expectSound()
})

test('adopted codes are counted', async () => {
  const line = fronted.logs.find((entry) => entry.includes('metrics are served')) ?? '{}'
  const { port } = JSON.parse(line) as { port: number }
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  expect(metrics).toMatch(/^latchkey_upstream_codes_adopted_total 1$/m)
})

test('an account made there with such a code came directly, and the use of the code counts', async () => {
  const { world, url } = fronted
  const code = await world.createPdsCode({ useCount: 2 })
  const member = await world.createAccount({ handle: 'insider.test', inviteCode: code })
  await eventually(() =>
    arrivalOf(member.did) === 'direct' ? [] : [`came ${String(arrivalOf(member.did))}`],
  )
  await adopted(code)
  expect(arrivalOf(member.did)).toBe('direct')
  expect(await accountInfo(url, world, member.did)).toMatchObject({
    handle: 'insider.test',
    invitedBy: [{ code, available: 2, disabled: false, uses: [{ usedBy: member.did }] }],
  })
  expect(await signUp(url, somebody('createAccount', code))).toMatchObject({ status: 200 })
  expect(await signUp(url, somebody('createAccount', code))).toMatchObject({ status: 400 })
  await expectSound()
})

test('a code that was disabled there is disabled here', async () => {
  const { world, url } = fronted
  const code = await world.createPdsCode()
  await tellPds(world, com.atproto.admin.disableInviteCodes.$nsid, { codes: [code] })
  await adopted(code)
  expect((await allCodes(url, world)).get(code)?.disabled).toBe(true)
})

test('what the PDS makes once the codes were given back to it stays its own', async () => {
  const { world, databasePath } = fronted
  await using store = await openSqliteStore({ path: databasePath })
  await store.setEjected('localhost', Date.now())
  const code = await world.createPdsCode()
  const since = await pdsTime()
  // It would be old enough after half of that.
  await eventually(async () => ((await pdsTime()) > since + 3000 ? [] : ['it is too new']))
  const { url } = world.pds
  expect((await allCodes(url, world)).get(code)?.disabled).toBe(false)
  await store.setEjected('localhost', null)
  await adopted(code)
})

test('a PDS with an interval of its own is complained of', async () => {
  const { world, logs } = fronted
  const member = await world.createAccount({ handle: 'earner.test' })
  await setBirth(fronted, member.did, new Date(Date.now() - 1.5 * DAY))
  const before = logs.filter((line) => line.includes('PDS_INVITE_INTERVAL')).length
  expect(before).toBe(0)
  setUpstreamInterval(world, DAY)
  const [code] = await earnUpstream(world, member.accessJwt)
  setUpstreamInterval(world, null)
  await adopted(code?.code ?? '')
  await eventually(() => {
    const told = logs.filter((line) => line.includes('remove PDS_INVITE_INTERVAL'))
    return told.length === 1 ? [] : [`told ${told.length} times`]
  })
})
