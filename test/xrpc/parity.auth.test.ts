import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import type { FrontedWorld } from '../support/latchkey.ts'
import { join } from '../support/members.ts'
import type { Member } from '../support/pds.ts'
import { until } from '../pds/firehose-world.ts'
import { exchange, type Sent } from './support/exchange.ts'
import { askBoth, expectSameRefusal, storeContents, type Told, told } from './support/parity.ts'
import {
  appPasswordToken,
  type Forgery,
  forgeToken,
  type OAuthSession,
  openOAuthSession,
  signIn,
} from './support/sessions.ts'
import { startVerifyingWorld, type Verification } from './support/worlds.ts'

const PATH = `/xrpc/${com.atproto.server.getAccountInviteCodes.$nsid}`
const PARAMS = `Invalid ${com.atproto.server.getAccountInviteCodes.$nsid} params:`
/** In milliseconds: the PDS looks for events once a second, and a busy machine needs a little. */
const SOON = 3000
const NOBODY = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'

/** Who calls in the rows below. */
interface Cast {
  readonly fronted: FrontedWorld
  readonly alice: Member
  readonly oauth: OAuthSession
  /** The PDS's for the next proof. */
  readonly nonce: () => Promise<string>
}

type Row = readonly [name: string, request: (cast: Cast) => Sent | Promise<Sent>, expected: Told]

function calling(authorization: string): Sent {
  return { path: PATH, headers: { authorization } }
}

function bearing(token: string, search = ''): Sent {
  return { path: PATH + search, headers: { authorization: `Bearer ${token}` } }
}

function forged(forgery: (cast: Cast) => Forgery, sub?: string) {
  return async (cast: Cast) =>
    bearing(await forgeToken(cast.fronted.world, sub ?? cast.alice.did, forgery(cast)))
}

function invalidToken(message: string): Told {
  return { status: 400, error: 'InvalidToken', message }
}

const MISSING = { status: 401, error: 'AuthMissing', message: 'Authentication Required' }
const MALFORMED_HEADER = invalidToken('Malformed authorization header')
const UNEXPECTED = invalidToken('Unexpected authorization type')
const UNVERIFIED = invalidToken('Token could not be verified')
const MALFORMED_TOKEN = invalidToken('Malformed token')
const WRONG_SCOPE = invalidToken('Bad token scope')
const TAKEN_DOWN = { status: 401, error: 'AccountTakedown', message: 'Account has been taken down' }
const DEACTIVATED = { status: 400, error: 'NotFound', message: 'Account not found' }
const NO_ACCOUNT = { status: 403, error: 'AccountNotFound', message: 'Account not found' }

