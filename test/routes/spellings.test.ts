import { readFile } from 'node:fs/promises'
import { type ClientHttp2Session, connect } from 'node:http2'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { canonicalPath } from '../../src/gate/proxy/canonical.ts'
import { LIVE_PATH, READY_PATH } from '../../src/http/health.ts'
import { com } from '../../src/lexicons/index.ts'
import { PLAIN_TARGET } from '../../src/routes/own.ts'
import { OAUTH_SIGN_UP_PATH } from '../../src/gate/doors/oauth-sign-up.ts'
import { VIA } from '../../src/wire/via.ts'
import { METHOD_NSIDS } from '../../src/xrpc/methods.ts'
import { type RawAnswer, sendRaw } from '../gate/raw-http.ts'
import { anySpelling, spellings } from '../gate/spellings.ts'
import { pagePaths } from './page-paths.ts'
import { HOSTNAME, PROXIES, type RoutedWorld, startRoutedWorld } from './world.ts'

const { createAccount, createInviteCode, describeServer, getAccountInviteCodes } = com.atproto.server
const { disableInviteCodes, getInviteCodes } = com.atproto.admin

/** A route, and what only the PDS's own answers to a request with nothing in it. */
interface Route {
  readonly name: string
  readonly folder: string
  readonly rest: string
  readonly method: 'GET' | 'POST'
  readonly ownAnswer: string
}

const ROUTES: readonly Route[] = [
  { nsid: createAccount.$nsid, method: 'POST', ownAnswer: 'Missing required key' } as const,
  { nsid: createInviteCode.$nsid, method: 'POST', ownAnswer: 'AuthenticationRequired' } as const,
  { nsid: disableInviteCodes.$nsid, method: 'POST', ownAnswer: 'AuthenticationRequired' } as const,
  { nsid: getInviteCodes.$nsid, method: 'GET', ownAnswer: 'AuthenticationRequired' } as const,
  { nsid: getAccountInviteCodes.$nsid, method: 'GET', ownAnswer: 'AuthMissing' } as const,
].map(({ nsid, ...route }) => ({ ...route, name: nsid, folder: 'xrpc', rest: nsid }))

const OAUTH_DOOR: Route = {
  name: OAUTH_SIGN_UP_PATH,
  folder: '@atproto',
  rest: OAUTH_SIGN_UP_PATH.slice('/@atproto/'.length),
  method: 'POST',
  ownAnswer: 'Missing sec-fetch',
}

/** What reverse proxies in particular take for something else than the PDS does. */
function oddTargets({ folder, rest }: Route): readonly string[] {
  return [
    // Caddy takes it for a URL without a path, and sends on all behind the first colon: an absolute form.
    `x:http://${HOSTNAME}/${folder}/${rest}`,
    `http:http://${HOSTNAME}/${folder}/${rest}`,
    `http:${folder}/${rest}`,
    `x:/${folder}/${rest}`,
    `/${folder}/${rest}?\u00a0`,
    `//u@h/${folder}/${rest}?\u00a0`,
    `/${folder}/${rest}?{http.request.uri}`,
    `/{x}${folder}/${rest}`,
    `x:{x}/${folder}/${rest}`,
    `/${folder}/x/../${rest}`,
    `/${folder}/%2e%2e/${folder}/${rest}`,
    `${folder}/${rest}`,
  ]
}

