import { AtpAgent } from '@atproto/api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { codesOf, getAsAdmin, giftCode, join, postAsAdmin } from '../support/members.ts'
import type { Member } from '../support/pds.ts'

type AccountView = com.atproto.admin.defs.AccountView

const { disableAccountInvites, disableInviteCodes, enableAccountInvites, getAccountInfo, getAccountInfos } =
  com.atproto.admin

let fronted: FrontedWorld
let alice: Member
let bob: Member
let used: string
let open: string

beforeAll(async () => {
  fronted = await startFrontedWorld()
  alice = await join(fronted, 'alice.test')
  used = await giftCode(fronted, { forAccount: alice.did })
  open = await giftCode(fronted, { forAccount: alice.did })
  bob = await join(fronted, 'bob.test', used)
})

afterAll(() => fronted[Symbol.asyncDispose]())

function infoOf({ did }: Member): Promise<AccountView> {
  return getAsAdmin<AccountView>(fronted, getAccountInfo.$nsid, `?did=${did}`)
}

async function postOk(nsid: string, body: object): Promise<void> {
  const response = await postAsAdmin(fronted, nsid, body)
  expect([response.status, await response.text()]).toEqual([200, ''])
}

test('getAccountInfo: the PDS’s facts with Latchkey’s invitations, in the lexicon’s shape', async () => {
  const info = getAccountInfo.$output.schema.parse(await infoOf(bob))
  expect(info).toMatchObject({
    did: bob.did,
    handle: bob.handle,
    email: bob.email,
    invites: [],
    invitesDisabled: false,
    invitedBy: { code: used, forAccount: alice.did, uses: [{ usedBy: bob.did }] },
  })
  expect(info).not.toHaveProperty('inviteNote')
  expect((await infoOf(alice)).invites?.map(({ code }) => code)).toEqual([used, open])
})

test('getAccountInfos: the same for many; an account the PDS lacks is left out, as there', async () => {
  const search = `?dids=${bob.did}&dids=did:plc:aaaaaaaaaaaaaaaaaaaaaaaa&dids=${alice.did}`
  const { infos } = await getAsAdmin<{ infos: AccountView[] }>(fronted, getAccountInfos.$nsid, search)
  expect(infos.map(({ did }) => did).toSorted()).toEqual([alice.did, bob.did].toSorted())
  expect(infos.find(({ did }) => did === bob.did)).toEqual(await infoOf(bob))
})

test('an unknown account is refused as the PDS does', async () => {
  await expect(infoOf({ ...bob, did: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' })).rejects.toThrow(
    '400 {"error":"NotFound","message":"Account not found"}',
  )
})

test('disableAccountInvites keeps its note for administrators only, until another one replaces or an empty one erases it', async () => {
  await postOk(disableAccountInvites.$nsid, { account: alice.did, note: 'sells invites' })
  expect(await infoOf(alice)).toMatchObject({ invitesDisabled: true, inviteNote: 'sells invites' })
  expect(JSON.stringify(await codesOf(fronted, alice))).not.toContain('sells')
  expect((await codesOf(fronted, alice)).map(({ code }) => code)).toEqual([used, open])
  await postOk(enableAccountInvites.$nsid, { account: alice.did, note: 'apologised' })
  expect(await infoOf(alice)).toMatchObject({ invitesDisabled: false, inviteNote: 'apologised' })
  await postOk(enableAccountInvites.$nsid, { account: alice.did })
  expect(await infoOf(alice)).toMatchObject({ invitesDisabled: false, inviteNote: 'apologised' })
  await postOk(enableAccountInvites.$nsid, { account: alice.did, note: '' })
  expect(await infoOf(alice)).not.toHaveProperty('inviteNote')
})

test('disableInviteCodes by code and by account; the operator’s own can’t be named by account', async () => {
  const operators = await giftCode(fronted)
  const refused = await postAsAdmin(fronted, disableInviteCodes.$nsid, { accounts: ['admin', alice.did] })
  expect([refused.status, await refused.json()]).toEqual([
    400,
    { error: 'InvalidRequest', message: 'cannot disable admin invite codes' },
  ])
  expect((await infoOf(alice)).invites?.some(({ disabled }) => disabled)).toBe(false)

  await postOk(disableInviteCodes.$nsid, { codes: [operators, 'unknown'], accounts: ['did:plc:unknown'] })
  await postOk(disableInviteCodes.$nsid, { accounts: [alice.did] })
  expect((await infoOf(alice)).invites?.every(({ disabled }) => disabled)).toBe(true)
  expect(await codesOf(fronted, alice)).toEqual([])
  await expect(join(fronted, 'late.test', open)).rejects.toThrow('Provided invite code not available')
  await expect(join(fronted, 'late.test', operators)).rejects.toThrow('Provided invite code not available')
})

test('the official client @atproto/api does all of it as the operator', async () => {
  const agent = new AtpAgent({ service: fronted.url })
  const headers = { authorization: fronted.world.adminAuth }
  const made = await agent.com.atproto.server.createInviteCode(
    { useCount: 1 },
    { headers, encoding: 'application/json' },
  )
  const listed = await agent.com.atproto.admin.getInviteCodes({ limit: 1 }, { headers })
  expect(listed.data.codes[0]?.code).toBe(made.data.code)
  const info = await agent.com.atproto.admin.getAccountInfo({ did: bob.did }, { headers })
  expect(info.data.invitedBy?.code).toBe(used)
})
