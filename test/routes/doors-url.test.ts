import type { IncomingMessage } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { CREATE_ACCOUNT_PATH } from '../../src/gate/doors/create-account.ts'
import { OAUTH_SIGN_UP_PATH } from '../../src/gate/doors/oauth-sign-up.ts'
import { createProxy } from '../../src/gate/proxy/proxy.ts'
import { com } from '../../src/lexicons/index.ts'
import { accountsOf, countersOf, usersOf } from '../doors/ledger.ts'
import { AccountPage } from '../doors/oauth-page.ts'
import { newPerson } from '../doors/people.ts'
import { startHttp, type TestServer } from '../gate/servers.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { getCodes, giftCode } from '../support/members.ts'

let gate: TestServer
let fronted: FrontedWorld
let refusal: { status: number; body: object } | undefined
/** What the gate got to see. */
const seen: { target: string; forwardedFor: string; authorization: string | undefined }[] = []

beforeAll(async () => {
  const stack = new AsyncDisposableStack()
  let forward: ReturnType<typeof createProxy> | undefined
  gate = await startHttp((request: IncomingMessage, response) => {
    const { 'x-forwarded-for': forwardedFor, authorization } = request.headers
    seen.push({ target: request.url ?? '', forwardedFor: String(forwardedFor), authorization })
    if (refusal === undefined) return forward?.web(request, response)
    request.resume()
    response.writeHead(refusal.status, { 'content-type': 'application/json' })
    return response.end(JSON.stringify(refusal.body))
  })
  fronted = await startFrontedWorld({ doorsUrl: gate.url.origin })
  forward = stack.use(createProxy({ upstream: new URL(fronted.world.pds.url) }))
})

afterAll(async () => {
  await fronted[Symbol.asyncDispose]()
  await gate[Symbol.asyncDispose]()
})

beforeEach(() => {
  seen.length = 0
  refusal = undefined
})

function signUp(inviteCode: string, more: object = {}): Promise<Response> {
  return fetch(`${fronted.url}${CREATE_ACCOUNT_PATH}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.9' },
    body: JSON.stringify({ ...newPerson(), inviteCode, ...more }),
  })
}

test('both doors are sent on through the other gate, and it is told who comes', async () => {
  const [first, second] = [await giftCode(fronted), await giftCode(fronted)]
  const answer = await signUp(first)
  expect(answer.status).toBe(200)
  const { did } = (await answer.json()) as { did: string }
  expect(usersOf(fronted, first)).toEqual([did])

  const page = await AccountPage.open(fronted.url)
  expect((await page.signUp({ locale: 'en', ...newPerson(), inviteCode: second })).status).toBe(200)
  expect(countersOf(fronted, second)).toEqual({ used: 1, reserved: 0 })

  expect(seen.map(({ target }) => target)).toEqual([CREATE_ACCOUNT_PATH, OAUTH_SIGN_UP_PATH])
  expect(seen[0]?.forwardedFor).toMatch(/^203\.0\.113\.9, /)
})

test('a refusal of the other gate costs nobody a use', async () => {
  const code = await giftCode(fronted)
  const before = await accountsOf(fronted.world)
  refusal = { status: 400, body: { error: 'AuthRequired', message: 'verificationCode is required' } }
  const answer = await signUp(code)
  expect([answer.status, await answer.json()]).toEqual([400, refusal.body])
  expect(await accountsOf(fronted.world)).toEqual(before)
  expect(countersOf(fronted, code)).toEqual({ used: 0, reserved: 0 })
  refusal = undefined
  expect((await signUp(code, { verificationCode: 'kept for the gate' })).status).toBe(200)
})

test('minting, settling and everything else stay with the PDS itself', async () => {
  const code = await giftCode(fronted)
  const { adminAuth } = fronted.world
  await getCodes(fronted, { accessJwt: 'x' } as Parameters<typeof getCodes>[1])
  await fetch(`${fronted.url}/xrpc/${com.atproto.server.describeServer.$nsid}`)
  expect(seen).toEqual([])
  refusal = { status: 500, body: { error: 'Oops', message: 'The gate is broken' } }
  expect((await signUp(code)).status).toBe(500)
  expect(countersOf(fronted, code)).toEqual({ used: 0, reserved: 0 })
  expect(seen.map(({ target }) => target)).toEqual([CREATE_ACCOUNT_PATH])
  expect(seen.every(({ authorization }) => authorization !== adminAuth)).toBe(true)
})

test('a gate that is not there is told as a failure, and the code stays good', async () => {
  await using closed = await startHttp()
  const { origin } = closed.url
  await closed[Symbol.asyncDispose]()
  await using other = await startFrontedWorld({ doorsUrl: origin })
  const code = await giftCode(other)
  const answer = await fetch(`${other.url}${CREATE_ACCOUNT_PATH}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...newPerson(), inviteCode: code }),
  })
  expect(answer.status).toBe(502)
  expect(countersOf(other, code)).toEqual({ used: 0, reserved: 0 })
})