/** What the PDS says to each kind of caller, version 0.5.35. */
const REFUSALS: readonly Row[] = [
  ['no Authorization', () => ({ path: PATH }), MISSING],
  ['an empty Authorization', () => calling(''), MISSING],
  ['Bearer alone', () => calling('Bearer'), MALFORMED_HEADER],
  ['a double space', ({ alice }) => calling(`Bearer  ${alice.accessJwt}`), MALFORMED_HEADER],
  ['an unknown scheme', () => calling('X y'), invalidToken('Unsupported authorization type: X')],
  ['Basic', () => calling(`Basic ${btoa('alice.test:secret')}`), UNEXPECTED],
  ['Basic of the admin', ({ fronted }) => calling(fronted.world.adminAuth), UNEXPECTED],
  ['a garbage token', () => bearing('x.y.z'), UNVERIFIED],
  ['a wrong key', forged(() => ({ secret: 'f'.repeat(64) })), UNVERIFIED],
  ['a wrong audience', forged(() => ({ claims: { aud: 'did:web:other.example' } })), UNVERIFIED],
  ['a refresh token', ({ alice }) => bearing(alice.refreshJwt), UNVERIFIED],
  ['no typ', forged(() => ({ header: { typ: undefined } })), UNVERIFIED],
  ['not good yet', forged(() => ({ claims: { nbf: 4_000_000_000 } })), UNVERIFIED],
  [
    'expired',
    forged(() => ({ claims: { exp: 1_700_000_000 } })),
    { status: 400, error: 'ExpiredToken', message: 'Token has expired' },
  ],
  [
    'a plain app password',
    async ({ fronted: { world }, alice }) => bearing(await appPasswordToken(world, alice, false)),
    WRONG_SCOPE,
  ],
  [
    'a privileged app password',
    async ({ fronted: { world }, alice }) => bearing(await appPasswordToken(world, alice, true)),
    WRONG_SCOPE,
  ],
  ['the scope of a takedown', forged(() => ({ claims: { scope: 'com.atproto.takendown' } })), WRONG_SCOPE],
  ['no scope', forged(() => ({ claims: { scope: undefined } })), WRONG_SCOPE],
  ['lxm', forged(() => ({ claims: { lxm: 'com.atproto.server.getSession' } })), MALFORMED_TOKEN],
  ['cnf', forged(() => ({ claims: { cnf: { jkt: 'x' } } })), MALFORMED_TOKEN],
  ['a sub that is no DID', forged(() => ({ claims: { sub: 'alice.test' } })), MALFORMED_TOKEN],
  [
    'a list of audiences',
    forged(({ fronted }) => ({ claims: { aud: [fronted.world.pds.did] } })),
    MALFORMED_TOKEN,
  ],
  ['a jti that is no string', forged(() => ({ claims: { jti: 7 as unknown as string } })), MALFORMED_TOKEN],
  ['an OAuth token as Bearer', ({ oauth }) => bearing(oauth.token), MALFORMED_TOKEN],
  [
    'a valid DPoP',
    async ({ oauth, nonce }) => oauth.request(PATH, await nonce()),
    { status: 403, error: 'Forbidden', message: 'OAuth credentials are not supported for this endpoint' },
  ],
  [
    'DPoP without a nonce',
    ({ oauth }) => oauth.request(PATH, undefined),
    { status: 401, error: 'use_dpop_nonce', message: 'Authorization server requires nonce in DPoP proof' },
  ],
  [
    'DPoP without a proof',
    ({ oauth }) => calling(`DPoP ${oauth.token}`),
    { status: 401, error: 'invalid_dpop_proof', message: 'DPoP proof required' },
  ],
  ['an unknown DID', forged(() => ({}), NOBODY), NO_ACCOUNT],
  [
    'includeUsed=1',
    ({ alice }) => bearing(alice.accessJwt, '?includeUsed=1'),
    { status: 400, error: 'InvalidRequest', message: `${PARAMS} Expected boolean value type (got "1")` },
  ],
  [
    'includeUsed=banana, and nobody signed in',
    () => ({ path: `${PATH}?includeUsed=banana` }),
    { status: 400, error: 'InvalidRequest', message: `${PARAMS} Expected boolean value type (got "banana")` },
  ],
  [
    'POST',
    ({ alice }) => ({ ...bearing(alice.accessJwt), method: 'POST' }),
    { status: 400, error: 'InvalidRequest', message: 'Incorrect HTTP method (POST) expected GET' },
  ],
]

const ADMISSIONS: readonly Row[] = [
  ['a full session', ({ alice }) => bearing(alice.accessJwt), { status: 200 }],
  ['bearer', ({ alice }) => calling(`bearer ${alice.accessJwt}`), { status: 200 }],
  ['BEARER', ({ alice }) => calling(`BEARER ${alice.accessJwt}`), { status: 200 }],
  ['a token without an end', forged(() => ({ claims: { exp: undefined } })), { status: 200 }],
  ['a longer digest', forged(() => ({ header: { alg: 'HS512' } })), { status: 200 }],
]

