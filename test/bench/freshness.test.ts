import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { watchFreshness } from '../../bench/load/freshness.ts'
import { portOf } from '../../src/dev/free-port.ts'

const MEMBERS = ['a', 'b', 'c'].map((name) => ({ did: `did:web:${name}`, authorization: `Bearer ${name}` }))

/** A server that only pretends: it gives codes, disables them, and lists them as late as it is told to. */
async function pretend(forgets: 'nothing' | 'new codes' | 'disabling') {
  let listed: string[] = []
  let made = 0
  async function answer(request: IncomingMessage): Promise<unknown> {
    const body = await text(request)
    if (request.url?.endsWith('createInviteCode')) {
      const code = `code-${made++}`
      if (forgets !== 'new codes') listed.push(code)
      return { code }
    }
    if (request.url?.endsWith('disableInviteCodes')) {
      const { codes } = JSON.parse(body) as { codes: string[] }
      if (forgets !== 'disabling') listed = listed.filter((code) => !codes.includes(code))
      return {}
    }
    return { codes: listed.map((code) => ({ code })) }
  }
  const server = createServer((request, response) => {
    void answer(request).then((said) => response.end(JSON.stringify(said)))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test.each([
  ['nothing', 0],
  ['new codes', MEMBERS.length],
  ['disabling', MEMBERS.length],
] as const)(
  'of a server that forgets %s, %i of six answers are found to be stale',
  async (forgets, stale) => {
    await using server = await pretend(forgets)
    const seen = await watchFreshness(server.url, MEMBERS, 'Basic admin', () => false)
    expect(seen).toEqual({ changes: 2 * MEMBERS.length, stale })
  },
)
