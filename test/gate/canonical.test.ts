import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canonicalPath, originForm } from '../../src/gate/proxy/canonical.ts'
import { $nsid as getInviteCodes } from '../../src/lexicons/com/atproto/admin/getInviteCodes.ts'
import { $nsid as createAccount } from '../../src/lexicons/com/atproto/server/createAccount.ts'
import { startWorld, type World } from '../support/pds.ts'
import { sendRaw } from './raw-http.ts'

/** Two methods, and the answer that only their own route gives to a request with nothing in it. */
const METHODS = [
  { nsid: createAccount, method: 'POST', ownAnswer: 'Missing required key' },
  { nsid: getInviteCodes, method: 'GET', ownAnswer: 'AuthenticationRequired' },
] as const

type Method = (typeof METHODS)[number]

const canonical = (nsid: string) => `/xrpc/${nsid.toLowerCase()}`

/** Spellings of a method's target; all mean the method to us, and some to the PDS. */
function spellings(nsid: string): ReadonlyArray<readonly [target: string, pds: 'answered' | 'ignored']> {
  const escapedLetter = `%${nsid.charCodeAt(0).toString(16)}${nsid.slice(1)}`
  return [
    [`/xrpc/${nsid}`, 'answered'],
    [`/xrpc/${nsid}?`, 'answered'],
    [`/xrpc/${nsid}?a=1&a=2`, 'answered'],
    [`/xrpc/${nsid}/`, 'answered'],
    [`/xrpc/${nsid}/?a=/b`, 'answered'],
    [`/XRPC/${nsid}`, 'answered'],
    [`/xRpC/${nsid.toUpperCase()}/`, 'answered'],
    [`/xrpc/${nsid.toLowerCase()}`, 'answered'],
    [`http://any.host/xrpc/${nsid}`, 'answered'],
    [`HTTP://ANY.HOST:1/XRPC/${nsid}/?a`, 'answered'],
    [`http:///xrpc/${nsid}`, 'answered'],
    [`http://user:pass@any.host/xrpc/${nsid}`, 'answered'],
    [`http://a@b@c/xrpc/${nsid}`, 'answered'],
    [`http://[::1]:80/xrpc/${nsid}`, 'answered'],
    [`https://any.host/xrpc/${nsid}#x`, 'answered'],
    [`ftp://any.host/xrpc/${nsid}`, 'answered'],
    [`http://any.host/xrpc\\${nsid}`, 'answered'],
    [`/xrpc/${nsid}#`, 'answered'],
    [`/xrpc/${nsid}/#/x`, 'answered'],
    [`/xrpc/${nsid}#?a`, 'answered'],
    [`/xrpc/${nsid}?a#b`, 'answered'],
    [`/xrpc\\${nsid}#`, 'answered'],
    [`/xrpc\\${nsid}\\?a#`, 'answered'],
    [`//user@host/xrpc/${nsid}#`, 'answered'],
    [`/\\user@host\\xrpc\\${nsid}\\?a=#`, 'answered'],
    [`//a@b@c/XRPC/${nsid}?#`, 'answered'],
    [`//xrpc/${nsid}`, 'ignored'],
    [`/xrpc//${nsid}`, 'ignored'],
    [`/xrpc/${nsid}//`, 'ignored'],
    [`/xrpc\\${nsid}`, 'ignored'],
    [`/xrpc/${escapedLetter}`, 'ignored'],
    [`/xrpc%2F${nsid}`, 'ignored'],
    [`/xrpc%5c${nsid}`, 'ignored'],
    [`/%78rpc/${nsid}`, 'ignored'],
    [`/xrpc/${nsid};a=b`, 'ignored'],
    [`/xrpc;a/${nsid}`, 'ignored'],
    [`/xrpc/./${nsid}`, 'ignored'],
    [`/x/%2e./xrpc/${nsid}`, 'ignored'],
  ]
}

