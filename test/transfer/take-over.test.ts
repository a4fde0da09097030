import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { openWorkbench } from '../../src/workbench.ts'
import { readConfig } from '../../src/config.ts'
import { com } from '../../src/lexicons/index.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { importUpstream } from '../../src/transfer/import/import.ts'
import { SILENT } from '../../src/transfer/progress.ts'
import { takeOver } from '../../src/transfer/import/take-over.ts'
import { audit, underWay } from '../chaos/auditor.ts'
import { eventually } from '../chaos/eventually.ts'
import { DOOR_PATHS } from '../chaos/people.ts'
import { startProgram } from '../cli/program.ts'
import { setBirth } from '../support/members.ts'
import {
  allCodes,
  earnUpstream,
  type Installation,
  setUpstreamInterval,
  startInstallation,
} from './installation.ts'
import { comeIn, expectIn, isEarning, PATIENCE } from './take-over-support.ts'

const DAY = 86_400_000

const DISABLES = `/xrpc/${com.atproto.admin.disableInviteCodes.$nsid}`

const LISTS = `/xrpc/${com.atproto.admin.getInviteCodes.$nsid}?`

let place: Installation

afterEach(() => place[Symbol.asyncDispose]())

/** The nth time that the whole list of codes is read. */
function listing(nth: number): (asked: { url: string }) => boolean {
  let seen = 0
  return ({ url }) => {
    if (!url.startsWith(LISTS) || !url.includes('limit=500')) return false
    seen += 1
    return seen === nth
  }
}

interface Step {
  readonly name: string
  /** Whether codes are nobody's there. */
  readonly closing: boolean
  /** Stops the command there. @returns what lets it go on */
  readonly hold: (place: Installation) => Promise<() => unknown>
}

const STEPS: readonly Step[] = [
  {
    name: 'the codes of the PDS are listed',
    closing: false,
    hold: ({ commandLink }) => commandLink.holdAnswerTo(listing(1)),
  },
  {
    name: 'the PDS is about to be told',
    closing: true,
    hold: async ({ commandLink }) => (await commandLink.holdRequestTo(DISABLES)).deliver,
  },
  {
    name: 'the PDS was told and has not answered',
    closing: true,
    hold: ({ commandLink }) => commandLink.holdAnswerTo(DISABLES),
  },
  {
    name: 'uses are read once more',
    closing: true,
    hold: ({ commandLink }) => commandLink.holdAnswerTo(listing(2)),
  },
  {
    name: 'the codes are open here, and earning is not',
    closing: false,
    hold: ({ commandLink }) => commandLink.holdAnswerTo(listing(3)),
  },
]

/** A code with seven uses: one was used before Latchkey came, two after its import, and two wait for what is tested. */
async function switchRoutes(timings: Parameters<Installation['serve']>[0] = {}): Promise<string> {
  place = await startInstallation()
  const code = await place.world.createPdsCode({ useCount: 7 })
  await place.world.createAccount({ handle: 'veteran.test', inviteCode: code })
  await place.serve(timings)
  await expectIn(comeIn(place, code))
  {
    await using work = await workHere()
    await importUpstream(work, { dryRun: false })
  }
  await expectIn(comeIn(place, code))
  return code
}

/** What the commands work with, in this process, which is faster. */
async function workHere() {
  const bench = await openWorkbench(readConfig({}, place.settings))
  return { ...bench, hostname: 'localhost', now: () => Date.now(), progress: SILENT }
}

/** All uses are spent, each by one person, and nobody else comes in. */
async function expectSpent(code: string): Promise<void> {
  const [late] = await comeIn(place, code)
  expect(late?.status, JSON.stringify(late?.body)).toBe(400)
  await eventually(() => underWay(place.books))
  expect(audit(place.books)).toEqual([])
  await using store = await openSqliteStore({ path: place.databasePath })
  const codes = await store.listCodes({ host: 'localhost', sort: 'usage', limit: 1, after: null })
  expect(codes).toMatchObject([{ code, available: 7, used: 7, reserved: 0, upstream: 'ours' }])
}

