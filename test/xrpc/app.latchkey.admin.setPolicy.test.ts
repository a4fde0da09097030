import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { app } from '../../src/lexicons/index.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { codesOf, join, setBirth } from '../support/members.ts'
import { answerOf, ask, refusalOf, sessionOf } from './support/operators.ts'

const { getPolicy, listEvents, setPolicy } = app.latchkey.admin

const HOUR = 3_600_000
const EPOCH = '2026-01-01T00:00:00.000Z'
const ADMINISTRATOR = 'did:plc:oooooooooooooooooooooooo'

let fronted: FrontedWorld

beforeAll(async () => {
  fronted = await startFrontedWorld({ admins: ADMINISTRATOR })
})

afterAll(() => fronted[Symbol.asyncDispose]())

async function policyOf(at: FrontedWorld) {
  return getPolicy.$output.schema.parse(await answerOf(at, getPolicy.$nsid))
}

function change(policy: object, rest: object = {}): Promise<Record<string, unknown>> {
  return answerOf(fronted, setPolicy.$nsid, {
    input: { policy: { epoch: EPOCH, cap: 5, ...policy }, ...rest },
  })
}

describe('setPolicy', () => {
  test('tells how many codes a change would release, also to members who never looked, and changes nothing', async () => {
    expect(await policyOf(fronted)).toMatchObject({ fromSettings: false, settings: [] })
    expect((await policyOf(fronted)).policy).not.toHaveProperty('interval')
    // So that nobody has earned anything, and the PDS is asked when whoever looks has joined.
    const epoch = new Date(Date.now() + 24 * HOUR).toISOString()
    await change({ interval: HOUR, epoch })
    const before = await policyOf(fronted)
    const ruth = await join(fronted, 'ruth.test')
    await setBirth(fronted, ruth.did, new Date(Date.now() - 3.5 * HOUR))
    expect(await codesOf(fronted, ruth)).toEqual([])
    const nora = await join(fronted, 'nora.test')
    await setBirth(fronted, nora.did, new Date(Date.now() - 2.5 * HOUR))

    const preview = (policy: object) => change(policy, { preview: true })
    expect(await preview({ interval: HOUR })).toEqual({ accounts: 2, codes: 5, unknown: 0 })
    expect(await preview({ interval: HOUR, cap: 2 })).toEqual({ accounts: 2, codes: 4, unknown: 0 })
    expect(await preview({ interval: 4 * HOUR })).toEqual({ accounts: 0, codes: 0, unknown: 0 })
    expect(await preview({})).toEqual({ accounts: 0, codes: 0, unknown: 0 })
    expect(await policyOf(fronted)).toEqual(before)
    expect(await codesOf(fronted, ruth)).toEqual([])
  })

  test('changes how members earn, and the log has who, before and after', async () => {
    const otto = await join(fronted, 'otto.test')
    await setBirth(fronted, otto.did, new Date(Date.now() - 3.5 * HOUR))
    const as = await sessionOf(fronted, ADMINISTRATOR)
    const policy = { interval: HOUR, epoch: EPOCH, cap: 2 }
    expect((await ask(fronted, setPolicy.$nsid, { as, input: { policy } })).status).toBe(200)
    expect((await policyOf(fronted)).policy).toEqual(policy)
    expect(await codesOf(fronted, otto)).toHaveLength(2)

    const search = `?actor=${ADMINISTRATOR}`
    const { events } = await answerOf<app.latchkey.admin.listEvents.$OutputBody>(fronted, listEvents.$nsid, {
      search,
    })
    expect(events).toMatchObject([{ action: 'setPolicy', subject: 'localhost' }])
    expect(events[0]?.detail).toMatchObject({ after: { interval: HOUR, epoch: Date.parse(EPOCH), cap: 2 } })
  })

  test.each([
    [{ cap: 0 }],
    [{ cap: 1001 }],
    [{ interval: 0 }],
    [{ epoch: 'soon' }],
    [{ epoch: '1969-12-31T00:00:00Z' }],
  ])('%j is refused, and changes nothing', async (part) => {
    const before = await policyOf(fronted)
    const input = { policy: { interval: HOUR, epoch: EPOCH, cap: 3, ...part } }
    expect(await refusalOf(fronted, setPolicy.$nsid, { input })).toEqual([400, 'InvalidRequest'])
    expect(await policyOf(fronted)).toEqual(before)
  })
})

test('what a setting writes at every start can be changed only there, and the rest here', async () => {
  await using fixed = await startFrontedWorld({ inviteInterval: '1h' })
  const before = await policyOf(fixed)
  expect(before).toMatchObject({ fromSettings: true, settings: ['LATCHKEY_INVITE_INTERVAL'] })
  const input = { policy: { ...before.policy, interval: 2 * HOUR } }
  const response = await ask(fixed, setPolicy.$nsid, { input })
  expect(response.status).toBe(400)
  expect(await response.json()).toEqual({
    error: 'InvalidRequest',
    message:
      'the setting LATCHKEY_INVITE_INTERVAL writes the interval at every start, and would undo this: change it there, or unset it',
  })
  expect(await policyOf(fixed)).toEqual(before)
  expect((await ask(fixed, setPolicy.$nsid, { input: { ...input, preview: true } })).status).toBe(200)

  const other = { ...before.policy, cap: 9 }
  expect((await ask(fixed, setPolicy.$nsid, { input: { policy: other } })).status).toBe(200)
  await fixed.stopLatchkey()
  await fixed.startLatchkey()
  expect((await policyOf(fixed)).policy).toEqual(other)
})
