import { createServer } from 'node:https'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Config } from '../../src/config.ts'
import { freePort, portOf } from '../../src/dev/free-port.ts'
import { nginxSnippet } from '../../src/routes/nginx.ts'
import { withoutCaddy } from '../support/caddy.ts'
import { startNginx, withoutNginx } from '../support/nginx.ts'
import { startWorld, type World } from '../support/pds.ts'
import { findProgram, startServerProcess } from '../support/server-process.ts'
import { complaints, install, type Installation, patientIn } from './installation.ts'

describe.skipIf(withoutCaddy())('from outside', () => {
  let world: World
  let installation: Installation

  beforeAll(async () => {
    world = await startWorld()
    installation = await install({ world })
  })
  afterAll(async () => {
    await installation[Symbol.asyncDispose]()
    await world[Symbol.asyncDispose]()
  })

  const at = (scheme: string, port: number): Partial<Config> => ({
    publicUrl: new URL(`${scheme}://localhost:${port}`),
  })

  test('Latchkey itself may be what stands on the public URL', async () => {
    const { port } = installation.config
    expect(await complaints(patientIn(installation, at('http', port)))).toEqual({})
  })

  test('a certificate that nobody knows is told by itself, and everything else is looked at all the same', async () => {
    const port = await freePort()
    await using _caddy = await startTls(port, installation.config.port)
    const patient = patientIn(installation, at('https', port))
    expect(await complaints(patient)).toEqual({
      certificate: expect.stringMatching(/^https:\S+ → .*(issuer|self.signed)/),
    })
    expect(await complaints(patient, 'skipped')).toEqual({})
  })

  test('no certificate at all is told', async () => {
    await using server = createServer()
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    expect(await complaints(patientIn(installation, at('https', portOf(server))))).toEqual({
      certificate: expect.stringMatching(/→ no certificate: /),
    })
  })

  test('a public URL where nobody answers is told', async () => {
    const port = await freePort()
    expect(await complaints(patientIn(installation, at('http', port)))).toEqual({
      public: expect.stringMatching(/ECONNREFUSED/),
    })
  })

  test.skipIf(withoutNginx())('nginx with the printed routes has no complaints', async () => {
    const port = await freePort()
    const logs = join(world.dataDir, 'nginx')
    await mkdir(logs)
    const pds = `http://127.0.0.1:${new URL(world.pds.url).port}`
    const latchkey = `127.0.0.1:${installation.config.port}`
    const snippet = nginxSnippet({ hostname: 'localhost', latchkey, pds, logs })
    await using _nginx = await startNginx({ port, hostname: 'localhost', pds, snippet, logs })
    expect(await complaints(patientIn(installation, at('http', port)))).toEqual({})
  })

  test.skipIf(withoutNginx())(
    'nginx that tidies paths after a rule on the raw ones is told for each kind',
    async () => {
      const port = await freePort()
      const logs = join(world.dataDir, 'nginx-tidy')
      await mkdir(logs)
      const pds = `http://127.0.0.1:${new URL(world.pds.url).port}/`
      const site = `
        if ($request_uri ~ "^/(xrpc/(app[.]latchkey|com[.]atproto[.](server[.](create|getAccount)|admin[.](get|disable|enable)))|@atproto/.*sign-up)") {
            rewrite ^ /ours? last;
        }
        location = /ours { internal; proxy_pass http://127.0.0.1:${installation.config.port}$request_uri; }`
      await using _nginx = await startNginx({
        port,
        hostname: 'localhost',
        pds,
        snippet: { global: '', site },
        logs,
      })
      const found = await complaints(patientIn(installation, at('http', port)))
      expect(Object.keys(found)).toEqual(['letterCase', 'slashes', 'escapes'])
    },
  )
})

/** Caddy with a certificate of its own making, and Latchkey behind it for everything. */
async function startTls(port: number, latchkey: number): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const dir = await mkdtemp(join(tmpdir(), 'latchkey-caddy-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  const file = join(dir, 'Caddyfile')
  await writeFile(
    file,
    `{
	admin off
	auto_https disable_redirects
	skip_install_trust
	default_bind 127.0.0.1
}
https://localhost:${port}, https://*.localhost:${port} {
	tls internal
	reverse_proxy 127.0.0.1:${latchkey}
}
`,
  )
  const env = { HOME: dir, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir }
  const args = ['run', '--adapter', 'caddyfile', '--config', file]
  stack.use(await startServerProcess(findProgram('caddy') ?? 'caddy', args, { port, env }))
  return stack.move()
}