async function isClosing(): Promise<boolean> {
  await using store = await openSqliteStore({ path: place.databasePath })
  return (await store.countUpstream('localhost')).closing > 0
}

async function isKnown(code: string): Promise<boolean> {
  return (await allCodes(place.url, place.world)).has(code)
}

describe('people who come with a code of the PDS’s', () => {
  test.each(STEPS)(
    'are let in while $name',
    async ({ closing, hold }) => {
      const code = await switchRoutes()
      const held = hold(place)
      await using command = startProgram(['import', '--take-over'], place.settings)
      const release = await held
      expect(await isClosing()).toBe(closing)
      const coming = comeIn(place, code, 2)
      // Where codes are nobody's, nothing shows that these two wait.
      await Promise.race([coming, sleep(500)])
      void release()
      await expectIn(coming)
      expect(await command.exit, command.stderr()).toBe(0)
      expect(command.stdout()).toContain('Members can earn.')
      await expectIn(comeIn(place, code, 2))
      await expectSpent(code)
      expect(await isEarning(place)).toBe(true)
    },
    PATIENCE,
  )

  test.each(STEPS)(
    'are let in although it is killed while $name, once it is run again',
    async ({ hold }) => {
      const code = await switchRoutes()
      const held = hold(place)
      await using command = startProgram(['import', '--take-over'], place.settings)
      await held
      command.child.kill('SIGKILL')
      await command.exit
      const coming = comeIn(place, code, 2)
      expect((await place.run('import', '--take-over')).code).toBe(0)
      await expectIn(coming)
      await expectIn(comeIn(place, code, 2))
      await expectSpent(code)
      expect(await isEarning(place)).toBe(true)
    },
    PATIENCE,
  )

  test.each(STEPS.filter(({ closing }) => closing))(
    'are let in by the server itself when it is killed while $name, and nobody does anything',
    async ({ hold }) => {
      const code = await switchRoutes({ adoptEvery: 400 })
      const held = hold(place)
      await using command = startProgram(['import', '--take-over'], place.settings)
      await held
      command.child.kill('SIGKILL')
      await command.exit
      await expectIn(comeIn(place, code, 4))
      await eventually(async () => ((await isEarning(place)) ? [] : ['nobody earns']))
      await expectSpent(code)
    },
    PATIENCE,
  )

  test(
    'are let in while two of them run, one of which stood still for long',
    async () => {
      const code = await switchRoutes({ adoptEvery: 400 })
      const held = place.commandLink.holdAnswerTo(listing(2))
      await using command = startProgram(['import', '--take-over'], place.settings)
      const release = await held
      await expectIn(comeIn(place, code, 3))
      release()
      expect(await command.exit, command.stderr()).toBe(0)
      await expectIn(comeIn(place, code))
      await expectSpent(code)
    },
    PATIENCE,
  )
})

describe('a sign-up that is under way at the PDS', () => {
  test(
    'and arrives there when the code is closed goes on here',
    async () => {
      const code = await switchRoutes()
      const held = place.serverLink.holdRequestTo(DOOR_PATHS.createAccount)
      const coming = comeIn(place, code)
      const request = await held
      expect((await place.run('import', '--take-over')).code).toBe(0)
      expect(await request.deliver()).toBe(400)
      await expectIn(coming)
      await expectIn(comeIn(place, code, 3))
      await expectSpent(code)
    },
    PATIENCE,
  )

  test(
    'and was let in there, which nobody has heard yet, is counted once',
    async () => {
      const code = await switchRoutes()
      const held = place.serverLink.holdAnswerTo(DOOR_PATHS.createAccount)
      const coming = comeIn(place, code)
      const release = await held
      expect((await place.run('import', '--take-over')).code).toBe(0)
      release()
      await expectIn(coming)
      await expectIn(comeIn(place, code, 3))
      await expectSpent(code)
    },
    PATIENCE,
  )
})

