import { randomBytes } from 'node:crypto'
import { Agent } from 'node:http'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { join } from '../support/members.ts'
import type { Member } from '../support/pds.ts'
import { exchange, type Sent } from './support/exchange.ts'
import { askBoth, expectAnswers, type PdsSays, storeContents, type Told } from './support/parity.ts'

const { createAccount, createInviteCode, getAccountInviteCodes } = com.atproto.server
const { disableInviteCodes, getAccountInfo, getInviteCodes } = com.atproto.admin

const LIMIT = 150 * 1024
const GOOD = JSON.stringify({ useCount: 1 })
const MISSING_KEY = invalid('Missing required key "useCount" at $')
const NO_TYPE = invalid('Request encoding (Content-Type) required but not provided')
const UNREADABLE = invalid('The request body could not be read')
const NO_JSON: Told = { status: 400, error: 'SyntaxError', message: 'The request body is not valid JSON' }
const NO_OBJECT: Told = {
  status: 400,
  error: 'SyntaxError',
  message: 'The request body is not a JSON object',
}
const TOO_LARGE: Told = { status: 413, error: 'PayloadTooLargeError', message: 'request entity too large' }

type Row = readonly [name: string, sent: Partial<Sent>, latchkey: Told, pds: PdsSays]

let fronted: FrontedWorld
let alice: Member

beforeAll(async () => {
  fronted = await startFrontedWorld()
  alice = await join(fronted, 'alice.test')
})

afterAll(() => fronted[Symbol.asyncDispose]())

function invalid(message: string): Told {
  return { status: 400, error: 'InvalidRequest', message }
}

function wrongType(named: string): Told {
  return invalid(`Wrong request encoding (Content-Type): ${named}`)
}

function unsupported(what: string): Told {
  return { status: 415, error: 'UnsupportedMediaTypeError', message: `unsupported ${what}` }
}

/** A call of createInviteCode by the administrator, but for what a test says. */
function creating({ headers, ...rest }: Partial<Sent>): Sent {
  const { adminAuth: authorization } = fronted.world
  const path = `/xrpc/${createInviteCode.$nsid}`
  return {
    method: 'POST',
    path,
    ...rest,
    headers: { authorization, ...(headers ?? { 'content-type': 'application/json' }) },
  }
}

function keptConnection(): Agent & Disposable {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return Object.assign(agent, { [Symbol.dispose]: () => agent.destroy() })
}

function typed(type: string): Partial<Sent> {
  return { headers: { 'content-type': type }, body: GOOD }
}

function packed(encoding: string, body: string | Buffer): Partial<Sent> {
  return { headers: { 'content-type': 'application/json', 'content-encoding': encoding }, body }
}

function ofLength(bytes: number): string {
  const frame = JSON.stringify({ useCount: 1, pad: '' })
  return JSON.stringify({ useCount: 1, pad: 'x'.repeat(bytes - frame.length) })
}

const TYPES: readonly Row[] = [
  ['no body at all', {}, invalid('A request body is expected but none was provided'), 'the same'],
  ['no type', { headers: {}, body: GOOD }, NO_TYPE, 'the same'],
  ['an empty type', typed(''), NO_TYPE, 'the same'],
  ['a type that is parameters only', typed(';'), NO_TYPE, 'the same'],
  ['text', typed('text/plain; charset=utf-8'), wrongType('text/plain'), 'the same'],
  [
    'a form',
    typed('application/x-www-form-urlencoded'),
    wrongType('application/x-www-form-urlencoded'),
    'the same',
  ],
  ['a kind of JSON', typed('application/ld+json'), wrongType('application/ld+json'), 'the same'],
  ['any type', typed('*/*'), wrongType('*/*'), 'the same'],
  ['two types', typed('application/json, text/plain'), wrongType('application/json, text/plain'), 'the same'],
  ['no type’s name', typed('garbage'), wrongType('garbage'), 'the same in other words'],
  ['a file’s ending', typed('html'), wrongType('html'), 'the same in other words'],
  // The PDS takes it for the type, and the body for an empty one.
  ['the ending of JSON', typed('json'), wrongType('json'), MISSING_KEY],
  ['Latin-1', typed('application/json; charset=latin1'), unsupported('charset "LATIN1"'), 'the same'],
  ['a misspelled UTF-8', typed('application/json; charset=utf8'), unsupported('charset "UTF8"'), 'the same'],
]

