import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { canonicalPath, originForm } from '../gate/proxy/canonical.ts'
import type { Proxy } from '../gate/proxy/proxy.ts'
import { VIA } from '../wire/via.ts'

/** As long as the PDS keeps idle connections of reverse proxies, in milliseconds. */
const KEEP_ALIVE = 90_000

/** A route of ours. */
export interface Route {
  /** As it is mounted. */
  readonly path: string
  /** The only method that is ours; undefined when all are. */
  readonly verb?: 'POST'
  /** Whether all paths under it are ours as well. */
  readonly isFolder?: boolean
}

/** Decides for every request whether it is Latchkey's or the PDS's. */
export interface Front {
  readonly server: Server
  /** From now on every new request is refused. */
  readonly refuseNew: () => void
}

/**
 * Makes the server that stands before everything: Latchkey's own paths go to `own`, in whatever spelling the PDS would
 * understand and spelled as mounted, all others to the proxy untouched.
 *
 */
export function createFront(routes: readonly Route[], own: RequestListener, proxy: Proxy): Front {
  const mounted = new Map(routes.map((mount) => [canonicalPath(mount.path), mount]))
  const folders = routes.filter(({ isFolder }) => isFolder === true).map(({ path }) => path)
  let closing = false

  function mountedPath(request: IncomingMessage): string | undefined {
    const target = request.url ?? '/'
    const path = canonicalPath(target)
    const found = mounted.get(path)
    if (found !== undefined)
      return found.verb === undefined || found.verb === request.method ? found.path : undefined
    const folder = folders.find((one) => path.startsWith(`${one}/`))
    return folder && pathIn(folder, target, path)
  }

  function route(request: IncomingMessage, response: ServerResponse): void {
    if (closing) {
      refuse(response)
      return
    }
    const path = mountedPath(request)
    if (path === undefined) {
      proxy.web(request, response)
      return
    }
    request.url = path + queryOf(request.url ?? '')
    own(request, response)
  }

  const server = createServer(
    {
      keepAliveTimeout: KEEP_ALIVE,
      // Only websockets leave HTTP, and only towards the PDS; any other upgrade is declined by answering normally.
      shouldUpgradeCallback: (request) =>
        !closing && isWebsocket(request) && mountedPath(request) === undefined,
    },
    route,
  )
  server.on('upgrade', (request, socket, head) => proxy.upgrade(request, socket, head))
  return {
    server,
    refuseNew: () => {
      closing = true
    },
  }
}

/** A path under a folder of ours. What comes after the folder keeps its letter case, since it may name something. */
function pathIn(folder: string, target: string, canonical: string): string {
  const plain = (originForm(target).split(/[?#]/)[0] ?? '').replace(/\/+$/, '')
  const isPlain = plain.toLowerCase().startsWith(`${folder}/`)
  return isPlain ? folder + plain.slice(folder.length) : canonical
}

function isWebsocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket'
}

/** The query with its question mark, without a fragment; empty when there is none. */
function queryOf(target: string): string {
  return /\?[^#]*/.exec(target.split('#')[0] ?? '')?.[0] ?? ''
}

function refuse(response: ServerResponse): void {
  response.writeHead(503, {
    'access-control-allow-origin': '*',
    'content-type': 'application/json; charset=utf-8',
    'retry-after': '5',
    via: VIA,
    connection: 'close',
  })
  response.end(JSON.stringify({ error: 'ServiceUnavailable', message: 'The server is restarting' }))
}