describe('what happens at the PDS meanwhile', () => {
  test(
    'a sign-up there after the codes were listed, of which nobody heard, is counted',
    async () => {
      const code = await switchRoutes()
      const held = place.commandLink.holdAnswerTo(listing(1))
      await using command = startProgram(['import', '--take-over'], place.settings)
      const release = await held
      place.serverLink.trouble(DOOR_PATHS.createAccount, 'lose')
      expect(await comeIn(place, code)).toMatchObject([{ status: 502 }])
      place.serverLink.calm()
      release()
      expect(await command.exit, command.stderr()).toBe(0)
      await expectIn(comeIn(place, code, 3))
      await expectSpent(code)
    },
    PATIENCE,
  )

  test(
    'a code that is made there then is Latchkey’s as well, at once or a little later',
    async () => {
      await switchRoutes({ adoptEvery: 400, adoptAge: 100 })
      const second = place.commandLink.holdAnswerTo(listing(2))
      const third = place.commandLink.holdAnswerTo(listing(3))
      await using command = startProgram(['import', '--take-over'], place.settings)
      const goOn = await second
      const early = await place.world.createPdsCode()
      goOn()
      const end = await third
      const late = await place.world.createPdsCode()
      end()
      expect(await command.exit, command.stderr()).toBe(0)
      await expectIn(comeIn(place, early))
      await eventually(async () => ((await isKnown(late)) ? [] : ['it is not adopted']))
      await expectIn(comeIn(place, late))
      await eventually(() => underWay(place.books))
      expect(audit(place.books)).toEqual([])
    },
    PATIENCE,
  )
})

test(
  'fifty people with a code for five, while it is taken over: five come in',
  async () => {
    place = await startInstallation()
    const code = await place.world.createPdsCode({ useCount: 5 })
    await place.serve()
    await using work = await workHere()
    await importUpstream(work, { dryRun: false })
    const coming = comeIn(place, code, 50)
    const taking = takeOver(work)
    const heard = (await coming).map((answer) => answer?.status)
    await taking
    expect(heard.filter((status) => status === 200)).toHaveLength(5)
    expect(heard.filter((status) => status === 400)).toHaveLength(45)
    await eventually(() => underWay(place.books))
    expect(audit(place.books)).toEqual([])
  },
  PATIENCE,
)

test(
  'nobody earns before it, and afterwards nobody earns again what they earned at the PDS',
  async () => {
    place = await startInstallation()
    const { world, url } = place
    const alice = await world.createAccount({ handle: 'alice.test' })
    await setBirth(place, alice.did, new Date(Date.now() - 3.5 * DAY))
    setUpstreamInterval(world, DAY)
    const earned = (await earnUpstream(world, alice.accessJwt)).map(({ code }) => code).toSorted()
    expect(earned).toHaveLength(3)
    setUpstreamInterval(world, null)
    await setBirth(place, alice.did, new Date(Date.now() - 4.5 * DAY))
    await place.serve({}, { inviteInterval: '1d' })

    const shown = async () => {
      const response = await fetch(`${url}/xrpc/${com.atproto.server.getAccountInviteCodes.$nsid}`, {
        headers: { authorization: `Bearer ${alice.accessJwt}` },
      })
      const { codes } = (await response.json()) as { codes: { code: string }[] }
      return codes.map(({ code }) => code).toSorted()
    }
    expect(await shown()).toEqual([])
    await place.run('import')
    expect(await shown()).toEqual(earned)
    await place.run('import', '--take-over')
    const [fourth, ...rest] = (await shown()).filter((code) => !earned.includes(code))
    expect([fourth !== undefined, rest]).toEqual([true, []])
    await using store = await openSqliteStore({ path: place.databasePath })
    const { codes } = await store.memberSnapshot(alice.did)
    expect(codes.map(({ ordinal }) => ordinal)).toEqual([1, 2, 3, 4])
    expect(codes.at(-1)?.code).toBe(fourth)
  },
  PATIENCE,
)