const BODIES: readonly Row[] = [
  ['an empty body', { body: '' }, MISSING_KEY, 'the same'],
  ['an empty body in chunks', { body: '', chunked: true }, MISSING_KEY, 'the same'],
  ['a packed empty body', packed('gzip', gzipSync('')), MISSING_KEY, 'the same'],
  ['an array', { body: '[]' }, invalid('Expected object value type (got []) at $'), 'the same'],
  ['a string', { body: '"x"' }, NO_OBJECT, 'the same in other words'],
  ['a number', { body: '12' }, NO_OBJECT, 'the same in other words'],
  ['null', { body: 'null' }, NO_OBJECT, 'the same in other words'],
  ['half an object', { body: '{"useCount":' }, NO_JSON, 'the same in other words'],
  ['no JSON', { body: 'useCount=1' }, NO_JSON, 'the same in other words'],
  ['white space', { body: ' ' }, NO_JSON, 'the same in other words'],
  ['more than an object', { body: `${GOOD}x` }, NO_JSON, 'the same in other words'],
  ['bytes that are no UTF-8', { body: Buffer.from([0xff, 0xfe]) }, NO_JSON, 'the same in other words'],
  ['one byte too many', { body: ofLength(LIMIT + 1) }, TOO_LARGE, 'the same'],
  ['one byte too many in chunks', { body: ofLength(LIMIT + 1), chunked: true }, TOO_LARGE, 'the same'],
  ['megabytes', { body: ofLength(5_000_000) }, TOO_LARGE, 'the same'],
  ['megabytes in chunks', { body: ofLength(5_000_000), chunked: true }, TOO_LARGE, 'the same'],
  ['a bomb', packed('gzip', gzipSync(Buffer.alloc(50_000_000, ' '))), TOO_LARGE, 'the same'],
]

const ENCODINGS: readonly Row[] = [
  ...['zstd', 'x-gzip', 'gzip, gzip'].map((name): Row => [
    name,
    packed(name, GOOD),
    unsupported(`content encoding "${name}"`),
    'the same',
  ]),
  ['br', packed('br', brotliCompressSync(GOOD)), unsupported('content encoding "br"'), 'the same'],
]

// The PDS says “Error” and what its unpacking library says.
const BROKEN_PACKING: readonly Row[] = [
  ['nothing packed', packed('gzip', GOOD), UNREADABLE, broken('incorrect header check')],
  [
    'packed and cut off',
    packed('gzip', gzipSync(GOOD).subarray(0, -9)),
    UNREADABLE,
    broken('unexpected end of file'),
  ],
  ['no packed bytes', packed('gzip', ''), UNREADABLE, broken('unexpected end of file')],
  ['packed by another', packed('deflate', gzipSync(GOOD)), UNREADABLE, broken('incorrect header check')],
  [
    'megabytes that are not packed',
    packed('gzip', randomBytes(3_000_000)),
    TOO_LARGE,
    broken('incorrect header check'),
  ],
]

function broken(message: string): Told {
  return { status: 400, error: 'Error', message }
}

test.each([...TYPES, ...BODIES, ...ENCODINGS, ...BROKEN_PACKING])(
  'a body that can’t be taken: %s',
  async (_name, sent, latchkey, pds) => {
    const before = storeContents(fronted)
    expectAnswers(await askBoth(fronted, creating(sent)), latchkey, pds)
    expect(storeContents(fronted)).toEqual(before)
  },
)

test.each<readonly [name: string, sent: Partial<Sent>]>([
  ['plain', { body: GOOD }],
  ['in chunks', { body: GOOD, chunked: true }],
  ['as long as it may be', { body: ofLength(LIMIT) }],
  ['after a byte order mark', { body: `\uFEFF${GOOD}` }],
  ['in UTF-8', typed('application/json; charset=utf-8')],
  ['in quoted UTF-8', typed('application/json; charset="UTF-8"')],
  ['with another parameter', typed('application/json ; a=b')],
  ['by gzip', packed('gzip', gzipSync(GOOD))],
  ['by GZIP, in chunks', { ...packed('GZIP', gzipSync(GOOD)), chunked: true }],
  ['by deflate', packed('deflate', deflateSync(GOOD))],
  ['by identity', packed('identity', GOOD)],
  ['by an empty encoding', packed('', GOOD)],
])('a body that is taken: %s', async (_name, sent) => {
  const { latchkey, pds } = await askBoth(fronted, creating(sent))
  expect([latchkey.status, pds.status]).toEqual([200, 200])
})

