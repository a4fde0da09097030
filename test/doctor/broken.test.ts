import { createServer, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { portOf } from '../../src/dev/free-port.ts'
import { withoutCaddy } from '../support/caddy.ts'
import { type LossyLink, startLossyLink } from '../support/lossy-link.ts'
import { startWorld, type World } from '../support/pds.ts'
import { complaints, install, patientIn } from './installation.ts'

const MEGABYTE = 1024 * 1024

describe.skipIf(withoutCaddy())('an installation with a real Caddy', () => {
  let world: World
  let link: LossyLink

  beforeAll(async () => {
    world = await startWorld()
    link = await startLossyLink(world.pds.url)
  })
  afterAll(async () => {
    await link[Symbol.asyncDispose]()
    await world[Symbol.asyncDispose]()
  })

  test('that is healthy has no complaints, and only what can’t be had is left out', async () => {
    await using installation = await install({ world })
    expect(await complaints(patientIn(installation))).toEqual({})
    expect(await complaints(patientIn(installation), 'skipped')).toEqual({
      certificate: 'the public URL is one without TLS',
    })
  })

  test('whose PDS has another admin password', async () => {
    await using installation = await install({ world })
    const wrong = { ...installation.config, pdsAdminPassword: 'once-right' }
    await installation.stopLatchkey()
    await installation.startLatchkey(wrong)
    const found = await complaints(patientIn({ config: wrong }))
    expect(found).toEqual({ password: expect.stringMatching(/getInviteCodes at http.* → .*401/) })
    expect(JSON.stringify(found)).not.toContain('once-right')
  })

  test('with a door that is not routed', async () => {
    const before = 'handle /xrpc/com.atproto.server.createAccount* {\nPDS\n}'
    await using installation = await install({ world, before })
    expect(await complaints(patientIn(installation))).toEqual({
      doors: expect.stringMatching(
        /^2 requests.* → GET \/xrpc\/com.atproto.server.createAccount at localhost: the PDS answers, 400[^;]*$/,
      ),
    })
  })

  test('with a door that somebody else answers', async () => {
    const before = 'handle /xrpc/com.atproto.server.createAccount* {\nrespond 404\n}'
    await using installation = await install({ world, before })
    expect(await complaints(patientIn(installation))).toEqual({
      doors: expect.stringMatching(/createAccount at localhost: no mark, 404$/),
    })
  })

  test('with a method that is not routed', async () => {
    const before = 'handle /xrpc/com.atproto.server.createInviteCodes* {\nPDS\n}'
    await using installation = await install({ world, before })
    expect(await complaints(patientIn(installation))).toEqual({
      methods: expect.stringMatching(/→ GET \/xrpc\/com.atproto.server.createInviteCodes at localhost[^;]*$/),
    })
  })

  test.each([
    ['a subdomain', 'subdomains', 'host *.localhost', '', /GET \/xrpc\/\S+ at xrpc-check.localhost: the PDS/],
    ['letter case', 'letterCase', 'path_regexp ^/XRPC/', '', /GET \/XRPC\//],
    ['a trailing slash', 'slashes', 'path_regexp /$', '', /GET \/xrpc\/\S+\/ at localhost/],
    [
      'a double slash',
      'slashes',
      'vars_regexp {http.request.uri} ^//xrpc',
      'uri replace // /',
      /GET \/\/xrpc\//,
    ],
    [
      'encoded characters',
      'escapes',
      'vars_regexp {http.request.uri} %63om',
      'uri replace %63 c',
      /GET \/xrpc\/%63om/,
    ],
    ['a query', 'forms', 'query a=b', '', /GET \/xrpc\/\S+\?a=b at localhost/],
  ])('with a by-pass through %s', async (_name, check, matcher, rewrite, saw) => {
    const before = `@by ${matcher}\nhandle @by {\n${rewrite}\nPDS\n}`
    await using installation = await install({ world, before })
    expect(await complaints(patientIn(installation))).toEqual({ [check]: expect.stringMatching(saw) })
  })

  test('whose PDS answers the world on its own port', async () => {
    await using installation = await install({ world })
    // Stands for all addresses of this machine, and is on none of its interfaces: as one beyond a router.
    const addressesOf = async () => ['127.0.0.1', '0.0.0.0']
    const patient = patientIn(installation, {}, { addressesOf })
    expect(await complaints(patient)).toEqual({
      pdsPort: expect.stringMatching(/on 0\.0\.0\.0 → a PDS answers at http:\/\/0\.0\.0\.0:\d+, .*firewall/),
    })
    expect(await complaints(patient, 'warned')).toEqual({})
  })

  test('whose PDS answers at an address of this machine’s own, where no firewall is passed: a warning', async () => {
    await using installation = await install({ world })
    const addressesOf = async () => ['127.0.0.1', '0.0.0.0']
    const ownAddresses = () => ['127.0.0.1', '::ffff:0.0.0.0']
    const patient = patientIn(installation, {}, { addressesOf, ownAddresses })
    expect(await complaints(patient)).toEqual({})
    expect(await complaints(patient, 'warned')).toEqual({
      pdsPort: expect.stringMatching(/→ a PDS answers at http:\/\/0\.0\.0\.0:\d+, .*from another machine$/),
    })
  })

  test('whose PDS is down', async () => {
    await using installation = await install({ world, pdsUrl: link.url })
    link.refuse(true)
    try {
      expect(await complaints(patientIn(installation))).toEqual({
        pds: expect.stringMatching(/_health .* → the PDS at \S+ can't be reached \(ECONN\w+\)$/),
      })
      expect(Object.keys(await complaints(patientIn(installation), 'skipped'))).toEqual(
        expect.arrayContaining(['password', 'did', 'clock', 'openCodes', 'firehose', 'slashes', 'pdsPort']),
      )
    } finally {
      link.refuse(false)
    }
  })

  test('whose PDS has another service DID than before', async () => {
    await using installation = await install({ world, pdsUrl: link.url })
    const { service } = world.pds.pds.ctx.cfg
    const { did } = service
    service.did = 'did:web:elsewhere'
    link.refuse(true)
    link.refuse(false)
    try {
      expect(await complaints(patientIn(installation))).toEqual({
        did: expect.stringMatching(`should be ${did} as at the first start → it is did:web:elsewhere$`),
      })
    } finally {
      service.did = did
    }
  })

  test('whose PDS still has an interval', async () => {
    await using installation = await install({ world, pdsEnv: 'PDS_INVITE_INTERVAL=604800000\n' })
    expect(await complaints(patientIn(installation))).toEqual({
      interval: expect.stringMatching(/^to find PDS_INVITE_INTERVAL in \S+ → it is set$/),
    })
  })

  test('whose firehose is stalled', async () => {
    await using narrow = await startWithoutFirehose(world.pds.url)
    await using installation = await install({ world, innerUrl: narrow.url })
    expect(await complaints(patientIn(installation))).toEqual({
      firehose: expect.stringMatching(/_latchkey\/ready → the firehose is not connected$/),
    })
  })

  test.each([
    ['little', { free: 199 * MEGABYTE, total: 300 * MEGABYTE }, /→ 199 MB are free, 66 %$/],
    ['a small share', { free: 4000 * MEGABYTE, total: 100_000 * MEGABYTE }, /→ 4000 MB are free, 4 %$/],
  ])('whose disk has only %s free', async (_name, space, saw) => {
    await using installation = await install({ world })
    expect(await complaints(patientIn(installation, {}, { space: async () => space }))).toEqual({
      disk: expect.stringMatching(saw),
    })
  })

  test.each([
    [-60_000, 'ahead'],
    [60_000, 'behind'],
  ])('whose clock is %i ms off', async (off, word) => {
    await using installation = await install({ world })
    expect(await complaints(patientIn(installation, {}, { now: () => Date.now() + off }))).toEqual({
      clock: expect.stringMatching(new RegExp(`the PDS is (59|60|61) s ${word}$`)),
    })
  })

  test('whose PDS lets anybody in', async () => {
    await using installation = await install({ world })
    const { cfg } = world.pds.pds.ctx
    const { invites } = cfg
    cfg.invites = { required: false }
    try {
      expect(await complaints(patientIn(installation))).toEqual({
        invites: expect.stringMatching(/→ it requires no invite code$/),
      })
    } finally {
      cfg.invites = invites
    }
  })

  test('where Latchkey does not run', async () => {
    await using installation = await install({ world })
    await installation.stopLatchkey()
    expect(await complaints(patientIn(installation))).toEqual({
      latchkey: expect.stringMatching(/_latchkey\/ready → .*ECONNREFUSED/),
    })
    await installation.startLatchkey()
  })

  test('where Latchkey does not run, and everything goes to the PDS', async () => {
    await using installation = await install({ world, routes: '' })
    await installation.stopLatchkey()
    const found = await complaints(patientIn(installation))
    expect(Object.keys(found)).toEqual(['latchkey', 'doors', 'methods'])
    await installation.startLatchkey()
  })

  test('whose database is not there, or was never this host’s', async () => {
    await using installation = await install({ world })
    const elsewhere = { databasePath: `${installation.config.databasePath}.gone` }
    expect(await complaints(patientIn(installation, elsewhere))).toEqual({
      database: expect.stringMatching(/→ there is no database \S+\.gone$/),
    })
    const { publicUrl } = readConfig(
      {},
      {
        ...installation.environment,
        LATCHKEY_PUBLIC_URL: installation.config.publicUrl.href.replace('localhost', 'x.localhost'),
      },
    )
    expect(await complaints(patientIn(installation, { publicUrl }))).toMatchObject({
      database: expect.stringMatching(/→ it knows no host x\.localhost/),
    })
  })

  test('where a comparison of the accounts waits for a word', async () => {
    await using installation = await install({ world })
    await installation.store.wantResync('localhost', Date.now())
    await installation.store.holdResync('localhost', 42)
    expect(await complaints(patientIn(installation))).toEqual({
      resync: expect.stringMatching(/→ 42 accounts that Latchkey knows are missing/),
    })
  })

  test('whose PDS has open codes: before the take-over it is due, and after it they are told', async () => {
    await using own = await startWorld()
    const code = await own.createPdsCode()
    {
      await using installation = await install({ world: own })
      const found = await complaints(patientIn(installation))
      expect(found).toEqual({
        takeOver: expect.stringMatching(
          /→ no take-over was made, and 1 of its codes can still be redeemed there$/,
        ),
      })
      expect(JSON.stringify(found)).not.toContain(code)
    }
    await using installation = await install({ world: own, flags: { fresh: 'true' } })
    expect(await complaints(patientIn(installation))).toEqual({
      openCodes: expect.stringMatching(/→ 1 of its codes can still be redeemed there$/),
    })
    await disable(own, code)
    // What a sign-up goes through is Latchkey's own.
    await own.createPdsCode({ forAccount: 'did:web:latchkey.localhost:a-reservation:a-code' })
    expect(await complaints(patientIn(installation))).toEqual({})
  })
})

async function disable({ pds, adminAuth }: World, code: string): Promise<void> {
  await fetch(`${pds.url}/xrpc/com.atproto.admin.disableInviteCodes`, {
    method: 'POST',
    headers: { authorization: adminAuth, 'content-type': 'application/json' },
    body: JSON.stringify({ codes: [code] }),
  })
}

/** A way to a server that lets no websocket through. */
async function startWithoutFirehose(target: string): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((incoming, outgoing) => {
    const { url: path, method, headers } = incoming
    const onward = request(target, { path, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  server.on('upgrade', (_request, socket) => socket.destroy())
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://localhost:${portOf(server)}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await server[Symbol.asyncDispose]()
    },
  }
}
