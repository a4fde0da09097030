import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { SessionTokens } from '../../src/auth/session-token.ts'

const SECRET = 'the secret of the PDS'
const DID = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
const AUDIENCE = 'did:web:pds.example.com'
const EXP = 2_000_000_000
const NOW = EXP * 1000 - 1
const HEADER = { typ: 'at+jwt', alg: 'HS256' }
const CLAIMS = { scope: 'com.atproto.access', sub: DID, aud: AUDIENCE, iat: EXP - 7200, exp: EXP }

const tokens = new SessionTokens({ jwtSecret: SECRET, audience: AUDIENCE })

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function sign(signed: string, { digest = 'sha256', secret = SECRET } = {}): string {
  return `${signed}.${createHmac(digest, secret).update(signed).digest('base64url')}`
}

function token(claims: object = {}, header: object = {}, signing = {}): string {
  return sign(`${encode({ ...HEADER, ...header })}.${encode({ ...CLAIMS, ...claims })}`, signing)
}

test('the token of a full session is good until the instant it runs out at', () => {
  expect(tokens.verify(token(), NOW)).toEqual({ did: DID, exp: EXP })
  expect(tokens.verify(token(), NOW + 1)).toBeUndefined()
  expect(tokens.verify(token({ exp: undefined }), NOW + 1)).toEqual({ did: DID, exp: undefined })
  expect(tokens.verify(token({ jti: 'x', nbf: EXP - 1 }), NOW)).toEqual({ did: DID, exp: EXP })
})

const [HEAD = '', BODY = '', CODE = ''] = token().split('.')
const OTHER = encode({ ...CLAIMS, sub: 'did:plc:bbbbbbbbbbbbbbbbbbbbbbbb' })

describe('nothing is said of a token', () => {
  test.each<[string, string]>([
    ['of another secret', token({}, {}, { secret: 'another' })],
    ['with other claims than were signed', `${HEAD}.${OTHER}.${CODE}`],
    ['without a signature', `${HEAD}.${BODY}.`],
    ['of two parts', `${HEAD}.${BODY}`],
    ['of two parts that are signed', sign(HEAD)],
    ['of four parts', sign(`${HEAD}.${BODY}.${BODY}`)],
    ['that is empty', ''],
    ['that is one dot', '.'],
    ['whose signature is cut short', token().slice(0, -1)],
    ['whose signature is longer', `${token()}A`],
    ['whose signature is padded', `${token()}=`],
    ['that says it has no signature', `${encode({ ...HEADER, alg: 'none' })}.${BODY}.`],
    ['that says so and is signed', token({}, { alg: 'none' })],
    ['with a longer digest', token({}, { alg: 'HS512' }, { digest: 'sha512' })],
    ['that says it has one', token({}, { alg: 'HS512' })],
    ['with a longer digest than it says', token({}, {}, { digest: 'sha512' })],
    ['of another type', token({}, { typ: 'refresh+jwt' })],
    ['of no type', token({}, { typ: undefined })],
    ['that asks for what nobody here knows', token({}, { crit: ['exp'], exp: 1 })],
    ['for another audience', token({ aud: 'did:web:other.example.com' })],
    ['for no audience', token({ aud: undefined })],
    ['for a list of audiences', token({ aud: [AUDIENCE] })],
    ['of an app password', token({ scope: 'com.atproto.appPass' })],
    ['of a privileged app password', token({ scope: 'com.atproto.appPassPrivileged' })],
    ['without a scope', token({ scope: undefined })],
    ['bound to a key', token({ cnf: { jkt: 'x' } })],
    ['for one method', token({ lxm: 'com.atproto.server.getSession' })],
    ['of nobody', token({ sub: undefined })],
    ['of somebody without a DID', token({ sub: 'alice.test' })],
    ['whose id is no text', token({ jti: 7 })],
    ['that is not good yet', token({ nbf: EXP })],
    ['that runs out at no number', token({ exp: String(EXP) })],
    ['that never runs out, by a number', sign(`${HEAD}.${endless()}`)],
    ['made at no number', token({ iat: 'now' })],
    ['good from no number on', token({ nbf: null })],
    ['whose claims are a list', sign(`${HEAD}.${encode([CLAIMS])}`)],
    ['whose claims are no JSON', sign(`${HEAD}.bm90IEpTT04`)],
    ['whose header is no JSON', sign(`bm90IEpTT04.${BODY}`)],
  ])('%s', (_what, forged) => {
    expect(tokens.verify(forged, NOW)).toBeUndefined()
  })
})

/** Claims with a number that is too large for any, and so is infinite. */
function endless(): string {
  return Buffer.from(JSON.stringify(CLAIMS).replace(String(EXP), '1e999')).toString('base64url')
}
