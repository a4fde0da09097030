import { createServer, type IncomingHttpHeaders } from 'node:http'
import { expect, test } from 'vitest'
import { portOf } from '../../src/dev/free-port.ts'
import { PdsClient } from '../../src/pds/client.ts'

test('the key that exempts from rate limits goes with Latchkey’s own calls only, never with a caller’s', async () => {
  const seen: IncomingHttpHeaders[] = []
  await using server = createServer(({ headers }, response) => {
    seen.push(headers)
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"code":"a-b-c"}')
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const pds = new PdsClient({
    url: new URL(`http://127.0.0.1:${portOf(server)}`),
    adminPassword: 'admin password',
    rateLimitBypassKey: 'the key',
  })
  await pds.mintCode('did:web:latchkey.example.com:1:code')
  await pds.lookUp({ method: 'GET', path: '/xrpc/any', headers: {} })
  await pds.relay({
    method: 'POST',
    path: '/xrpc/any',
    headers: { 'x-forwarded-for': '192.0.2.1' },
    body: '{}',
  })
  expect(seen.map((headers) => headers['x-ratelimit-bypass'])).toEqual(['the key', 'the key', undefined])
  expect(seen.map(({ authorization }) => authorization !== undefined)).toEqual([true, false, false])
  server.closeAllConnections()
})
