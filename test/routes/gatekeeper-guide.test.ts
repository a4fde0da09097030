import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../src/dev/free-port.ts'
import { CREATE_ACCOUNT_PATH } from '../../src/gate/doors/create-account.ts'
import { createProxy, type Proxy } from '../../src/gate/proxy/proxy.ts'
import { com } from '../../src/lexicons/index.ts'
import { AccountPage } from '../doors/oauth-page.ts'
import { newPerson } from '../doors/people.ts'
import { startHttp, type TestServer } from '../gate/servers.ts'
import { withoutCaddy } from '../support/caddy.ts'
import { postJson } from '../support/pds.ts'
import { PROXIES, type RoutedWorld, startRoutedWorld } from './world.ts'

const { createInviteCode, createSession, describeServer } = com.atproto.server

/** What pds-gatekeeper has routes for; the rest it does not know. */
const GATEKEEPERS = new Set([
  CREATE_ACCOUNT_PATH,
  `/xrpc/${createSession.$nsid}`,
  `/xrpc/${describeServer.$nsid}`,
])

/** The blocks of a kind in the guide, as they stand there. */
async function blocksOf(kind: string): Promise<readonly string[]> {
  const guide = await readFile('docs/how-to/with-pds-gatekeeper.md', 'utf8')
  return [...guide.matchAll(new RegExp(`^\`\`\`${kind}\\n(.*?)^\`\`\``, 'gms'))].map(
    ([, block = '']) => block,
  )
}

describe.skipIf(withoutCaddy())('the guide to pds-gatekeeper, followed', () => {
  let routed: RoutedWorld
  let gatekeeper: TestServer
  let onward: Proxy | undefined
  const seen: { target: string; forwardedFor: string }[] = []

  beforeAll(async () => {
    gatekeeper = await startHttp((request, response) => {
      const target = request.url ?? ''
      seen.push({ target, forwardedFor: String(request.headers['x-forwarded-for']) })
      if (GATEKEEPERS.has(target)) onward?.web(request, response)
      else response.writeHead(404).end()
    })
    const [caddy] = PROXIES
    if (caddy?.name !== 'caddy') throw new Error('Caddy is first')
    const port = await freePort()
    const [inSite = '', sites = ''] = await blocksOf('caddyfile')
    const [settings = ''] = await blocksOf('sh')
    const [doorsUrl = ''] = /(?<=^LATCHKEY_DOORS_URL=).*/m.exec(settings) ?? []
    const placed = (text: string, pdsUrl: string) =>
      text
        .replaceAll('http://localhost:8080', gatekeeper.url.origin)
        .replaceAll('http://localhost:3000', pdsUrl)
        .replaceAll('2691', String(port))
    routed = await startRoutedWorld(caddy, { LATCHKEY_DOORS_URL: placed(doorsUrl, '') }, async (pdsUrl) => {
      onward = createProxy({ upstream: new URL(pdsUrl) })
      return { inSite: placed(inSite, pdsUrl), sites: placed(sites, pdsUrl) }
    })
  })

  afterAll(async () => {
    await routed?.[Symbol.asyncDispose]()
    await gatekeeper?.[Symbol.asyncDispose]()
    await onward?.close()
  })

  test('a sign-up passes Latchkey and pds-gatekeeper, and the other door passes it by', async () => {
    const { url, world, passedBy } = routed
    const giftCode = async () => {
      const path = `${url}/xrpc/${createInviteCode.$nsid}`
      return (await postJson<{ code: string }>(path, { useCount: 1 }, world.adminAuth)).code
    }
    const alice = await world.createAccount({
      handle: 'alice.test',
      viaUrl: url,
      inviteCode: await giftCode(),
    })
    expect(seen).toEqual([
      { target: CREATE_ACCOUNT_PATH, forwardedFor: expect.stringMatching(/^127\.0\.0\.1, /) },
    ])

    const page = await AccountPage.open(url)
    const form = { locale: 'en', ...newPerson(), inviteCode: await giftCode() }
    expect((await page.signUp(form)).status).toBe(200)
    expect(seen).toHaveLength(1)

    const credentials = { identifier: alice.handle, password: alice.password }
    await postJson(`${url}/xrpc/${createSession.$nsid}`, credentials)
    await fetch(`${url}/xrpc/${describeServer.$nsid}`)
    expect(seen.slice(1).map(({ target }) => target)).toEqual([
      `/xrpc/${createSession.$nsid}`,
      `/xrpc/${describeServer.$nsid}`,
    ])
    expect(passedBy.map(({ target }) => target)).not.toContain(CREATE_ACCOUNT_PATH)
  })
})
