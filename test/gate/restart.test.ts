import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type PdsOptions, type RunningPds, startPds } from '../../src/dev/pds.ts'
import { com } from '../../src/lexicons/index.ts'
import { takeDown, until } from '../pds/firehose-world.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { giftCode, join } from '../support/members.ts'

/** No look is due in a test, unless something gives a reason for one. */
const RARELY = { lookWhileSound: 3_600_000, lookWhileFaulty: 3_600_000 }

/** How a restart is seen through and no sooner than the patience of people at the doors. */
const PATIENCE = 20_000

let people = 0

/** Somebody new tries a code. @returns the status; undefined when nobody answered */
async function knock({ url }: FrontedWorld, inviteCode: string): Promise<number | undefined> {
  people += 1
  const name = `visitor${people}`
  const answer = await fetch(`${url}/xrpc/${com.atproto.server.createAccount.$nsid}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      handle: `${name}.test`,
      email: `${name}@mail.test`,
      password: 'hunter22',
      inviteCode,
    }),
  }).catch(() => undefined)
  await answer?.arrayBuffer()
  return answer?.status
}

/** Has people knock one after the other. @returns what ends it, and tells what they heard */
function keepKnocking(fronted: FrontedWorld, code: string): () => Promise<ReadonlySet<number | undefined>> {
  const heard = new Set<number | undefined>()
  const over = new AbortController()
  const knocking = (async () => {
    while (!over.signal.aborted) heard.add(await knock(fronted, code))
  })()
  return async () => {
    over.abort()
    await knocking
    return heard
  }
}

/** Starts the newest PDS where the world's own stood. */
function startAnew({ world }: FrontedWorld, options: Partial<PdsOptions> = {}): Promise<RunningPds> {
  const { secrets, pds, publicUrl, plc, dataDir } = world
  const port = Number(new URL(pds.url).port)
  return startPds({ ...secrets, port, publicUrl, plcUrl: plc.url, dataDir, ...options })
}

test('a PDS restarted with another version lets nobody in before it was looked at, and then everybody', async () => {
  await using fronted = await startFrontedWorld({}, { line: '0.4' }, RARELY)
  const code = await giftCode(fronted, { useCount: 1000 })
  expect(await knock(fronted, code)).toBe(200)

  await fronted.world.pds[Symbol.asyncDispose]()
  const enough = keepKnocking(fronted, code)
  await using mistaken = await startAnew(fronted, { inviteRequired: false })
  await until(() => fronted.logs.some((line) => line.includes('lets people sign up without')), PATIENCE)
  expect(await knock(fronted, code)).toBe(503)
  expect([...(await enough())]).not.toContain(200)
  expect(fronted.logs.some((line) => line.includes('the PDS has another version'))).toBe(true)

  await mistaken[Symbol.asyncDispose]()
  await using _mended = await startAnew(fronted)
  await until(async () => (await knock(fronted, code)) === 200, PATIENCE)
}, 60_000)

test('a firehose that breaks while the PDS goes on lets people wait for a moment, without an alarm', async () => {
  await using fronted = await startFrontedWorld({}, {}, RARELY)
  const code = await giftCode(fronted, { useCount: 2 })
  expect(await knock(fronted, code)).toBe(200)
  const held = fronted.link.holdAnswerTo(`/xrpc/${com.atproto.server.describeServer.$nsid}`)
  fronted.link.refuse(true)
  fronted.link.refuse(false)
  const release = await held
  let isIn = false
  const waiting = knock(fronted, code).finally(() => {
    isIn = true
  })
  // Longer than a sign-up takes.
  await sleep(1000)
  expect(isIn).toBe(false)
  release()
  expect(await waiting).toBe(200)
  expect(fronted.logs.filter((line) => line.includes('sign-ups are closed'))).toEqual([])
})

test('an owner who was taken down while Latchkey was away brings nobody in when it is back', async () => {
  await using fronted = await startFrontedWorld()
  const owner = await join(fronted, 'olga.test')
  const code = await giftCode(fronted, { useCount: 1000, forAccount: owner.did })
  expect(await knock(fronted, code)).toBe(200)
  await fronted.stopLatchkey()
  await takeDown(fronted.world, owner.did, true)

  const enough = keepKnocking(fronted, code)
  await fronted.startLatchkey()
  expect(await knock(fronted, code)).toBe(400)
  expect([...(await enough())]).not.toContain(200)
})
