import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { Fault } from '../../src/gate/arrangement.ts'
import { type Lifeline, watchArrangement } from '../../src/gate/watch.ts'
import { PdsClient } from '../../src/pds/client.ts'
import { type LossyLink, startLossyLink } from '../support/lossy-link.ts'
import { startWorld, type World } from '../support/pds.ts'

const DID = 'did:web:localhost'
const HOUR = 3_600_000

let world: World

beforeAll(async () => {
  world = await startWorld()
})

afterAll(() => world[Symbol.asyncDispose]())

beforeEach(() => {
  const { cfg } = world.pds.pds.ctx
  cfg.invites = { required: true, interval: null, epoch: 0 }
  cfg.service.did = DID
  cfg.service.version = '0.5.0'
})

function letAnybodyIn(): void {
  world.pds.pds.ctx.cfg.invites = { required: false }
}

interface Line {
  readonly level: 'info' | 'error'
  readonly message: string
}

interface TestLifeline extends Lifeline {
  connection: number | undefined
  isCaughtUp: boolean
  progressAt: number | undefined
}

/** A firehose that was connected long ago and has told all, unless told otherwise. */
function lifelineWith(change: Partial<Lifeline> = {}): TestLifeline {
  return { connection: 1, isCaughtUp: true, progressAt: 0, hurry: () => undefined, ...change }
}

