import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { giftCode, postAsAdmin } from '../support/members.ts'
import { PDS_LINES } from '../support/pds.ts'
import { accountsOf, countersOf, invitedByOf, operationsOf, usersOf } from './ledger.ts'
import { newPerson } from './people.ts'

const REFUSED = { error: 'InvalidInviteCode', message: 'Provided invite code not available' }

describe.each(PDS_LINES)('createAccount of PDS %s', (line) => {
  let fronted: FrontedWorld

  beforeAll(async () => {
    fronted = await startFrontedWorld({ guessLimit: '1000' }, { line })
  })

  afterAll(() => fronted[Symbol.asyncDispose]())

  async function signUp(input: object, base = fronted.url) {
    const response = await fetch(`${base}/xrpc/${com.atproto.server.createAccount.$nsid}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  test('a code that is unknown, used up, disabled or the PDS’s own is refused in the PDS’s words', async () => {
    const used = await giftCode(fronted)
    expect((await signUp({ ...newPerson(), inviteCode: used })).status).toBe(200)
    const disabled = await giftCode(fronted)
    await postAsAdmin(fronted, com.atproto.admin.disableInviteCodes.$nsid, { codes: [disabled] })
    const upstream = await fronted.world.createPdsCode()

    const before = await operationsOf(fronted.world)
    for (const inviteCode of ['localhost-aaaaa-bbbbb', used, disabled, upstream]) {
      expect(await signUp({ ...newPerson(), inviteCode }), inviteCode).toEqual({ status: 400, body: REFUSED })
    }
    expect(await operationsOf(fronted.world)).toEqual(before)
    expect((await signUp({ ...newPerson(), inviteCode: upstream }, fronted.world.pds.url)).status).toBe(200)
  })

  test('a good code makes the account, in the shape of the line', async () => {
    const code = await giftCode(fronted)
    const { status, body } = await signUp({ ...newPerson(), inviteCode: code })
    expect(status).toBe(200)
    const inviteCode = await fronted.world.createPdsCode()
    const reference = await signUp({ ...newPerson(), inviteCode }, fronted.world.pds.url)
    expect(Object.keys(body).toSorted()).toEqual(Object.keys(reference.body).toSorted())
    const did = String(body['did'])
    expect(usersOf(fronted, code)).toEqual([did])
    expect(countersOf(fronted, code)).toEqual({ used: 1, reserved: 0 })
    expect(await invitedByOf(fronted, did)).toBe(code)
  })

  test('what the PDS refuses costs no use, and the code is good at once afterwards', async () => {
    const code = await giftCode(fronted)
    const input = { ...newPerson(), inviteCode: code }
    for (const wrong of [{ handle: 'a.test' }, { handle: 'someone.else.example' }, { email: 'nonsense' }]) {
      const inviteCode = await fronted.world.createPdsCode()
      const reference = await signUp({ ...input, ...wrong, inviteCode }, fronted.world.pds.url)
      expect(await signUp({ ...input, ...wrong }), JSON.stringify(wrong)).toEqual(reference)
      expect(countersOf(fronted, code)).toEqual({ used: 0, reserved: 0 })
    }
    expect((await signUp(input)).status).toBe(200)
  })

  test('twenty at once on a code for one: one account, and no identity without one', async () => {
    const code = await giftCode(fronted)
    const before = await accountsOf(fronted.world)
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => signUp({ ...newPerson(), inviteCode: code })),
    )
    const refused = answers.filter(({ status }) => status !== 200)
    expect(refused).toEqual(Array.from({ length: 19 }, () => ({ status: 400, body: REFUSED })))
    const accounts = await accountsOf(fronted.world)
    expect(accounts).toHaveLength(before.length + 1)
    expect(await operationsOf(fronted.world)).toEqual(accounts)
    expect(countersOf(fronted, code)).toEqual({ used: 1, reserved: 0 })
  })
})
