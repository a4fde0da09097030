import { request as requestHttp } from 'node:http'
import { type RequestOptions, request as requestHttps } from 'node:https'
import type { Duration } from '../invites/types.ts'
import { VIA } from '../wire/via.ts'

/** A request whose every letter counts. It has no body and no credentials. */
export interface Question {
  /** The server that is connected to. */
  readonly server: URL
  readonly method: 'GET' | 'POST'
  /** The request target as it stands in the first line. */
  readonly target: string
  /** The host name that is asked for; the port is the server's. */
  readonly hostname: string
  /** Refuses a server without a good certificate. */
  readonly verify?: boolean
  readonly signal?: AbortSignal
}

export interface Reply {
  readonly status: number
  /** Whether it came through a route of Latchkey's. */
  readonly isLatchkeys: boolean
  readonly body: string
}

const PATIENCE: Duration = 5000

/** Nothing that is read here is longer. */
const LONGEST = 64 * 1024

/** Sends a request as it is, past everything that would mend its spelling. @throws the error of the network or of TLS */
export async function ask(question: Question): Promise<Reply> {
  const { server, method, target, hostname, verify = false, signal } = question
  const { promise, resolve, reject } = Promise.withResolvers<Reply>()
  const ending = AbortSignal.timeout(PATIENCE)
  const options: RequestOptions = {
    host: server.hostname,
    port: server.port,
    method,
    path: target,
    agent: false,
    headers: { host: server.port === '' ? hostname : `${hostname}:${server.port}` },
    servername: hostname,
    // By-passes are no better for a bad certificate, which is told by itself.
    rejectUnauthorized: verify,
    signal: signal === undefined ? ending : AbortSignal.any([ending, signal]),
  }
  const request = server.protocol === 'https:' ? requestHttps : requestHttp
  const sent = request(options, (response) => {
    let body = ''
    response
      .setEncoding('utf8')
      .on('data', (chunk: string) => {
        body += chunk
        if (body.length > LONGEST) response.destroy(new Error(`the answer is longer than ${LONGEST} bytes`))
      })
      .on('error', reject)
      .on('end', () => {
        const { statusCode = 0, headers } = response
        const via = (headers.via ?? '').split(',').map((hop) => hop.trim())
        resolve({ status: statusCode, isLatchkeys: via.includes(VIA), body })
      })
  })
  sent.on('error', reject).end()
  return promise
}