describe.each(PROXIES)('the routes through $name', ({ isMissing, ...proxy }) => {
  describe.skipIf(isMissing())('as printed', () => {
    let routed: RoutedWorld
    let hosts: readonly string[]

    beforeAll(async () => {
      routed = await startRoutedWorld({ isMissing, ...proxy })
      hosts = [`${HOSTNAME}:${routed.port}`, `alice.${HOSTNAME}:${routed.port}`]
    })
    afterAll(() => routed?.[Symbol.asyncDispose]())
    beforeEach(() => {
      routed.passedBy.length = 0
    })

    /** Sends a request with nothing in it, spelled as it is. */
    async function ask(target: string, method: 'GET' | 'POST', host: string): Promise<RawAnswer> {
      const content =
        method === 'POST' ? 'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}' : '\r\n'
      const head = `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n`
      return sendRaw(routed.port, Buffer.from(head + content, 'latin1'))
    }

    describe.each([...ROUTES, OAUTH_DOOR])('$name', (route) => {
      const { folder, rest, method, ownAnswer } = route

      test('no spelling of it reaches the PDS past Latchkey, by the host name or a subdomain', async () => {
        const targets = [...spellings(folder, rest).map(([target]) => target), ...oddTargets(route)]
        expect(targets.length).toBeGreaterThan(40)
        let answeredHere = 0
        for (const host of hosts) {
          for (const spelled of targets) {
            const target = spelled.replaceAll('any.host', host)
            const answer = await ask(target, method, host)
            expect(routed.passedBy, `${target} at ${host}`).toEqual([])
            if (isOurs(answer)) answeredHere += 1
            else expect(answer.body, `${target} at ${host}`).not.toContain(ownAnswer)
          }
        }
        // The others are refused by the reverse proxy, or unknown to Latchkey and the PDS.
        expect(answeredHere).toBeGreaterThan(50)
      })

      test('the plain one is answered by Latchkey', async () => {
        for (const host of hosts) expect(isOurs(await ask(`/${folder}/${rest}`, method, host))).toBe(true)
      })
    })

    test('no spelling at all gets to a door past Latchkey', { timeout: 120_000 }, async () => {
      let answeredHere = 0
      for (const route of [...ROUTES.slice(0, 1), OAUTH_DOOR]) {
        const ours = canonicalPath(`/${route.folder}/${route.rest}`)
        const property = fc.asyncProperty(anySpelling(route.folder, route.rest), async (target) => {
          routed.passedBy.length = 0
          const answer = await ask(target, 'POST', hosts[0] ?? '')
          if (isOurs(answer)) answeredHere += 1
          else expect(answer.body, target).not.toContain(route.ownAnswer)
          for (const { target: seen } of routed.passedBy) expect(canonicalPath(seen), target).not.toBe(ours)
        })
        await fc.assert(property, { numRuns: 500 })
      }
      expect(answeredHere).toBeGreaterThan(50)
    })

    // Debian's nginx speaks HTTP/2 over TLS only.
    test.each(proxy.name === 'caddy' ? ['HTTP/2'] : [])(
      '%s has no other way to spell it either',
      async () => {
        const session = connect(routed.url)
        try {
          for (const route of [...ROUTES.slice(0, 1), OAUTH_DOOR]) {
            const { folder, rest, ownAnswer } = route
            for (const [target] of [...spellings(folder, rest), ...oddTargets(route).map((odd) => [odd])]) {
              const answer = await askByHttp2(session, target)
              expect(routed.passedBy, target).toEqual([])
              if (!answer.via.includes(VIA)) expect(answer.body, target).not.toContain(ownAnswer)
            }
            expect((await askByHttp2(session, `/${folder}/${rest}`)).via).toContain(VIA)
          }
        } finally {
          session.close()
        }
      },
    )

    test('all of Latchkey’s routes reach it, and those of its pages too', async () => {
      const paths = [
        ...METHOD_NSIDS.map((nsid) => `/xrpc/${nsid}`),
        '/xrpc/app.latchkey.invites.anything',
        ...[LIVE_PATH, READY_PATH, '/_latchkey/'],
        ...[
          '/invites',
          '/invites/',
          '/invites?x',
          '/Invites/tree',
          '/join/pds-test-abcde-fghij',
          '/admin',
          '/admin/x',
        ],
        '/oauth-client-metadata.json',
      ]
      for (const path of paths) {
        for (const host of hosts) await ask(path, 'GET', host)
        expect(routed.passedBy, path).toEqual([])
      }
      expect(METHOD_NSIDS.filter((nsid) => nsid.startsWith('com.atproto.'))).toHaveLength(9)
    })

    test('every address of the pages, and of what they load, reaches it by the host name', async () => {
      const [host = ''] = hosts
      const paths = await pagePaths()
      for (const part of [
        '/invites',
        '/admin/codes',
        '/join/',
        '/_latchkey/assets/',
        '/oauth-client-metadata.json',
      ])
        expect(
          paths.filter((path) => path.startsWith(part)),
          part,
        ).not.toEqual([])
      for (const path of paths) {
        const answer = await ask(path, 'GET', host)
        expect(routed.passedBy, path).toEqual([])
        expect(isOurs(answer), path).toBe(true)
      }
    })

    test('the PDS serves nothing where Latchkey’s pages are', async () => {
      const { url } = routed.world.pds
      for (const path of ['/_latchkey/live', '/invites', '/join/x', '/admin', '/oauth-client-metadata.json'])
        expect((await fetch(`${url}${path}`)).status, path).toBe(404)
    })

    test('everything else goes straight to the PDS, with the address of the client', async () => {
      const paths = [
        '/',
        '/robots.txt',
        '/xrpc/_health',
        `/xrpc/${describeServer.$nsid}`,
        `/xrpc/${createAccount.$nsid}s`,
        `/xrpc/${createAccount.$nsid}/x`,
        '/xrpc/com.atproto.identity.resolveHandle?handle=a.test&x=%2F;#',
        '/.well-known/atproto-did',
        '/.well-known/oauth-authorization-server',
        '/oauth/authorize?client_id=http%3A%2F%2Flocalhost&request_uri=urn:x',
        '/@atproto/oauth-provider/~api/sign-in',
        '/@atproto/oauth-provider/~assets/index-Dx_1.min.js',
        '/account/did:plc:abc',
        '/account/sign-up',
        '/inviteses',
        '/joining/x',
        '/administrator',
      ]
      for (const host of hosts) for (const path of paths) await ask(path, 'GET', host)
      expect(routed.passedBy.map(({ target }) => target)).toEqual([...paths, ...paths])
      for (const { forwardedFor } of routed.passedBy) expect(forwardedFor).toBe('127.0.0.1')
    })

    test('a page of the PDS with harmless escapes goes straight to it, and nothing else that is escaped does', async () => {
      const [host = ''] = hosts
      const pages = [
        '/account/u/did%3Aplc%3Aabc/about',
        '/account/u/did%3aweb%3aa.test%40b/about?x=%2F',
        '/oauth/a%2Bb%2C%24%26%3D%7E/',
        '/.well-known/%40x',
      ]
      for (const page of pages) await ask(page, 'GET', host)
      expect(routed.passedBy.map(({ target }) => target)).toEqual(pages)
      routed.passedBy.length = 0
      for (const target of [
        '/account/%2e%2e/invites',
        '/account/..%2Finvites',
        '/account/.%2e/invites',
        '/account%2F..%2Finvites',
        '/account/x%5C..%5C..%5Cinvites',
        '/account/%252e%252e/invites',
        '/account/%3Fx',
        '/account/%23',
        '/account/%3Ba',
        '/account/%00',
        '/accounts/did%3Aplc',
        '/Account/did%3Aplc',
        '/xrpc/com.atproto.server%40',
        '/@atproto/oauth-provider/%7Eapi/sign-up',
      ]) {
        await ask(target, 'GET', host)
        expect(routed.passedBy, target).toEqual([])
      }
    })

    test('no log of the reverse proxy shows a code', async () => {
      const [host = ''] = hosts
      for (const target of [
        '/join/secret-code-1',
        '/JOIN/secret-code-2?x',
        '/join/secret-code-3/#',
        // To nginx it is no request at all.
        '/join/secret-code-4%',
        '/account?to=%2Fjoin%2Fsecret-code-5',
        `/xrpc/${getInviteCodes.$nsid}?limit=1&cursor=recent:1:secret-code-6`,
        `/XRPC/${getInviteCodes.$nsid.toLowerCase()}/?cursor=recent:1:secret-code-7`,
        '/xrpc/_health',
      ]) {
        await ask(target, 'GET', host)
      }
      const referred = [LIVE_PATH, '/robots.txt', '/invites', '/account/u/did%3Aplc%3Aabc/about']
      for (const target of referred) {
        const head = `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n`
        await sendRaw(routed.port, `${head}Referer: http://localhost/Join/secret-code-8\r\n\r\n`)
      }
      await expect.poll(() => readFile(routed.proxy.accessLog, 'utf8')).toContain('/account/u/did%3A')
      const log = await readFile(routed.proxy.accessLog, 'utf8')
      expect(log).not.toContain('secret-code')
      expect(routed.proxy.errorLog()).not.toContain('secret-code')
      // Everything else is there to be read.
      expect(log).toContain('/xrpc/_health')
      expect(log).toContain(`${getInviteCodes.$nsid}?***`)
      for (const target of referred) {
        const line = log.split('\n').find((each) => each.includes(target) && each.includes('/Join/'))
        expect(line, target).toContain('http://localhost/Join/***')
      }
      if (proxy.name === 'nginx') expect(log).toContain('GET /join/*** HTTP')
    })
  })
})

