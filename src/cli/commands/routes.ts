import { Command, Option } from 'commander'
import { type Config, ConfigError } from '../../config.ts'
import { reachedAt } from '../../doctor/address.ts'
import { caddySnippet } from '../../routes/caddy.ts'
import { nginxSnippet } from '../../routes/nginx.ts'
import type { Installation, Snippet } from '../../routes/snippet.ts'
import { withSettings } from '../settings.ts'

const PROXIES = ['caddy', 'nginx'] as const
const PARTS = ['all', 'global', 'site'] as const

type ProxyName = (typeof PROXIES)[number]
type Part = (typeof PARTS)[number]

const SNIPPETS: Record<ProxyName, (installation: Installation) => Snippet> = {
  caddy: caddySnippet,
  nginx: nginxSnippet,
}

/** What is left to do, as comments that may be pasted along. */
const NEXT: Record<ProxyName, string> = {
  caddy: `# Then: "caddy validate" and "caddy reload" with the Caddyfile's path, in the official distribution
# "docker exec caddy caddy reload --config /etc/caddy/Caddyfile". Last, "latchkey doctor" looks at it from outside.
`,
  nginx: `# Then: "nginx -t" and "nginx -s reload". Last, "latchkey doctor" looks at it from outside.
`,
}

/** `latchkey routes --for caddy|nginx`: the configuration that sends a reverse proxy's requests the right way. */
export function routesCommand(): Command {
  const command = new Command('routes')
    .description('Print what a reverse proxy needs to send Latchkey its routes, and the PDS everything else.')
    .addOption(new Option('--for <proxy>', 'which reverse proxy').choices(PROXIES).makeOptionMandatory())
    .addOption(
      new Option('--part <part>', 'all of it, or only what stands outside of the site or inside it')
        .choices(PARTS)
        .default('all'),
    )
    .option('--nginx-logs <dir>', 'where nginx keeps its access.log and error.log', '/var/log/nginx')
  return withSettings(
    command,
    async (config, own) =>
      // Commander has looked at the choices.
      printRoutes(config, {
        proxy: String(own['for']) as ProxyName,
        part: String(own['part']) as Part,
        nginxLogs: String(own['nginxLogs']),
      }),
    // Nothing is asked of the PDS.
    { pdsAdminPassword: 'unused' },
  )
}

interface RoutesOptions {
  readonly proxy: ProxyName
  readonly part: Part
  readonly nginxLogs: string
}

function printRoutes(config: Config, { proxy, part, nginxLogs }: RoutesOptions): void {
  const snippet = SNIPPETS[proxy]({
    hostname: config.publicUrl.hostname,
    latchkey: addressOf(config),
    pds: config.pdsUrl.origin,
    logs: nginxLogs,
  })
  const all = `${snippet.global}\n${snippet.site}\n${NEXT[proxy]}`
  process.stdout.write(part === 'all' ? all : snippet[part])
}

/** Where Latchkey listens, as somebody on the same machine reaches it. */
function addressOf({ bind, port }: Config): string {
  if (port === 0) {
    throw new ConfigError([
      'LATCHKEY_PORT is 0, which is another port at each start: routes need a fixed one.',
    ])
  }
  return `${reachedAt(bind)}:${port}`
}