// RFC 9110 section 8.3.1 and RFC 8259 section 8.1, where the PDS knows one spelling and other charsets.
test('types are told in any letter case, and JSON is UTF-8', async () => {
  const shouting = await askBoth(fronted, creating(typed('Application/JSON')))
  expectAnswers(shouting, { status: 200 }, wrongType('Application/JSON'))
  const wide = typed('application/json; charset=utf-16')
  const utf16 = await askBoth(fronted, creating({ ...wide, body: Buffer.from(GOOD, 'utf16le') }))
  expectAnswers(utf16, unsupported('charset "UTF-16"'), { status: 200 })
})

test('a body that was too long does not block its connection for good', async () => {
  using agent = keptConnection()
  for (const origin of [fronted.world.pds.url, fronted.url]) {
    const send = (sent: Sent) => exchange(origin, { ...sent, agent })
    const { status } = await send(creating({ body: ofLength(5_000_000), chunked: true }))
    const next = await send({ path: `/xrpc/${getAccountInviteCodes.$nsid}` })
    expect([status, next.status]).toEqual([413, 401])
  }
})

test('a query takes no body, unless it is empty', async () => {
  const path = `/xrpc/${getAccountInviteCodes.$nsid}`
  const headers = { authorization: `Bearer ${alice.accessJwt}`, 'content-type': 'application/json' }
  const refused = invalid('A request body was provided when none was expected')
  for (const chunked of [false, true]) {
    expectAnswers(await askBoth(fronted, { path, headers, body: '{}', chunked }), refused, 'the same')
    expectAnswers(
      await askBoth(fronted, { path, headers, body: '', chunked }),
      { status: 200 },
      { status: 200 },
    )
  }
  const huge = { path, headers, body: ofLength(5_000_000), chunked: true }
  expectAnswers(await askBoth(fronted, huge), refused, 'the same')
})

describe('what a refusal leaves in the log', () => {
  test.each([
    ['{"codes":["secret-code-1"]', { status: 400, error: 'SyntaxError' }],
    ['{"codes":"secret-code-2"}', { status: 400, error: 'InvalidRequest' }],
  ])('%s: nothing of the body', async (body, expected) => {
    const sent = creating({ path: `/xrpc/${disableInviteCodes.$nsid}`, body })
    expect(await exchange(fronted.url, sent)).toMatchObject(expected)
    expect(fronted.logs.join('\n')).toContain(expected.error)
    expect(fronted.logs.join('\n')).not.toContain('secret-code')
  })
})

