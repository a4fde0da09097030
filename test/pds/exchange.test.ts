import { createServer, type RequestListener } from 'node:http'
import { expect, test } from 'vitest'
import { portOf } from '../../src/dev/free-port.ts'
import { PdsClient, type PdsRequest } from '../../src/pds/client.ts'

const ASKED: PdsRequest = { method: 'GET', path: '/xrpc/any', headers: {} }

/** A PDS that answers as a test says, how often it was asked, and who asks it. */
async function openPds(answer: RequestListener) {
  const seen = { requests: 0, connections: 0 }
  const server = createServer((request, response) => {
    seen.requests += 1
    answer(request, response)
  })
  server.on('connection', () => (seen.connections += 1))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const url = new URL(`http://127.0.0.1:${portOf(server)}`)
  return {
    seen,
    server,
    pds: new PdsClient({ url, adminPassword: 'admin password', rateLimitBypassKey: undefined }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await server[Symbol.asyncDispose]()
    },
  }
}

test.each<[string, RequestListener, Partial<PdsRequest>, cause: RegExp]>([
  ['is longer than it may be', (_, response) => response.end('x'.repeat(1001)), {}, /longer than 1000 bytes/],
  ['is longer, and never ends', (_, response) => response.write('x'.repeat(1001)), {}, /longer than 1000/],
  ['does not come in time', () => undefined, { timeout: 50 }, /no answer within 50 ms/],
  [
    'begins, and does not end in time',
    (_, response) => response.write('x'),
    { timeout: 50 },
    /aborted|no answer/,
  ],
  [
    'breaks off',
    (_, response) => {
      response.writeHead(200, { 'content-length': 100 })
      response.write('x', () => response.destroy())
    },
    {},
    /aborted/,
  ],
  ['never comes', (_, response) => response.destroy(), {}, /socket hang up/],
  ['is waited for no longer', () => undefined, { signal: AbortSignal.timeout(50) }, /aborted/],
])('an answer that %s is none', async (_name, answer, change, cause) => {
  await using world = await openPds(answer)
  const asking = world.pds.relay({ ...ASKED, limit: 1000, ...change })
  await expect(asking).rejects.toMatchObject({
    name: 'PdsUnreachableError',
    cause: expect.objectContaining({ message: expect.stringMatching(cause) }),
  })
  // Nothing is left waiting for the rest of it.
  await expect.poll(() => openConnections(world.server)).toBe(0)
})

function openConnections(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve) => {
    server.getConnections((_error, count) => resolve(count))
  })
}

test('an answer comes whole, with its cookies, and without what was of the connection', async () => {
  await using world = await openPds((_, response) => {
    response.writeHead(401, {
      'set-cookie': ['a=1', 'b=2'],
      'WWW-Authenticate': 'DPoP',
      'keep-alive': 'max=1',
    })
    response.write('one, ')
    setImmediate(() => response.end('two'))
  })
  const { status, headers, body } = await world.pds.relay(ASKED)
  expect([status, Buffer.from(body).toString()]).toEqual([401, 'one, two'])
  expect(headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  expect(headers.get('www-authenticate')).toBe('DPoP')
  for (const name of ['connection', 'keep-alive', 'transfer-encoding']) expect(headers.has(name)).toBe(false)
})

test('redirections are not followed, and questions share a connection while sign-ups have their own', async () => {
  await using world = await openPds((_, response) =>
    response.writeHead(302, { location: '/elsewhere' }).end(),
  )
  for (let count = 0; count < 3; count++) expect((await world.pds.relay(ASKED)).status).toBe(302)
  expect(world.seen).toEqual({ requests: 3, connections: 1 })
  await world.pds.relay({ ...ASKED, method: 'POST', body: '{}' })
  expect(world.seen).toEqual({ requests: 4, connections: 2 })
})
