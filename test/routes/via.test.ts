import { afterAll, beforeAll, expect, test } from 'vitest'
import { OAUTH_SIGN_UP_PATH } from '../../src/gate/doors/oauth-sign-up.ts'
import { LIVE_PATH, READY_PATH } from '../../src/http/health.ts'
import { com } from '../../src/lexicons/index.ts'
import { VIA } from '../../src/wire/via.ts'
import { METHOD_NSIDS } from '../../src/xrpc/methods.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { join } from '../support/members.ts'
import type { Member } from '../support/pds.ts'

const { createAccount, describeServer, getAccountInviteCodes } = com.atproto.server

let fronted: FrontedWorld
let alice: Member

beforeAll(async () => {
  fronted = await startFrontedWorld()
  alice = await join(fronted, 'alice.test')
})

afterAll(() => fronted[Symbol.asyncDispose]())

async function viaOf(
  path: string,
  init: RequestInit = {},
): Promise<readonly [status: number, via: string | null]> {
  const answer = await fetch(`${fronted.url}${path}`, init)
  return [answer.status, answer.headers.get('via')]
}

test('every answer of Latchkey’s own routes says that it came by it, refusals and the PDS’s own words too', async () => {
  const xrpc = (nsid: string) => `/xrpc/${nsid}`
  for (const nsid of [...METHOD_NSIDS, createAccount.$nsid]) {
    for (const method of ['GET', 'POST', 'OPTIONS', 'PUT'])
      expect((await viaOf(xrpc(nsid), { method }))[1], `${method} ${nsid}`).toBe(VIA)
  }
  const authorization = `Bearer ${alice.accessJwt}`
  expect(await viaOf(xrpc(getAccountInviteCodes.$nsid), { headers: { authorization } })).toEqual([200, VIA])
  expect(await viaOf(LIVE_PATH)).toEqual([200, VIA])
  expect(await viaOf(READY_PATH)).toEqual([200, VIA])
  expect(await viaOf(OAUTH_SIGN_UP_PATH, { method: 'POST', body: '{}' })).toEqual([400, VIA])
  const body = JSON.stringify({
    handle: 'bob.test',
    email: 'bob@mail.test',
    password: 'x',
    inviteCode: 'none',
  })
  const headers = { 'content-type': 'application/json' }
  expect(await viaOf(xrpc(createAccount.$nsid), { method: 'POST', headers, body })).toEqual([400, VIA])
  expect(await viaOf(OAUTH_SIGN_UP_PATH, { method: 'POST', headers, body })).toEqual([400, VIA])
})

test('what is only forwarded does not', async () => {
  for (const path of ['/', '/xrpc/_health', `/xrpc/${describeServer.$nsid}`, OAUTH_SIGN_UP_PATH])
    expect((await viaOf(path))[1], path).toBeNull()
})
