import { type Agent, type IncomingHttpHeaders, request as openRequest } from 'node:http'
import { text } from 'node:stream/consumers'

/** One request, spelled exactly as a test wants it. */
export interface Sent {
  /** Default: GET. */
  readonly method?: string
  /** The request target: path and query, or whatever a test wants in its place. */
  readonly path: string
  /** Nothing is added to them but `Host`, `Connection` and the body's framing. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** Sends the body in chunks, so that its length is not announced. */
  readonly chunked?: boolean
  /** Default: a connection of its own. */
  readonly agent?: Agent
}

/** What came back. */
export interface Received {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Of an XRPC error; undefined when the body is none. */
  readonly error: unknown
  readonly message: unknown
}

/**
 * Sends what `fetch` would refuse or tidy up: a body on a GET, an absolute target, no content type.
 *
 * @param origin where to connect
 */
export function exchange(origin: string, sent: Sent): Promise<Received> {
  const { method = 'GET', path, headers = {}, body, chunked = false, agent = false } = sent
  const { hostname, port } = new URL(origin)
  const framing =
    body === undefined
      ? {}
      : chunked
        ? { 'transfer-encoding': 'chunked' }
        : { 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve, reject) => {
    const request = openRequest(
      { hostname, port, method, path, headers: { ...framing, ...headers }, agent },
      (response) => {
        text(response).then((received) => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: received,
            ...asXrpcError(received),
          })
        }, reject)
      },
    )
    request.on('error', reject)
    if (body === undefined) {
      // Or Node would announce an empty body where there is to be none.
      request.removeHeader('content-length')
      request.removeHeader('transfer-encoding')
    }
    request.end(body)
  })
}

function asXrpcError(body: string): { error: unknown; message: unknown } {
  try {
    const { error, message } = JSON.parse(body) as { error?: unknown; message?: unknown }
    return { error, message }
  } catch {
    return { error: undefined, message: undefined }
  }
}
