import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../src/dev/free-port.ts'
import { createProxy } from '../../src/gate/proxy/proxy.ts'
import type { Snippet } from '../../src/routes/snippet.ts'
import { type Program, runProgram, startProgram } from '../cli/program.ts'
import { startHttp } from '../gate/servers.ts'
import { startCaddy, withoutCaddy } from '../support/caddy.ts'
import { startNginx, withoutNginx } from '../support/nginx.ts'
import { startWorld, type World } from '../support/pds.ts'
import type { ProxySetup, RunningProxy } from '../support/proxy-setup.ts'

/** The public host name. A PDS without TLS must be `localhost`. */
export const HOSTNAME = 'localhost'

/** The reverse proxies that a snippet is printed for. */
export const PROXIES: readonly {
  readonly name: 'caddy' | 'nginx'
  readonly isMissing: () => boolean
  readonly start: (setup: ProxySetup) => Promise<RunningProxy>
}[] = [
  { name: 'caddy', isMissing: withoutCaddy, start: startCaddy },
  { name: 'nginx', isMissing: withoutNginx, start: startNginx },
]

/** A request as the PDS's own door got to see it. */
export interface Seen {
  readonly method: string
  readonly target: string
  readonly forwardedFor: string
}

/** The routes mode as in production, on loopback: a reverse proxy, Latchkey and a PDS, each a process of its own or nearly. */
export interface RoutedWorld extends AsyncDisposable {
  /** The public one, which is the reverse proxy's. */
  readonly url: string
  readonly port: number
  readonly world: World
  readonly proxy: RunningProxy
  readonly latchkey: Program
  /** What the reverse proxy sent to the PDS, past Latchkey. */
  readonly passedBy: Seen[]
}

/**
 * Starts everything, with the snippet that the program itself prints.
 *
 * @param settings of Latchkey, beside those that follow from the world
 * @param own what else stands in the reverse proxy's configuration, once it is known where the PDS is
 */
export async function startRoutedWorld(
  { name, start }: (typeof PROXIES)[number],
  settings: Record<string, string> = {},
  own?: (pdsUrl: string) => Promise<ProxySetup['own']>,
): Promise<RoutedWorld> {
  await using stack = new AsyncDisposableStack()
  const [port, latchkeyPort] = [await freePort(), await freePort()]
  const url = `http://${HOSTNAME}:${port}`
  const world = stack.use(await startWorld({ publicUrl: url }))
  const logs = await mkdtemp(join(tmpdir(), 'latchkey-logs-'))
  stack.defer(() => rm(logs, { recursive: true, force: true }))
  const environment = {
    LATCHKEY_PUBLIC_URL: url,
    LATCHKEY_PDS_URL: world.pds.url,
    LATCHKEY_PORT: String(latchkeyPort),
    LATCHKEY_GUESS_LIMIT: '1000000',
  }
  const secrets = {
    LATCHKEY_PDS_ADMIN_PASSWORD: world.secrets.adminPassword,
    LATCHKEY_DATABASE: `sqlite:${join(world.dataDir, 'latchkey.sqlite')}`,
  }
  const latchkey = stack.use(startProgram(['serve'], { ...environment, ...secrets, ...settings }))

  const onward = stack.use(createProxy({ upstream: new URL(world.pds.url) }))
  const passedBy: Seen[] = []
  const watch = stack.use(
    await startHttp((request, response) => {
      const forwardedFor = String(request.headers['x-forwarded-for'])
      passedBy.push({ method: request.method ?? '', target: request.url ?? '', forwardedFor })
      onward.web(request, response)
    }),
  )
  watch.server.on('upgrade', onward.upgrade)

  const [snippet] = await Promise.all([
    printedSnippet(name, environment, logs),
    latchkey.untilSays(/Latchkey is listening/),
  ])
  const proxy = stack.use(
    await start({
      port,
      hostname: HOSTNAME,
      pds: watch.url.origin,
      snippet,
      logs,
      own: await own?.(world.pds.url),
    }),
  )
  const running = stack.move()
  return { url, port, world, proxy, latchkey, passedBy, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

/** Without passwords, which it has no use for. */
async function printedSnippet(
  name: string,
  environment: Record<string, string>,
  logs: string,
): Promise<Snippet> {
  const print = async (part: string) => {
    const args = ['routes', '--for', name, '--part', part, '--nginx-logs', logs]
    const { code, stdout, stderr } = await runProgram(args, environment)
    if (code !== 0) throw new Error(stderr)
    return stdout
  }
  const [global, site] = await Promise.all([print('global'), print('site')])
  return { global, site }
}
