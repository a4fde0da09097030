import dns from 'node:dns'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { Browser } from 'playwright-core'
import { vi } from 'vitest'
import { freePort } from '../../src/dev/free-port.ts'
import { startProgram } from '../cli/program.ts'
import { startChromium } from '../support/chromium.ts'
import { type PdsLine, startWorld, type World } from '../support/pds.ts'
import { findProgram, startServerProcess } from '../support/server-process.ts'

/** Kept for networks of one's own: no name server knows names under it. */
const DOMAIN = '.internal'

/** As in production: the program `latchkey serve` and a PDS behind a real Caddy with https, on names of their own. */
export interface TlsWorld extends AsyncDisposable {
  /** The PDS's public URL, with Latchkey in front. */
  readonly url: string
  /** Where the pages are. */
  readonly web: string
  readonly world: World
  /** A browser that finds these names. It does not know Caddy's authority: let its windows ignore that. */
  readonly startBrowser: () => Promise<Browser>
}

/**
 * Starts all of it.
 *
 * @param names host names under `.internal`; the same one twice puts the pages on the PDS's own
 */
export async function startTlsWorld(
  line: PdsLine,
  names: { readonly pds: string; readonly web: string },
): Promise<TlsWorld> {
  await using stack = new AsyncDisposableStack()
  const dir = await mkdtemp(join(tmpdir(), 'latchkey-tls-'))
  stack.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }))
  const [port, latchkeyPort] = [await freePort(), await freePort()]
  const [url, web] = [`https://${names.pds}:${port}`, `https://${names.web}:${port}`]
  stack.use(nameServer())
  stack.use(await startCaddy(dir, [...new Set([url, web])], { port, latchkeyPort }))
  stack.use(await trust(join(dir, 'caddy/pki/authorities/local/root.crt')))

  const world = stack.use(await startWorld({ publicUrl: url, line }))
  const settings = {
    LATCHKEY_PUBLIC_URL: url,
    LATCHKEY_PDS_URL: world.pds.url,
    LATCHKEY_PDS_ADMIN_PASSWORD: world.secrets.adminPassword,
    LATCHKEY_PORT: String(latchkeyPort),
    LATCHKEY_DATABASE: `sqlite:${join(world.dataDir, 'latchkey.sqlite')}`,
    LATCHKEY_FRESH: 'true',
    ...(web !== url && { LATCHKEY_WEB_URL: web }),
  }
  const latchkey = stack.use(startProgram(['serve'], settings))
  await latchkey.untilSays(/Latchkey is listening/)
  const running = stack.move()
  return {
    url,
    web,
    world,
    startBrowser: () => startChromium([`--host-resolver-rules=MAP *${DOMAIN} 127.0.0.1`]),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** In the place of a name server, for this process, in which the PDS runs. */
function nameServer(): Disposable {
  const { lookup } = dns
  const here = (name: string, ...rest: [dns.LookupOptions, () => void]) => {
    lookup(name.endsWith(DOMAIN) ? '127.0.0.1' : name, ...rest)
  }
  const spy = vi.spyOn(dns, 'lookup').mockImplementation(here as typeof dns.lookup)
  return { [Symbol.dispose]: () => spy.mockRestore() }
}

/** Makes this process, in which the PDS runs, believe what an authority says. */
async function trust(certificate: string): Promise<Disposable> {
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, await readFile(certificate, 'utf8')])
  return { [Symbol.dispose]: () => setDefaultCACertificates(before) }
}

async function startCaddy(
  dir: string,
  sites: readonly string[],
  { port, latchkeyPort }: { readonly port: number; readonly latchkeyPort: number },
): Promise<AsyncDisposable> {
  const file = join(dir, 'Caddyfile')
  await writeFile(
    file,
    `{
	admin off
	auto_https disable_redirects
	skip_install_trust
	default_bind 127.0.0.1
}
${sites.join(', ')} {
	tls internal
	reverse_proxy 127.0.0.1:${latchkeyPort}
}
`,
  )
  const env = { HOME: dir, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir }
  const args = ['run', '--adapter', 'caddyfile', '--config', file]
  return startServerProcess(findProgram('caddy') ?? 'caddy', args, { port, env })
}