test('a target that looks plain is read inside of the folder that it is spelled in, whatever is escaped', () => {
  const looksPlain = new RegExp(PLAIN_TARGET)
  const pieces = [
    '%3A',
    '%40',
    '%2b',
    '%2E',
    '%2F',
    '%5C',
    '%',
    '%25',
    'a',
    '.',
    '..',
    '/',
    ';',
    '\\',
    '@',
    '#',
    '?',
  ]
  const target = fc
    .tuple(
      fc.constantFrom('/account', '/oauth', '/.well-known', '/Account', '/xrpc', '/x', ''),
      fc.array(fc.constantFrom(...pieces), { maxLength: 8 }),
      fc.constantFrom('', '/invites', '/xrpc/com.atproto.server.createAccount'),
    )
    .map(([folder, between, end]) => ({ folder, target: `${folder}/${between.join('')}${end}` }))
  let escaped = 0
  fc.assert(
    fc.property(target, ({ folder, target: spelled }) => {
      const path = spelled.split('?')[0] ?? ''
      if (!looksPlain.test(spelled) || !path.includes('%')) return
      escaped += 1
      expect(['/account', '/oauth', '/.well-known']).toContain(folder)
      expect(canonicalPath(spelled).startsWith(`${folder}/`), spelled).toBe(true)
    }),
    { numRuns: 50_000 },
  )
  expect(escaped).toBeGreaterThan(500)
})

function isOurs({ headers }: RawAnswer): boolean {
  return headers.some((line) => line.toLowerCase().startsWith('via:') && line.includes(VIA))
}

/** Posts an empty object. A stream that the server resets has no answer. */
async function askByHttp2(session: ClientHttp2Session, path: string): Promise<{ via: string; body: string }> {
  const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/json' })
  let via = ''
  stream.on('response', (headers) => (via = headers['via'] ?? ''))
  stream.end('{}')
  return { body: await text(stream).catch(() => ''), via }
}