describe.each([
  ['GET', getAccountInviteCodes.$nsid],
  ['GET', getInviteCodes.$nsid],
  ['GET', getAccountInfo.$nsid],
  ['POST', createInviteCode.$nsid],
  ['POST', disableInviteCodes.$nsid],
  ['POST', createAccount.$nsid],
])('%s %s', (expected, nsid) => {
  const path = `/xrpc/${nsid}`

  test(`no other method: ${expected === 'GET' ? 'POST' : 'GET'}`, async () => {
    const method = expected === 'GET' ? 'POST' : 'GET'
    const refused = invalid(`Incorrect HTTP method (${method}) expected ${expected}`)
    expectAnswers(await askBoth(fronted, { method, path }), refused, 'the same')
  })

  test.each(['PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND'])('no other method: %s', async (method) => {
    const refused = invalid('XRPC requests only supports GET and POST')
    expectAnswers(await askBoth(fronted, { method, path }), refused, 'the same')
  })

  test('HEAD is answered as GET is, without a body', async () => {
    const got = await askBoth(fronted, { path })
    const { latchkey, pds } = await askBoth(fronted, { method: 'HEAD', path })
    expect([latchkey.status, latchkey.body]).toEqual([got.latchkey.status, ''])
    expect([pds.status, pds.body]).toEqual([latchkey.status, ''])
  })

  test.each([
    [
      'a preflight',
      { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,x-a, x-b' },
    ],
    ['a preflight without wishes', { 'access-control-request-method': 'GET' }],
    ['OPTIONS without more', {}],
  ])('%s is answered as the PDS does', async (_name, headers) => {
    const sent = { method: 'OPTIONS', path, headers: { origin: 'https://client.example', ...headers } }
    const { latchkey, pds } = await askBoth(fronted, sent)
    expect(cors(latchkey)).toEqual(cors(pds))
    expect(cors(latchkey)).toMatchObject({ status: 204, 'allow-origin': '*', 'max-age': '86400' })
  })
})

function cors({ status, headers }: { status: number; headers: Sent['headers'] | object }) {
  const told = Object.entries(headers ?? {}).filter(([name]) => name.startsWith('access-control-'))
  return {
    status,
    ...Object.fromEntries(told.map(([name, value]) => [name.slice('access-control-'.length), value])),
  }
}

test('browsers may read every answer, whatever went wrong', async () => {
  const headers = { origin: 'https://client.example' }
  const requests: readonly Sent[] = [
    { path: `/xrpc/${getAccountInviteCodes.$nsid}`, headers },
    { path: `/xrpc/${getAccountInviteCodes.$nsid}?includeUsed=1`, headers },
    {
      path: `/xrpc/${getAccountInviteCodes.$nsid}`,
      headers: { ...headers, authorization: `Bearer ${alice.accessJwt}` },
    },
    { method: 'PUT', path: `/xrpc/${getAccountInviteCodes.$nsid}`, headers },
    { method: 'POST', path: `/xrpc/${createInviteCode.$nsid}`, headers },
    creating({ headers: { ...headers, 'content-type': 'application/json' }, body: '{' }),
    {
      method: 'POST',
      path: `/xrpc/${createAccount.$nsid}`,
      headers: { ...headers, 'content-type': 'x' },
      body: '{',
    },
  ]
  for (const sent of requests) {
    const { latchkey, pds } = await askBoth(fronted, sent)
    expect(cors(latchkey)).toEqual(cors(pds))
    expect(latchkey.headers['access-control-allow-origin']).toBe('*')
  }
})

describe('odd paths', () => {
  const nsid = getAccountInviteCodes.$nsid

  // What the PDS takes for the method is the method here.
  test.each([
    `/XRPC/${nsid}`,
    `/xrpc/${nsid.toUpperCase()}`,
    `/xrpc/${nsid.toLowerCase()}`,
    `/xrpc/${nsid}/`,
    `/XRPC/${nsid}/?includeUsed=true`,
    `/xrpc/${nsid}?`,
    `http://localhost/xrpc/${nsid}`,
    `HTTP://other.example:81/XRPC/${nsid}/`,
  ])('%s is the method', async (path) => {
    const headers = { authorization: `Bearer ${alice.accessJwt}` }
    const { latchkey, pds } = await askBoth(fronted, { path, headers })
    expect([latchkey.status, pds.status]).toEqual([200, 200])
    const codes = (body: string) => (JSON.parse(body) as { codes: unknown[] }).codes
    expect(codes(latchkey.body)).toEqual(
      codes((await exchange(fronted.url, { path: `/xrpc/${nsid}`, headers })).body),
    )
    const missing = { status: 401, error: 'AuthMissing', message: 'Authentication Required' }
    expectAnswers(await askBoth(fronted, { path }), missing, 'the same')
  })

  // What the PDS does not know may be the method behind another proxy, so that Latchkey answers rather than the PDS.
  test.each([
    `/xrpc//${nsid}`,
    `/xrpc/${nsid}//`,
    `/xrpc/./${nsid}`,
    `/xrpc/${nsid.replace('.', '%2E')}`,
    `/xrpc/${nsid};a=b`,
  ])('%s is the method too, and unknown to the PDS', async (path) => {
    const missing = { status: 401, error: 'AuthMissing', message: 'Authentication Required' }
    expectAnswers(await askBoth(fronted, { path }), missing, invalid('invalid xrpc path'))
  })

  test.each([
    [`/XRPC/${createInviteCode.$nsid}`, 'useCount must be between 1 and 100000, got 0'],
    [`/xrpc/${createInviteCode.$nsid.toLowerCase()}/`, 'useCount must be between 1 and 100000, got 0'],
    [`http://localhost/xrpc/${createInviteCode.$nsid}`, 'useCount must be between 1 and 100000, got 0'],
  ])('%s makes no code at the PDS', async (path, message) => {
    const answer = await exchange(fronted.url, creating({ path, body: '{"useCount":0}' }))
    expect(answer).toMatchObject(invalid(message))
  })
})
