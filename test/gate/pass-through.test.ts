import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { freePort } from '../../src/dev/free-port.ts'
import { audit, underWay } from '../chaos/auditor.ts'
import { eventually } from '../chaos/eventually.ts'
import { canSignIn, DOOR_PATHS, DOORS, post, signUp, somebody } from '../chaos/people.ts'
import { accountInfo, allCodes, type Installation, startInstallation } from '../transfer/installation.ts'

let place: Installation

afterEach(() => place[Symbol.asyncDispose]())

/** Latchkey in front of a PDS whose codes are its own, and one of these. */
async function inFront(
  uses: number,
  timings: Parameters<Installation['serve']>[0] = {},
): Promise<{ code: string; imported: () => Promise<void> }> {
  place = await startInstallation()
  const code = await place.world.createPdsCode({ useCount: uses })
  await place.serve(timings)
  return {
    code,
    imported: async () => {
      expect((await place.run('import')).code).toBe(0)
    },
  }
}

async function expectSound(): Promise<void> {
  await eventually(() => underWay(place.books))
  expect(audit(place.books)).toEqual([])
}

test.each(DOORS)(
  'a code that only the PDS knows lets people in by %s, and Latchkey records with which',
  async (door) => {
    const { code, imported } = await inFront(2)
    const person = somebody(door, code)
    expect(await signUp(place.url, person)).toMatchObject({ status: 200 })
    const { uses = [] } = (await allCodes(place.world.pds.url, place.world)).get(code) ?? {}
    expect(uses).toHaveLength(1)
    const did = uses[0]?.usedBy ?? ''
    await imported()
    expect(await accountInfo(place.url, place.world, did)).toMatchObject({
      handle: person.handle,
      invitedBy: [{ code, uses: [{ usedBy: did }] }],
    })
    await expectSound()
  },
)

test.each(DOORS)(
  'a code that was imported is redeemed by the PDS and counted here at once, by %s',
  async (door) => {
    const { code, imported } = await inFront(1)
    await imported()
    expect(await signUp(place.url, somebody(door, code))).toMatchObject({ status: 200 })
    const here = (await allCodes(place.url, place.world)).get(code)
    expect(here?.uses).toHaveLength(1)
    const again = await signUp(place.url, somebody(door, code))
    expect(again?.status).toBe(400)
    await expectSound()
  },
)

test('a code that nobody knows is refused in the PDS’s own words, and counts as a guess', async () => {
  place = await startInstallation()
  await place.world.createPdsCode()
  await place.serve({}, { guessLimit: '2' })
  // From one address, unlike other people here.
  const guess = (inviteCode: string) => {
    const { handle, email, password } = somebody('createAccount', inviteCode)
    return post(`${place.url}${DOOR_PATHS.createAccount}`, { handle, email, password, inviteCode })
  }
  for (const code of ['localhost-aaaaa-aaaaa', 'localhost-bbbbb-bbbbb'])
    expect(await guess(code)).toMatchObject({
      status: 400,
      body: { error: 'InvalidInviteCode', message: 'Provided invite code not available' },
    })
  expect(await guess('localhost-ccccc-ccccc')).toMatchObject({ status: 429 })
})

test('many guesses at once are not more than one after the other, and each refusal is counted', async () => {
  place = await startInstallation()
  const code = await place.world.createPdsCode({ useCount: 3 })
  const metricsPort = await freePort()
  await place.serve({}, { guessLimit: '3', metricsPort: String(metricsPort) })
  const try_ = (inviteCode: string) => {
    const { handle, email, password } = somebody('createAccount', inviteCode)
    return post(`${place.url}${DOOR_PATHS.createAccount}`, { handle, email, password, inviteCode })
  }
  // Good ones leave nothing behind.
  for (let person = 0; person < 3; person++) expect(await try_(code)).toMatchObject({ status: 200 })
  const heard = await Promise.all(Array.from({ length: 20 }, (_, guess) => try_(`localhost-aaaaa-${guess}`)))
  expect(heard.filter((one) => one?.status === 400)).toHaveLength(3)
  expect(heard.filter((one) => one?.status === 429)).toHaveLength(17)
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  expect(metrics).toMatch(/^latchkey_sign_ups_refused_total\{door="createAccount",reason="unknown"\} 3$/m)
})

test('a code that Latchkey made works meanwhile, and never shows at the PDS', async () => {
  await inFront(1)
  const response = await fetch(`${place.url}/xrpc/${com.atproto.server.createInviteCode.$nsid}`, {
    method: 'POST',
    headers: { authorization: place.world.adminAuth, 'content-type': 'application/json' },
    body: JSON.stringify({ useCount: 1 }),
  })
  const { code } = (await response.json()) as { code: string }
  expect(await signUp(place.url, somebody('createAccount', code))).toMatchObject({ status: 200 })
  expect((await allCodes(place.world.pds.url, place.world)).has(code)).toBe(false)
  expect(place.logs.filter((line) => line.includes(code))).toEqual([])
})

test('a code that was disabled here is refused, although the PDS would take it', async () => {
  const { code, imported } = await inFront(1)
  await imported()
  await using store = await openSqliteStore({ path: place.databasePath })
  await store.disableCodes({ codes: [code], owners: [], at: Date.now() })
  expect(await signUp(place.url, somebody('createAccount', code))).toMatchObject({ status: 400 })
})

test('an answer of the PDS that gets lost: the account may exist, and its use is counted by the next import', async () => {
  const { code, imported } = await inFront(2)
  await imported()
  const person = somebody('createAccount', code)
  place.serverLink.trouble(DOOR_PATHS.createAccount, 'lose')
  expect(await signUp(place.url, person)).toMatchObject({ status: 502 })
  place.serverLink.calm()
  expect(await canSignIn(place.world.pds.url, person)).toBe(true)
  await imported()
  expect((await allCodes(place.url, place.world)).get(code)?.uses).toHaveLength(1)
  await expectSound()
})

test('whoever waits for that is turned away by a pause', async () => {
  const { code, imported } = await inFront(1, { closingPatience: 10_000 })
  await imported()
  await using store = await openSqliteStore({ path: place.databasePath })
  await store.beginTakeOver('localhost')
  const coming = signUp(place.url, somebody('createAccount', code))
  // Long enough to be waiting.
  await sleep(500)
  await store.setPause('localhost', {
    since: Date.now(),
    exceptMigrations: false,
    message: 'Back on Monday.',
  })
  expect(await coming).toMatchObject({ status: 400, body: { message: 'Back on Monday.' } })
})

test('whoever comes while nobody redeems the code hears that they may try again soon', async () => {
  const { code, imported } = await inFront(1, { closingPatience: 100 })
  await imported()
  await using store = await openSqliteStore({ path: place.databasePath })
  expect(await store.beginTakeOver('localhost')).toEqual([code])
  expect(await signUp(place.url, somebody('createAccount', code))).toMatchObject({ status: 503 })
})