/** Watches through a link that can be cut, without the waiting. */
async function watch(
  setting: {
    fault?: Fault
    adminPassword?: string
    lifeline?: Lifeline
    every?: number
    patience?: number
    limit?: number
  } = {},
) {
  const { lifeline = lifelineWith(), every = 10, patience = 400, limit = HOUR } = setting
  await using stack = new AsyncDisposableStack()
  const link: LossyLink = stack.use(await startLossyLink(world.pds.url))
  const lines: Line[] = []
  const asked = vi.fn<() => void>()
  const { adminPassword = world.secrets.adminPassword } = setting
  const pds = new PdsClient({ url: new URL(link.url), adminPassword, rateLimitBypassKey: undefined })
  const askVersion = pds.version.bind(pds)
  pds.version = () => {
    asked()
    return askVersion()
  }
  const arrangement = stack.use(
    watchArrangement({
      pds,
      did: DID,
      fault: setting.fault ?? null,
      log: {
        info: (_details, message) => lines.push({ level: 'info', message }),
        error: (_details, message) => lines.push({ level: 'error', message }),
      },
      lifeline,
      timings: {
        lookWhileSound: every,
        lookWhileFaulty: every / 2,
        lookInDoubt: 5,
        catchUpPatience: patience,
        catchUpLimit: limit,
      },
    }),
  )
  const running = stack.move()
  return {
    arrangement,
    link,
    lines,
    kind: () => arrangement.fault?.kind,
    /** Waits until a look that began after this call has ended. */
    async nextLook() {
      const before = asked.mock.calls.length
      await vi.waitUntil(() => asked.mock.calls.length >= before + 2, { timeout: 5000, interval: 5 })
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

const until = (probe: () => unknown) => expect.poll(probe, { timeout: 5000, interval: 5 })

test('a PDS restarted with another version and other settings closes the doors until it is mended', async () => {
  await using watched = await watch()
  const { lines, kind } = watched
  await watched.nextLook()
  expect([kind(), lines]).toEqual([undefined, []])

  watched.link.refuse(true)
  await until(kind).toBe('unreachable')
  world.pds.pds.ctx.cfg.service.version = '0.6.0'
  letAnybodyIn()
  watched.link.refuse(false)
  await until(kind).toBe('invites not required')
  await watched.nextLook()
  world.pds.pds.ctx.cfg.invites = { required: true, interval: null, epoch: 0 }
  await until(kind).toBeUndefined()
  expect(lines).toEqual([
    { level: 'error', message: expect.stringMatching(/^sign-ups are closed: .* no PDS answers: /) },
    { level: 'info', message: 'the PDS has another version' },
    { level: 'error', message: expect.stringMatching(/^sign-ups are closed: The PDS at .* lets people/) },
    { level: 'info', message: 'the PDS is in order again: sign-ups are open' },
  ])
})

test('settings that change without a new version are noticed too', async () => {
  await using watched = await watch()
  letAnybodyIn()
  await until(watched.kind).toBe('invites not required')
})

test('a PDS that goes away and comes back as another stays closed', async () => {
  await using watched = await watch()
  watched.link.refuse(true)
  await until(watched.kind).toBe('unreachable')
  world.pds.pds.ctx.cfg.service.did = 'did:web:elsewhere'
  watched.link.refuse(false)
  await until(watched.kind).toBe('another PDS')
  world.pds.pds.ctx.cfg.service.did = DID
  await until(watched.kind).toBeUndefined()
})

test('what the start has found stands until a look finds otherwise', async () => {
  const fault: Fault = { kind: 'unreachable', sentence: 'It was away.' }
  await using watched = await watch({ fault })
  expect(watched.arrangement.fault).toBe(fault)
  await until(watched.kind).toBeUndefined()
  expect(watched.lines.map(({ message }) => message)).toEqual([
    'sign-ups are closed: It was away.',
    'the PDS is in order again: sign-ups are open',
  ])
})

test('a password that stays wrong is told once', async () => {
  await using watched = await watch({ adminPassword: 'wrong' })
  await until(watched.kind).toBe('password')
  await watched.nextLook()
  expect(watched.lines).toHaveLength(1)
  expect(JSON.stringify(watched.lines)).not.toContain('wrong')
})

test('the doors wait for the firehose to tell what happened before', async () => {
  const lifeline = lifelineWith({ isCaughtUp: false })
  await using watched = await watch({ lifeline, patience: HOUR })
  await watched.nextLook()
  expect(watched.arrangement.doors).toBe('in doubt')
  lifeline.isCaughtUp = true
  await until(() => watched.arrangement.doors).toBe('open')
  expect(watched.lines).toEqual([])
})

test('a firehose that does not come is asked for, and not waited for much longer than that', async () => {
  const hurry = vi.fn<() => void>()
  await using watched = await watch({ lifeline: lifelineWith({ connection: undefined, hurry }) })
  await until(() => watched.arrangement.doors).toBe('open')
  expect(hurry).toHaveBeenCalled()
  expect(watched.lines).toEqual([
    { level: 'info', message: expect.stringMatching(/^the firehose of the PDS is not there yet/) },
  ])
})

test('a firehose that catches up is waited for as long as it brings something, but not for ever', async () => {
  const lifeline = lifelineWith({ isCaughtUp: false })
  Object.defineProperty(lifeline, 'progressAt', { get: () => performance.now() - 10 })
  const began = performance.now()
  await using watched = await watch({ lifeline, patience: 100, limit: 1000 })
  await until(() => watched.arrangement.doors).toBe('open')
  expect(performance.now() - began).toBeGreaterThan(1000)
  expect(watched.lines).toEqual([
    { level: 'info', message: expect.stringMatching(/^the firehose of the PDS is behind/) },
  ])
})

test('a firehose that is connected and brings nothing is not waited for much longer', async () => {
  await using watched = await watch({ lifeline: lifelineWith({ isCaughtUp: false }), patience: 100 })
  await until(() => watched.arrangement.doors).toBe('open')
  expect(watched.lines).toMatchObject([{ message: expect.stringMatching(/is behind/) }])
})

test('where looks have to do, a firehose that came and breaks closes the doors all the same', async () => {
  const lifeline = lifelineWith({ connection: undefined, isCaughtUp: false })
  await using watched = await watch({ lifeline, every: HOUR, patience: 100 })
  const { arrangement } = watched
  await until(() => arrangement.doors).toBe('open')
  lifeline.connection = 1
  arrangement.doubt()
  expect(arrangement.doors).toBe('open')
  lifeline.connection = undefined
  arrangement.doubt()
  expect(arrangement.doors).toBe('in doubt')
})

test('a firehose that breaks closes the doors at once, and they open when it is back and a look was passed', async () => {
  const lifeline = lifelineWith({ hurry: vi.fn<() => void>() })
  await using watched = await watch({ lifeline, every: HOUR, patience: HOUR })
  const { arrangement } = watched
  await until(() => arrangement.doors).toBe('open')

  lifeline.connection = undefined
  arrangement.doubt()
  expect(arrangement.doors).toBe('in doubt')
  await watched.nextLook()
  expect(arrangement.doors).toBe('in doubt')
  expect(lifeline.hurry).toHaveBeenCalled()

  letAnybodyIn()
  lifeline.connection = 2
  arrangement.doubt()
  await until(watched.kind).toBe('invites not required')
  expect(arrangement.doors).toBe('closed')
})

test('a look that began before the firehose broke does not open the doors', async () => {
  const lifeline = lifelineWith({ isCaughtUp: false })
  await using watched = await watch({ lifeline, patience: HOUR })
  const held = watched.link.holdAnswerTo('/xrpc/com.atproto.server.describeServer')
  const release = await held
  lifeline.isCaughtUp = true
  lifeline.connection = 2
  const next = watched.link.holdAnswerTo('/xrpc/com.atproto.server.describeServer')
  release()
  const releaseNext = await next
  expect(watched.arrangement.doors).toBe('in doubt')
  releaseNext()
  await until(() => watched.arrangement.doors).toBe('open')
})

test.each([
  ['is passed, a firehose is waited for anew', false],
  ['fails, a restart has its second anew', true],
])('a break that falls into a look begins the doubt anew: where the look %s', async (_what, isAway) => {
  const patience = 1500
  const lifeline = lifelineWith({ isCaughtUp: false })
  await using watched = await watch({ lifeline, patience })
  const { arrangement, link } = watched
  await watched.nextLook()
  lifeline.isCaughtUp = true
  await until(() => arrangement.doors).toBe('open')
  // What was known since the start is older than any patience by now.
  await sleep(patience)

  const release = await link.holdAnswerTo('/xrpc/com.atproto.server.describeServer')
  lifeline.connection = undefined
  arrangement.doubt()
  expect(arrangement.doors).toBe('in doubt')
  if (isAway) link.refuse(true)
  else release()
  await watched.nextLook()
  expect([arrangement.doors, watched.kind(), watched.lines]).toEqual(['in doubt', undefined, []])
})

test('a PDS that is away for less than a second is no fault, and its doors are closed meanwhile', async () => {
  const lifeline = lifelineWith()
  await using watched = await watch({ lifeline, every: HOUR, patience: HOUR })
  await until(() => watched.arrangement.doors).toBe('open')
  lifeline.connection = undefined
  watched.link.refuse(true)
  watched.arrangement.doubt()
  await watched.nextLook()
  expect([watched.arrangement.doors, watched.kind()]).toEqual(['in doubt', undefined])
  watched.link.refuse(false)
  lifeline.connection = 2
  await until(() => watched.arrangement.doors).toBe('open')
  expect(watched.lines).toEqual([])
})

test('a look that nobody answers does not hold up the end', async () => {
  await using watched = await watch()
  const release = await watched.link.holdAnswerTo('/xrpc/com.atproto.server.describeServer')
  const began = performance.now()
  await watched.arrangement[Symbol.asyncDispose]()
  expect(performance.now() - began).toBeLessThan(2000)
  release()
})
