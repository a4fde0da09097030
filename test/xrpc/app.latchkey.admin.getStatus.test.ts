import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { app, com } from '../../src/lexicons/index.ts'
import { eventually } from '../chaos/eventually.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { giftCode, join, postAsAdmin } from '../support/members.ts'
import { callOwn } from './support/own-methods.ts'
import { answerOf, ask, refusalOf, sessionOf } from './support/operators.ts'

const { getStatus, listEvents, setPause } = app.latchkey.admin

const CREATE_ACCOUNT = com.atproto.server.createAccount.$nsid
const ADMINISTRATOR = 'did:plc:oooooooooooooooooooooooo'

let fronted: FrontedWorld

beforeAll(async () => {
  fronted = await startFrontedWorld({ admins: ADMINISTRATOR })
})

afterAll(() => fronted[Symbol.asyncDispose]())

async function status() {
  return getStatus.$output.schema.parse(await answerOf(fronted, getStatus.$nsid))
}

function signUp(handle: string, inviteCode: string) {
  const person = { handle, email: `${handle}@mail.test`, password: 'hunter22', inviteCode }
  return callOwn(fronted, CREATE_ACCOUNT, { input: person })
}

describe('getStatus', () => {
  test('shows the sign-up in progress before those that ended, and no code of the PDS', async () => {
    const code = await giftCode(fronted)
    const ended = await join(fronted, 'ended.test', code)
    const held = fronted.link.holdRequestTo(`/xrpc/${CREATE_ACCOUNT}`)
    const waiting = await giftCode(fronted)
    const signingUp = signUp('waiting.test', waiting)
    const request = await held
    const { open, signUps, fault, paused } = await status()
    expect([open, fault, paused]).toEqual([1, undefined, undefined])
    expect(signUps).toMatchObject([
      { code: waiting, handle: 'waiting.test', door: 'createAccount', state: 'forwarded' },
      { code, handle: 'ended.test', state: 'committed', did: ended.did },
    ])
    expect(Object.keys(signUps[0] ?? {})).not.toContain('upstreamCode')
    await request.deliver()
    expect((await signingUp).status).toBe(200)
    expect(await status()).toMatchObject({ open: 0, signUps: [{ handle: 'waiting.test' }, {}] })
  })

  test('counts thirty days up to today, and the codes by state', async () => {
    await fronted.stopLatchkey()
    await fronted.startLatchkey()
    await giftCode(fronted)
    const disabled = await giftCode(fronted)
    await postAsAdmin(fronted, com.atproto.admin.disableInviteCodes.$nsid, { codes: [disabled] })
    const { days, codes } = await status()
    expect(days).toHaveLength(30)
    expect(days.map(({ date }) => date)).toEqual(days.map(({ date }) => date).toSorted())
    // Midnight may have passed meanwhile.
    expect(days.slice(-2).reduce((sum, day) => sum + day.signUps, 0)).toBe(2)
    expect(Math.abs(Date.parse(days.at(-1)?.date ?? '') - Date.now())).toBeLessThan(2 * 86_400_000)
    expect(codes).toEqual({ open: 1, usedUp: 2, expired: 0, disabled: 1 })
  })

  test('says in a sentence why the doors are closed', async () => {
    fronted.link.refuse(true)
    const fault = async () => (await status()).fault
    await eventually(async () => ((await fault()) === undefined ? ['no fault seen'] : []))
    expect(await fault()).toContain('LATCHKEY_PDS_URL is')
    fronted.link.refuse(false)
    await eventually(async () => ((await fault()) === undefined ? [] : ['still a fault']))
  })
})

describe('setPause', () => {
  async function pause(input: object, did?: string) {
    const as = did === undefined ? undefined : await sessionOf(fronted, did)
    const response = await ask(fronted, setPause.$nsid, { input, as })
    expect([response.status, await response.text()]).toEqual([200, ''])
  }

  test('closes the doors in the operator’s words, and opens them; the log has who did it', async () => {
    const code = await giftCode(fronted)
    await pause({ paused: true, exceptMigrations: true, message: '  Back on Monday. ' }, ADMINISTRATOR)
    expect((await status()).paused).toMatchObject({ exceptMigrations: true, message: 'Back on Monday.' })
    const turnedAway = await signUp('late.test', code)
    expect([turnedAway.status, turnedAway.body['message']]).toEqual([400, 'Back on Monday.'])
    await pause({ paused: false })
    expect(await status()).not.toHaveProperty('paused')
    expect((await signUp('late.test', code)).status).toBe(200)

    const search = '?limit=2'
    const { events } = await answerOf<app.latchkey.admin.listEvents.$OutputBody>(fronted, listEvents.$nsid, {
      search,
    })
    expect(events).toMatchObject([
      { actor: 'admin', action: 'resumeSignUps', subject: 'localhost' },
      { actor: ADMINISTRATOR, action: 'pauseSignUps', subject: 'localhost' },
    ])
  })

  test('takes Latchkey’s own words for a blank message', async () => {
    await pause({ paused: true, message: '  ' })
    expect((await status()).paused).not.toHaveProperty('message')
    const { status: refused, body } = await signUp('later.test', await giftCode(fronted))
    expect([refused, body['message']]).toEqual([400, expect.stringMatching(/paused/)])
    await pause({ paused: false })
  })

  test('changes nothing for a message that is too long, or without saying which', async () => {
    for (const input of [{ paused: true, message: 'x'.repeat(1001) }, { message: 'x' }])
      expect(await refusalOf(fronted, setPause.$nsid, { input })).toEqual([400, 'InvalidRequest'])
    expect(await status()).not.toHaveProperty('paused')
  })
})
