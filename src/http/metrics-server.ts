import { createServer, type ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { collectDefaultMetrics } from 'prom-client'
import type { Metrics } from './metrics.ts'

/** A server that listens. Disposing of it ends it at once. */
export interface MetricsServer extends AsyncDisposable {
  readonly port: number
}

const PATH = '/metrics'

/**
 * Serves `GET /metrics` and nothing else, with metrics of the process itself beside Latchkey's own. A port of its own
 * keeps it out of the public's reach.
 *
 * @throws when the address is taken or not this machine's
 */
export async function startMetricsServer(options: {
  readonly port: number
  readonly bind: string
  readonly metrics: Metrics
  readonly log: Logger
}): Promise<MetricsServer> {
  const { port, bind, metrics, log } = options
  const { registry } = metrics
  collectDefaultMetrics({ register: registry })

  async function answer(response: ServerResponse): Promise<void> {
    const body = await registry.metrics()
    response.writeHead(200, { 'content-type': registry.contentType }).end(body)
  }

  const server = createServer(({ method, url }, response) => {
    if (url?.split('?')[0] !== PATH) {
      response.writeHead(404).end()
      return
    }
    if (method !== 'GET' && method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end()
      return
    }
    answer(response).catch((error: unknown) => {
      log.error({ err: error }, 'metrics could not be collected')
      response.writeHead(500).end()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host: bind }, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await server[Symbol.asyncDispose]()
    },
  }
}
