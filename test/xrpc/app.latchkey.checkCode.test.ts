import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { app, com } from '../../src/lexicons/index.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { giftCode, join, postAsAdmin } from '../support/members.ts'
import type { Member } from '../support/pds.ts'
import { callOwn } from './support/own-methods.ts'

const { checkCode } = app.latchkey

let fronted: FrontedWorld
let alice: Member

beforeAll(async () => {
  fronted = await startFrontedWorld()
  alice = await join(fronted, 'alice.test')
})

afterAll(() => fronted[Symbol.asyncDispose]())

async function check(code: string): Promise<unknown> {
  const { status, body } = await callOwn(fronted, checkCode.$nsid, { input: { code } })
  expect(status, JSON.stringify(body)).toBe(200)
  return checkCode.$output.schema.parse(body)
}

/** Sets what no method sets. */
function set(code: string, change: string): void {
  using database = new DatabaseSync(fronted.databasePath)
  database.prepare(`UPDATE invite_code SET ${change} WHERE code = ?`).run(code)
}

test('a good code: who gives it and how many it lets in; of the operator’s own, no giver', async () => {
  const code = await giftCode(fronted, { forAccount: alice.did, useCount: 3 })
  await join(fronted, 'frida.test', code)
  const inviter = { did: alice.did, handle: 'alice.test', status: 'active' }
  expect(await check(code)).toEqual({ good: true, left: 2, inviter })
  const own = await giftCode(fronted)
  expect(await check(own)).toEqual({ good: true, left: 1 })
  const expiresAt = Date.now() + 60_000
  set(own, `expires_at = ${expiresAt}`)
  expect(await check(own)).toEqual({ good: true, left: 1, expiresAt: new Date(expiresAt).toISOString() })
})

test('all kinds of bad codes get one answer', async () => {
  const [used, disabled, expired] = [
    await giftCode(fronted, { forAccount: alice.did }),
    await giftCode(fronted, { forAccount: alice.did }),
    await giftCode(fronted, { forAccount: alice.did }),
  ]
  await join(fronted, 'sven.test', used)
  await postAsAdmin(fronted, com.atproto.admin.disableInviteCodes.$nsid, { codes: [disabled] })
  set(expired, `expires_at = ${Date.now()}`)
  for (const code of ['localhost-aaaaa-aaaaa', '', used, disabled, expired])
    expect(await check(code)).toEqual({ good: false })
})

test('a restricted code is good, and for whom is not told', async () => {
  const code = await giftCode(fronted, { forAccount: alice.did })
  set(code, "restricted_to = 'somebody.test'")
  expect(await check(code)).toMatchObject({ good: true, left: 1 })
  expect(JSON.stringify(await check(code))).not.toContain('somebody')
})

test('guessing here and at the door is counted together; good codes are not counted', async () => {
  await using strict = await startFrontedWorld({ guessLimit: '3' })
  const good = await giftCode(strict)
  const from = (address: string, code: string) =>
    callOwn(strict, checkCode.$nsid, { input: { code }, address })
  const signUp = (address: string, inviteCode: string, handle: string) =>
    callOwn(strict, com.atproto.server.createAccount.$nsid, {
      input: { handle, email: `${handle}@mail.test`, password: 'hunter22', inviteCode },
      address,
    })
  for (let times = 0; times < 5; times++) expect((await from('2001:db8::1', good)).status).toBe(200)
  expect((await from('2001:db8::1', 'localhost-aaaaa-aaaaa')).body).toEqual({ good: false })
  expect((await signUp('2001:db8::2', 'localhost-aaaaa-aaaab', 'a.test')).status).toBe(400)
  expect((await from('2001:db8::3', 'localhost-aaaaa-aaaac')).body).toEqual({ good: false })

  const blocked = await from('2001:db8::4', good)
  expect([blocked.status, blocked.body['error']]).toEqual([429, 'RateLimitExceeded'])
  expect(Number(blocked.headers.get('retry-after'))).toBeGreaterThan(500)
  const atTheDoor = await signUp('2001:db8::5', good, 'b.test')
  expect([atTheDoor.status, atTheDoor.body['message']]).toEqual([429, blocked.body['message']])
  expect((await from('2001:db8:0:1::1', good)).body).toEqual({ good: true, left: 1 })
})

test('codes are not logged', () => {
  expect(fronted.logs.join('\n')).not.toMatch(/localhost-[a-z2-7]{5}-[a-z2-7]{5}/)
})
