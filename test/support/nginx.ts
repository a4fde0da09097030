import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram, missing, startServerProcess, withoutProgram } from './server-process.ts'
import type { ProxySetup, RunningProxy } from './proxy-setup.ts'

const PACKAGE = 'nginx-light'

/** Whether tests with a real nginx are left out on this machine. */
export function withoutNginx(): boolean {
  return withoutProgram('nginx', PACKAGE)
}

/**
 * Starts nginx with a server block as PDSes have it, and a snippet pasted in.
 *
 * @throws when there is no nginx, or it does not take the snippet
 */
export async function startNginx(setup: ProxySetup): Promise<RunningProxy> {
  const { port, hostname, pds, snippet, logs } = setup
  const path = findProgram('nginx')
  if (path === undefined) throw new Error(`${missing('nginx', PACKAGE)}.`)
  await using stack = new AsyncDisposableStack()
  const dir = await mkdtemp(join(tmpdir(), 'latchkey-nginx-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${join(dir, kind)};`,
  )
  const [accessLog, errorLog] = [join(logs, 'access.log'), join(logs, 'error.log')]
  // Started by root it would write its files as somebody who may not.
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  await writeFile(
    join(dir, 'nginx.conf'),
    `daemon off;
${user}
pid ${join(dir, 'nginx.pid')};
error_log ${errorLog};
events {}
http {
    ${temporary.join(' ')}
    access_log ${accessLog};
    map $http_upgrade $connection_upgrade {
        default upgrade;
        "" "";
    }
    ${snippet.global}
    server {
        listen 127.0.0.1:${port};
        server_name ${hostname} *.${hostname};
        client_max_body_size 100m;
        ${snippet.site}
        location / {
            proxy_pass ${pds};
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
        }
    }
}
`,
  )
  const args = ['-p', dir, '-c', join(dir, 'nginx.conf'), '-e', errorLog]
  stack.use(await startServerProcess(path, args, { port, env: {} }))
  const closing = stack.move()
  return {
    accessLog,
    errorLog: () => (existsSync(errorLog) ? readFileSync(errorLog, 'utf8') : ''),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}