describe.each<Verification>(['by asking the PDS', 'with the secret of the PDS'])('%s', (verification) => {
  let cast: Cast

  beforeAll(async () => {
    const fronted = await startVerifyingWorld(verification)
    const alice = await join(fronted, 'alice.test')
    const oauth = await openOAuthSession(fronted.world, alice.did)
    const nonce = async () => {
      const { headers } = await exchange(fronted.world.pds.url, await oauth.request(PATH, undefined))
      return String(headers['dpop-nonce'])
    }
    cast = { fronted, alice, oauth, nonce }
  })

  afterAll(() => cast.fronted[Symbol.asyncDispose]())

  test.each(REFUSALS)('%s: refused in the words of the PDS', async (_name, request, expected) => {
    const before = storeContents(cast.fronted)
    const answers = await askBoth(cast.fronted, () => request(cast))
    expect(told(answers.latchkey)).toEqual(expected)
    expectSameRefusal(answers)
    expect(storeContents(cast.fronted)).toEqual(before)
  })

  test.each(ADMISSIONS)('%s: let in, as at the PDS', async (_name, request, expected) => {
    const { pds, latchkey } = await askBoth(cast.fronted, () => request(cast))
    expect([told(latchkey), told(pds)]).toEqual([expected, expected])
  })

  test('the challenge and the nonce of the PDS reach an OAuth client', async () => {
    const { latchkey } = await askBoth(cast.fronted, () => cast.oauth.request(PATH, undefined))
    expect(latchkey.headers['www-authenticate']).toMatch(/^DPoP .*error="use_dpop_nonce"/)
    expect(latchkey.headers['dpop-nonce']).toEqual(expect.any(String))
    expect(latchkey.headers['access-control-expose-headers']).toMatch(/DPoP-Nonce.*WWW-Authenticate/)
  })

  test('a good token is shown to the PDS only where there is no other way to tell', async () => {
    const seen: string[] = []
    const look = ({ url = '' }: { url?: string }) => seen.push(url)
    cast.fronted.world.pds.pds.server?.on('request', look)
    const stranger = await join(cast.fronted, 'stranger.test')
    const { status } = await exchange(cast.fronted.url, bearing(stranger.accessJwt))
    cast.fronted.world.pds.pds.server?.off('request', look)
    expect(status).toBe(200)
    const asked = seen.filter((url) => url.startsWith(PATH)).length
    expect(asked).toBe(verification === 'by asking the PDS' ? 1 : 0)
  })

  /** Calls both once Latchkey may know of what was done, which the firehose tells it. */
  async function expectSoon(member: Member, expected: Told): Promise<void> {
    const { fronted } = cast
    const ask = () => exchange(fronted.url, bearing(member.accessJwt))
    let latchkey = await ask()
    await until(async () => (latchkey = await ask()).status === expected.status, SOON)
    const pds = await exchange(fronted.world.pds.url, bearing(member.accessJwt))
    expect(told(latchkey)).toEqual(expected)
    if (expected.status === 200) expect(told(pds)).toEqual(expected)
    else expectSameRefusal({ pds, latchkey })
  }

  async function perform(nsid: string, credentials: string, body?: object): Promise<void> {
    const { status } = await exchange(cast.fronted.world.pds.url, procedure(nsid, credentials, body))
    expect(status).toBe(200)
  }

  test('a takedown and its undoing show as soon as the firehose has told', async () => {
    const member = await join(cast.fronted, 'taken.test')
    await expectSoon(member, { status: 200 })
    const { adminAuth } = cast.fronted.world
    const subject = { $type: 'com.atproto.admin.defs#repoRef', did: member.did }
    await perform('com.atproto.admin.updateSubjectStatus', adminAuth, {
      subject,
      takedown: { applied: true },
    })
    await expectSoon(member, TAKEN_DOWN)
    const limited = await signIn(cast.fronted.world.pds.url, member.handle, member.password)
    await expectSoon({ ...member, accessJwt: limited }, WRONG_SCOPE)
    await perform('com.atproto.admin.updateSubjectStatus', adminAuth, {
      subject,
      takedown: { applied: false },
    })
    await expectSoon(member, { status: 200 })
  })

  test('a deactivation and its undoing show as soon as the firehose has told', async () => {
    const member = await join(cast.fronted, 'resting.test')
    await expectSoon(member, { status: 200 })
    await perform('com.atproto.server.deactivateAccount', `Bearer ${member.accessJwt}`, {})
    await expectSoon(member, DEACTIVATED)
    await perform('com.atproto.server.activateAccount', `Bearer ${member.accessJwt}`)
    await expectSoon(member, { status: 200 })
  })

  test('a deletion shows as soon as the firehose has told', async () => {
    const member = await join(cast.fronted, 'leaving.test')
    await expectSoon(member, { status: 200 })
    await perform('com.atproto.admin.deleteAccount', cast.fronted.world.adminAuth, { did: member.did })
    await expectSoon(member, NO_ACCOUNT)
  })
})

function procedure(nsid: string, authorization: string, body?: object): Sent {
  const path = `/xrpc/${nsid}`
  if (body === undefined) return { method: 'POST', path, headers: { authorization } }
  const headers = { authorization, 'content-type': 'application/json' }
  return { method: 'POST', path, headers, body: JSON.stringify(body) }
}
