import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { codesOf, giftCode, join } from '../support/members.ts'
import type { Member } from '../support/pds.ts'
import { exchange, type Sent } from './support/exchange.ts'
import { askBoth, expectSameRefusal, storeContents, told } from './support/parity.ts'
import { forgeToken, openOAuthSession } from './support/sessions.ts'

const { createInviteCode, createInviteCodes } = com.atproto.server
const {
  disableAccountInvites,
  disableInviteCodes,
  enableAccountInvites,
  getAccountInfo,
  getAccountInfos,
  getInviteCodes,
} = com.atproto.admin

const OWN_PASSWORD = 'a password of Latchkey’s own: with a colon'

interface Cast {
  readonly fronted: FrontedWorld
  readonly member: Member
  /** The moderation service of the PDS. */
  readonly moderator: Member
}

type Method = readonly [nsid: string, request: (cast: Cast) => Sent]

function query(nsid: string, search: (cast: Cast) => string = () => ''): Method {
  return [nsid, (cast) => ({ path: `/xrpc/${nsid}${search(cast)}` })]
}

function procedure(nsid: string, input: (cast: Cast) => object): Method {
  return [
    nsid,
    (cast) => ({
      method: 'POST',
      path: `/xrpc/${nsid}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input(cast)),
    }),
  ]
}

const CREATION = [
  procedure(createInviteCode.$nsid, () => ({ useCount: 1 })),
  procedure(createInviteCodes.$nsid, () => ({ useCount: 1, codeCount: 2 })),
]
const MODERATION = [
  query(getInviteCodes.$nsid),
  procedure(disableInviteCodes.$nsid, ({ member }) => ({ codes: ['a-b-c'], accounts: [member.did] })),
  procedure(disableAccountInvites.$nsid, ({ member }) => ({ account: member.did, note: 'why' })),
  procedure(enableAccountInvites.$nsid, ({ member }) => ({ account: member.did })),
]
const INFORMATION = [
  query(getAccountInfo.$nsid, ({ member }) => `?did=${member.did}`),
  query(getAccountInfos.$nsid, ({ member }) => `?dids=${member.did}`),
]

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

/** Everybody who is neither the administrator nor a moderator. */
async function strangers({ fronted: { world }, member }: Cast): Promise<readonly (string | undefined)[]> {
  const { adminPassword } = world.secrets
  const { token } = await openOAuthSession(world, member.did)
  const padded = basic('admin', adminPassword)
  return [
    undefined,
    '',
    'Basic',
    'Basic ',
    'Basic %%%',
    padded.replace(' ', '  '),
    `${padded} x`,
    `X ${padded.slice('Basic '.length)}`,
    basic('admin', ''),
    basic('admin', 'wrong'),
    basic('admin', `${adminPassword} `),
    basic('admin', adminPassword.slice(1)),
    basic('admin', adminPassword.toUpperCase()),
    basic('root', adminPassword),
    basic('Admin', adminPassword),
    basic('', adminPassword),
    `Basic ${Buffer.from('admin').toString('base64')}`,
    `Bearer ${member.accessJwt}`,
    `Bearer ${await forgeToken(world, 'admin')}`,
    `Bearer ${adminPassword}`,
    'Bearer x.y.z',
    'Bearer',
    `DPoP ${token}`,
  ]
}

function withAuthorization(sent: Sent, authorization: string | undefined): Sent {
  return { ...sent, headers: { ...sent.headers, ...(authorization !== undefined && { authorization }) } }
}

let cast: Cast

beforeAll(async () => {
  const fronted = await startFrontedWorld({ adminPassword: OWN_PASSWORD })
  cast = { fronted, member: await join(fronted, 'alice.test'), moderator: await join(fronted, 'mod.test') }
})

beforeEach(() => {
  cast.fronted.world.pds.pds.ctx.authVerifier.dids.modService = cast.moderator.did
})

afterAll(() => cast.fronted[Symbol.asyncDispose]())

/** A token of a service as the PDS issues it: signed with the account's key, which the PLC directory knows. */
function serviceToken({ did }: Member, lxm: string, aud = cast.fronted.world.pds.did): Promise<string> {
  return cast.fronted.world.pds.pds.ctx.serviceAuthJwt(did, aud, lxm)
}

describe.each([...CREATION, ...MODERATION, ...INFORMATION])('%s', (nsid, request) => {
  test.each([true, false])(
    'strangers hear from Latchkey what the PDS tells them, and change nothing; with a moderation service: %s',
    async (moderated) => {
      cast.fronted.world.pds.pds.ctx.authVerifier.dids.modService = moderated ? cast.moderator.did : undefined
      const before = storeContents(cast.fronted)
      for (const authorization of await strangers(cast)) {
        const answers = await askBoth(cast.fronted, withAuthorization(request(cast), authorization))
        // The PDS itself fails on a token that is no token, where it has a moderation service.
        const refusals = authorization === 'Bearer x.y.z' && moderated ? [401, 500] : [400, 401]
        expect(answers.pds.status, authorization).toBeOneOf(refusals)
        expectSameRefusal(answers)
      }
      expect(storeContents(cast.fronted)).toEqual(before)
    },
  )

  test('strangers are told the same before as after what is wrong with their body', async () => {
    const sent = { ...request(cast), body: '{', headers: { 'content-type': 'application/json' } }
    const answers = await askBoth(cast.fronted, sent)
    expect(answers.pds.status).toBe(401)
    expectSameRefusal(answers)
  })

  test.each(['Basic', 'basic', 'BASIC'])('the administrator of the PDS is let in with %s', async (scheme) => {
    const authorization = cast.fronted.world.adminAuth.replace('Basic', scheme)
    const answers = await askBoth(cast.fronted, withAuthorization(request(cast), authorization))
    expect([answers.latchkey.status, answers.pds.status]).toEqual([200, 200])
  })

  test('the administrator is let in with the password of Latchkey’s own', async () => {
    const sent = withAuthorization(request(cast), basic('admin', OWN_PASSWORD))
    expect((await exchange(cast.fronted.url, sent)).status).toBe(200)
    const refused = withAuthorization(request(cast), basic('admin', `${OWN_PASSWORD}.`))
    expect((await exchange(cast.fronted.url, refused)).status).toBe(401)
  })

  test('services other than the PDS’s moderation service are refused in the words of the PDS', async () => {
    const tokens = [
      await serviceToken(cast.member, nsid),
      await serviceToken(cast.moderator, 'com.atproto.admin.sendEmail'),
      await serviceToken(cast.moderator, nsid, 'did:web:other.example'),
    ]
    for (const token of tokens) {
      const answers = await askBoth(cast.fronted, withAuthorization(request(cast), `Bearer ${token}`))
      expect(answers.pds.status).toBe(401)
      expectSameRefusal(answers)
    }
  })
})

test.each([...MODERATION, ...INFORMATION])('%s serves the moderation service', async (nsid, request) => {
  const recipe = async () =>
    withAuthorization(request(cast), `Bearer ${await serviceToken(cast.moderator, nsid)}`)
  const { latchkey, pds } = await askBoth(cast.fronted, recipe)
  expect([latchkey.status, pds.status]).toEqual([200, 200])
})

test.each(CREATION)('%s does not serve the moderation service', async (nsid, request) => {
  const before = storeContents(cast.fronted)
  const token = await serviceToken(cast.moderator, nsid)
  const answers = await askBoth(cast.fronted, withAuthorization(request(cast), `Bearer ${token}`))
  expect(told(answers.latchkey)).toEqual({
    status: 401,
    error: 'AuthenticationRequired',
    message: 'Authentication Required',
  })
  expectSameRefusal(answers)
  expect(storeContents(cast.fronted)).toEqual(before)
})

test('what the moderation service disables is disabled', async () => {
  const { fronted, member, moderator } = cast
  const code = await giftCode(fronted, { forAccount: member.did })
  expect((await codesOf(fronted, member)).map((shown) => shown.code)).toContain(code)
  const [nsid, request] = procedure(disableInviteCodes.$nsid, () => ({ codes: [code] }))
  const token = await serviceToken(moderator, nsid)
  await exchange(fronted.url, withAuthorization(request(cast), `Bearer ${token}`))
  expect((await codesOf(fronted, member)).map((shown) => shown.code)).not.toContain(code)
})

test('accounts are shown to holders of either password alike', async () => {
  const [, request] = INFORMATION[0] ?? query(getAccountInfo.$nsid)
  const asked = [basic('admin', OWN_PASSWORD), cast.fronted.world.adminAuth].map((authorization) =>
    exchange(cast.fronted.url, withAuthorization(request(cast), authorization)),
  )
  const [own, upstream] = await Promise.all(asked)
  expect(own?.body).toContain(cast.member.email)
  expect(own?.body).toBe(upstream?.body)
})
