import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canonicalPath, originForm } from '../../src/gate/proxy/canonical.ts'
import { $nsid as getInviteCodes } from '../../src/lexicons/com/atproto/admin/getInviteCodes.ts'
import { $nsid as createAccount } from '../../src/lexicons/com/atproto/server/createAccount.ts'
import { startWorld, type World } from '../support/pds.ts'
import { sendRaw } from './raw-http.ts'
import { anySpelling, spellings } from './spellings.ts'

/** Two methods, and the answer that only their own route gives to a request with nothing in it. */
const METHODS = [
  { nsid: createAccount, method: 'POST', ownAnswer: 'Missing required key' },
  { nsid: getInviteCodes, method: 'GET', ownAnswer: 'AuthenticationRequired' },
] as const

type Method = (typeof METHODS)[number]

const canonical = (nsid: string) => `/xrpc/${nsid.toLowerCase()}`

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

    it.each(spellings('xrpc', nsid))(`${nsid}: %s is %s by the PDS`, async (target, pds) => {
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
        fc.asyncProperty(anySpelling('xrpc', nsid), async (target) => {
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
      fc.property(anySpelling('xrpc', createAccount), (target) => {
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