describe('canonicalPath', () => {
  let world: World
  let port: number

  beforeAll(async () => {
    world = await startWorld()
    port = Number(new URL(world.pds.url).port)
  })
  afterAll(() => world[Symbol.asyncDispose]())

  async function reachesPdsMethod({ method, ownAnswer }: Method, target: string, host = 'any.host') {
    const content =
      method === 'POST' ? 'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}' : '\r\n'
    const head = `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n`
    return (await sendRaw(port, head + content)).body.includes(ownAnswer)
  }

  for (const tested of METHODS) {
    const { nsid } = tested

    it.each(spellings(nsid))(`${nsid}: %s is %s by the PDS`, async (target, pds) => {
      expect(await reachesPdsMethod(tested, target)).toBe(pds === 'answered')
      expect(canonicalPath(target)).toBe(canonical(nsid))
      expect(canonicalPath(originForm(target))).toBe(canonical(nsid))
    })

    it(`${nsid}: no Host takes it elsewhere`, async () => {
      for (const host of ['localhost', 'alice.test', '127.0.0.1:1', ''])
        expect(await reachesPdsMethod(tested, `/xrpc/${nsid}`, host)).toBe(true)
    })

    it(`${nsid}: no spelling that the PDS answers is missed`, { timeout: 60_000 }, async () => {
      let reached = 0
      await fc.assert(
        fc.asyncProperty(anySpelling(nsid), async (target) => {
          // Forwarding sends the origin form, so neither spelling may reach the method unseen.
          for (const sent of [target, originForm(target)]) {
            if (!(await reachesPdsMethod(tested, sent))) continue
            reached += 1
            expect(canonicalPath(target), `for ${sent}`).toBe(canonical(nsid))
          }
        }),
        { numRuns: 1500 },
      )
      expect(reached).toBeGreaterThan(300)
    })
  }

  it('leaves other routes apart, with their capitals lowered', () => {
    expect(canonicalPath('/')).toBe('/')
    expect(canonicalPath('/xrpc/_health')).toBe('/xrpc/_health')
    expect(canonicalPath('/@atproto/oauth-provider/~api/sign-up?x')).toBe(
      '/@atproto/oauth-provider/~api/sign-up',
    )
    expect(canonicalPath(`/xrpc/${createAccount}s`)).not.toBe(canonical(createAccount))
    expect(canonicalPath(`/x/xrpc/${createAccount}`)).not.toBe(canonical(createAccount))
    expect(canonicalPath(`/?/xrpc/${createAccount}`)).toBe('/')
    expect(canonicalPath('*')).toBe('/*')
    expect(canonicalPath('')).toBe('/')
  })

  it('gives a canonical path back unchanged', () => {
    fc.assert(
      fc.property(anySpelling(createAccount), (target) => {
        const once = canonicalPath(target)
        expect(once).toBe(once.toLowerCase())
        if (/^[\w./~@-]*$/.test(once)) expect(canonicalPath(once)).toBe(once)
      }),
    )
  })
})

describe('originForm', () => {
  it.each([
    ['/a?b', '/a?b'],
    ['//a@b/c#', '//a@b/c#'],
    ['*', '*'],
    ['http://h/a?b#c', '/a?b#c'],
    ['HTTP://u:p@h:1', '/'],
    ['http://h?x=1', '/?x=1'],
    ['http:///a', '/a'],
    ['http://h\\a', '/\\a'],
  ])('%s is forwarded as %s', (target, forwarded) => {
    expect(originForm(target)).toBe(forwarded)
  })
})

/** Targets put together from the pieces that URL parsers disagree about. */
function anySpelling(nsid: string): fc.Arbitrary<string> {
  const letters = fc.array(fc.boolean(), { minLength: nsid.length, maxLength: nsid.length })
  const anyCase = letters.map((upper) =>
    [...nsid].map((letter, index) => (upper[index] ? letter.toUpperCase() : letter.toLowerCase())).join(''),
  )
  const likely = (usual: readonly string[], odd: readonly string[]) =>
    fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...usual) }, fc.constantFrom(...odd))
  const start = likely(
    ['', '//u@h', '/\\u@h', 'http://', 'http://h', 'hTTp://u:p@h:1', 'http://h//u@i', 'ws://h'],
    [
      '/',
      '/.',
      '/\\',
      '//u@',
      '//u@h;',
      '//u@[::1]',
      '//u@h!',
      'http://h\\',
      'http://h;',
      'x://h',
      'http://a?@h',
    ],
  )
  const separator = likely(['/', '/', '\\'], ['//', '/\\', '%2f', '/./', '/;/'])
  const folder = likely(['xrpc', 'XRPC'], ['%78rpc', 'xrpc.'])
  const end = likely(
    ['', '/', '\\', '?', '?a=1', '/?a'],
    ['//', '/.', '.', ';a', '%20', '%00', '%23', '?/../', '?\\'],
  )
  const tail = fc.constantFrom('', '#', '#a', '?#', '?a=1#?b', '#\\', '#//u@h/')
  return fc.tuple(start, separator, folder, separator, anyCase, end, tail).map((pieces) => pieces.join(''))
}
