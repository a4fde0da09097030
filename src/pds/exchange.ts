import { type Agent, type IncomingMessage, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Duration } from '../invites/types.ts'
import { type PdsAnswer, PdsUnreachableError } from './answer.ts'

/** One request, and what its answer may take. */
interface Exchange {
  /** Where it goes; nothing of this but the origin counts. */
  readonly url: URL
  /** Path and query. */
  readonly path: string
  readonly method: 'GET' | 'POST'
  readonly headers: Record<string, string | string[]>
  readonly body: Uint8Array | string | undefined
  /** Whose connection it goes over; false for one of its own. */
  readonly agent: Agent | false
  /** For all of it, to the last byte of the answer. */
  readonly timeout: Duration
  /** The most bytes that the body of the answer may have. */
  readonly limit: number
  /** Ends the waiting for an answer. */
  readonly signal: AbortSignal | undefined
}

/** Headers of the connection, which an answer that was read to its end has nothing to do with any more. */
const OF_THE_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding'])

/**
 * Sends a request, follows no redirection, and reads the answer to its end. `fetch` and its streams would take longer for that
 * than the connection does.
 *
 * @throws {PdsUnreachableError} when no whole answer came in time, or one that is too long
 */
export function exchange({ url, timeout, limit, body, ...asked }: Exchange): Promise<PdsAnswer> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    // An IPv6 address has brackets in URLs alone.
    const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1')
    const sent = send({ ...asked, hostname, port: url.port }, (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        length += chunk.byteLength
        if (length > limit) response.destroy(new Error(`the answer is longer than ${limit} bytes`))
      })
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          // Of most answers nobody wants to know them.
          get headers() {
            return headersOf(response)
          },
          body: Buffer.concat(chunks),
        }),
      )
      response.on('error', (cause) =>
        reject(new PdsUnreachableError('the answer of the PDS could not be read', { cause })),
      )
    })
    const timer = setTimeout(() => sent.destroy(new Error(`no answer within ${timeout} ms`)), timeout)
    sent.on('close', () => clearTimeout(timer))
    sent.on('error', (cause) =>
      reject(new PdsUnreachableError(`the PDS at ${url.origin} can't be reached`, { cause })),
    )
    sent.end(body)
  })
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers()
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (!OF_THE_CONNECTION.has(name.toLowerCase())) headers.append(name, rawHeaders[index + 1] ?? '')
  }
  return headers
}
