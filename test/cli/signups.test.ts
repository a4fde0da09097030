import { afterAll, beforeAll, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { giftCode, join } from '../support/members.ts'
import { runProgram } from './program.ts'

const OAUTH_SIGN_UP = '/@atproto/oauth-provider/~api/sign-up'

let fronted: FrontedWorld

beforeAll(async () => {
  fronted = await startFrontedWorld()
})

afterAll(() => fronted[Symbol.asyncDispose]())

function signups(...args: string[]) {
  return runProgram(['signups', ...args], {
    LATCHKEY_PUBLIC_URL: fronted.url,
    LATCHKEY_PDS_URL: fronted.world.pds.url,
    LATCHKEY_PDS_ADMIN_PASSWORD: fronted.world.secrets.adminPassword,
    LATCHKEY_DATABASE: `sqlite:${fronted.databasePath}`,
  })
}

async function knock(path: string, input: object) {
  const response = await fetch(`${fronted.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

test('pause closes both doors of the running server, each in its own words, and resume opens them', async () => {
  expect(await signups('pause', '--message', 'Back on Monday.')).toMatchObject({
    code: 0,
    stdout: 'Sign-ups to localhost are paused.\n',
  })
  const inviteCode = await giftCode(fronted)
  const person = { handle: 'late.test', email: 'late@mail.test', password: 'hunter22', inviteCode }
  expect(await knock(`/xrpc/${com.atproto.server.createAccount.$nsid}`, person)).toEqual({
    status: 400,
    body: { error: 'InvalidRequest', message: 'Back on Monday.' },
  })
  expect(await knock(OAUTH_SIGN_UP, { locale: 'en', ...person })).toEqual({
    status: 400,
    body: { error: 'invalid_request', error_description: 'Back on Monday.' },
  })
  expect(await signups('resume')).toMatchObject({ code: 0, stdout: 'Sign-ups to localhost are open.\n' })
  expect((await join(fronted, 'late.test', inviteCode)).handle).toBe('late.test')
  await using store = await openSqliteStore({ path: fronted.databasePath })
  expect(
    await store.listEvents({ actor: 'command line', action: null, limit: 9, after: null }),
  ).toMatchObject([
    { action: 'resumeSignUps', subject: 'localhost' },
    { action: 'pauseSignUps', subject: 'localhost', detail: { message: 'Back on Monday.' } },
  ])
})

test('--except-migrations lets those in who bring their DID: the PDS judges them', async () => {
  await signups('pause', '--except-migrations')
  const inviteCode = await giftCode(fronted)
  const person = { handle: 'mover.test', email: 'mover@mail.test', password: 'hunter22', inviteCode }
  const path = `/xrpc/${com.atproto.server.createAccount.$nsid}`
  expect((await knock(path, person)).body['message']).toMatch(/paused/)
  const mover = await knock(path, { ...person, did: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' })
  expect(mover.body['message']).not.toMatch(/paused/)
  await signups('resume')
})

test('an unknown host is refused in a sentence', async () => {
  const { code, stderr } = await signups('pause', '--public-url', 'https://elsewhere.example.com')
  expect(code).toBe(1)
  expect(stderr.trim().split('\n')).toHaveLength(1)
})
