import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram, missing, startServerProcess, withoutProgram } from './server-process.ts'
import type { Snippet } from '../../src/routes/snippet.ts'
import type { ProxySetup, RunningProxy } from './proxy-setup.ts'

const PACKAGE = 'caddy'

/** Whether tests with a real Caddy are left out on this machine. */
export function withoutCaddy(): boolean {
  return withoutProgram('caddy', PACKAGE)
}

/**
 * Starts Caddy with the Caddyfile of the official PDS distribution, without TLS, and a snippet pasted in.
 *
 * @throws when there is no Caddy, or it does not take the snippet
 */
export async function startCaddy(setup: ProxySetup): Promise<RunningProxy> {
  const { port, hostname, pds, snippet, own } = setup
  const path = findProgram('caddy')
  if (path === undefined) throw new Error(`${missing('caddy', PACKAGE)}.`)
  await using stack = new AsyncDisposableStack()
  const dir = await mkdtemp(join(tmpdir(), 'latchkey-caddy-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  const accessLog = join(dir, 'access.log')
  await writeFile(
    join(dir, 'Caddyfile'),
    `{
	admin off
	auto_https off
	servers {
		protocols h1 h2c
	}
	on_demand_tls {
		ask http://localhost:3000/tls-check
	}
	${snippet.global}
}

http://*.${hostname}:${port}, http://${hostname}:${port} {
	log {
		output file ${accessLog}
		${logFormat(snippet)}
	}
	${snippet.site}
	${own?.inSite ?? ''}
	reverse_proxy ${pds}
}
${own?.sites ?? ''}
`,
  )
  const env = { HOME: dir, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir }
  const args = ['run', '--adapter', 'caddyfile', '--config', join(dir, 'Caddyfile')]
  const running = stack.use(await startServerProcess(path, args, { port, env }))
  const closing = stack.move()
  return {
    accessLog,
    errorLog: () => running.said(),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}

/** What the snippet says that a log of one's own needs. */
function logFormat({ global }: Snippet): string {
  return /format filter \{[^]*?\n\t\t\}/.exec(global)?.[0] ?? ''
}
