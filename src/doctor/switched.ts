import { ask } from './ask.ts'
import { reasonOf } from './checks.ts'
import { ownRoutes } from './routes.ts'

/**
 * Whether both sign-up doors of a public URL are Latchkey's.
 *
 * @param subdomain a handle under the host, by which people may come in too; where nobody answers there, nobody does
 * @returns null when they are, and else what was seen
 */
export async function doorsLeadToLatchkey(publicUrl: URL, subdomain?: string): Promise<string | null> {
  const { hostname } = publicUrl
  const seen = await straysAt(publicUrl, hostname)
  if (seen !== null) return seen.saw
  const below = subdomain === undefined ? null : await straysAt(publicUrl, subdomain)
  return below?.answered === true ? `at ${subdomain}, ${below.saw}` : null
}

async function straysAt(
  server: URL,
  hostname: string,
): Promise<{ readonly answered: boolean; readonly saw: string } | null> {
  for (const { method, path } of ownRoutes([])) {
    try {
      const { isLatchkeys, status } = await ask({ server, method, target: path, hostname })
      if (!isLatchkeys)
        return { answered: true, saw: `${method} ${path} answers ${status} from somewhere else` }
    } catch (error) {
      return { answered: false, saw: `${method} ${path}: ${reasonOf(error)}` }
    }
  }
  return null
}

/** Asks a public URL from which database Latchkey answers there. @returns undefined when nobody says so */
export async function installationAt(publicUrl: URL): Promise<string | undefined> {
  const question = { server: publicUrl, method: 'GET', target: '/_latchkey/live' } as const
  const reply = await ask({ ...question, hostname: publicUrl.hostname }).catch(() => undefined)
  if (reply?.isLatchkeys !== true) return undefined
  try {
    const { installation } = JSON.parse(reply.body) as { readonly installation?: unknown }
    return typeof installation === 'string' ? installation : undefined
  } catch {
    return undefined
  }
}
