import { createProxyServer } from 'httpxy'
import {
  ServerResponse,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { keepAliveAgent } from '../../pds/agent.ts'
import { originForm } from './canonical.ts'
import { collectAsItFlows } from './dead-buffers.ts'

/** Headers that speak of one connection only (RFC 9110 section 7.6.1); `Connection` can name more. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
]

/** Without these a request would be framed or routed otherwise than it was judged, so `Connection` can't drop them. */
const NEVER_DROPPED = new Set(['host', 'content-length', 'transfer-encoding'])

const FAILURE_BODY = JSON.stringify({ error: 'UpstreamFailure', message: 'The PDS can not be reached' })
const FAILURE_HEADERS = {
  'Content-Type': 'application/json; charset=utf-8',
  'Content-Length': Buffer.byteLength(FAILURE_BODY),
  'Access-Control-Allow-Origin': '*',
  'Retry-After': 5,
}

export interface ProxyOptions {
  /** The PDS's inner address. */
  readonly upstream: URL
  /**
   * How long, in milliseconds, nothing may move before the PDS begins its answer; then the answer is 502. Five minutes
   * where unset. An answer that has begun may take any time.
   */
  readonly requestTimeoutMs?: number
  /** Hears why the PDS could not be reached, for the log. */
  readonly onFailure?: (error: Error) => void
}

/** Forwards to the PDS what Latchkey does not answer. The functions can be handed on without their object. */
export interface Proxy extends AsyncDisposable {
  /** Forwards one request and streams the answer back; 502 `UpstreamFailure` when there is none. Never throws. */
  readonly web: (request: IncomingMessage, response: ServerResponse) => void
  /**
   * Forwards a websocket's opening request and joins the two connections, or relays the refusal; a listener for a
   * server's `upgrade` event. Other upgrades end the connection, as the PDS does.
   */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Ends websockets, which have no end of their own, waits for the answers under way, and frees all connections. */
  readonly close: () => Promise<void>
}

/**
 * Makes a proxy in front of one PDS. Method, target (in origin form), `Host`, bodies and answers go through as they
 * are, both ways at the pace of the slower side. The client's address is appended to `X-Forwarded-For`, and hop-by-hop
 * headers are left out.
 */
export function createProxy(options: ProxyOptions): Proxy {
  const { upstream: target, requestTimeoutMs = 300_000, onFailure = () => {} } = options
  const agent = keepAliveAgent(target)
  const forwarder = createProxyServer()
  const inFlight = new Set<ServerResponse>()
  const upgraded = new Set<Socket>()
  const begun = new WeakSet<ServerResponse | Socket>()
  const onReusedConnection = new WeakSet<ServerResponse>()

  forwarder.on('proxyReq', (upstreamRequest, _request, response) => {
    if (upstreamRequest.reusedSocket) onReusedConnection.add(response)
    upstreamRequest.setTimeout(requestTimeoutMs, () =>
      upstreamRequest.destroy(new Error('The PDS did not answer in time')),
    )
    upstreamRequest.once('response', () => upstreamRequest.setTimeout(0))
    collectAsItFlows(upstreamRequest, () => upstreamRequest.socket?.bytesWritten ?? 0)
  })
  forwarder.on('proxyRes', (answer, _request, response) => {
    begun.add(response)
    // The headers are all set, and none are sent, when the body is about to flow.
    response.once('pipe', () => dropHopByHop(answer, response))
  })
  forwarder.on('proxyReqWs', (upstreamRequest, _request, socket) => {
    upstreamRequest.once('response', () => begun.add(socket))
    upstreamRequest.once('upgrade', (_answer, upstreamSocket) => {
      begun.add(socket)
      collectAsItFlows(socket, () => socket.bytesWritten)
      socket.once('close', () => upstreamSocket.destroy())
      upstreamSocket.once('close', (hadError) => hadError && socket.destroy())
    })
  })
  forwarder.on('error', (error, request, client) => {
    // httpxy itself cuts off an answer that has begun and can't be finished.
    if (request === undefined || client === undefined || client.destroyed || begun.has(client)) return
    const wasReused = client instanceof ServerResponse && onReusedConnection.delete(client)
    if (wasReused && isConnectionLoss(error) && canBeSentTwice(request)) {
      // The PDS closed an idle connection just as it was used again.
      send(request, client, false)
      return
    }
    onFailure(error)
    if (client instanceof ServerResponse) answerFailure(request, client)
    else client.end(failureText())
  })

  function send(request: IncomingMessage, response: ServerResponse, through: typeof agent | false): void {
    const rejected = forwarder.web(request, response, { target, agent: through, preserveHeaderKeyCase: true })
    // It rejects when the client is gone, and there is nobody to tell.
    rejected.catch(() => {})
  }

  function web(request: IncomingMessage, response: ServerResponse): void {
    inFlight.add(response)
    collectAsItFlows(response, () => response.socket?.bytesWritten ?? 0)
    response.once('close', () => inFlight.delete(response))
    request.url = originForm(request.url ?? '/')
    request.headers = forwardedHeaders(request)
    send(request, response, agent)
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!(socket instanceof Socket)) {
      socket.destroy()
      return
    }
    upgraded.add(socket)
    socket.once('close', () => upgraded.delete(socket))
    request.url = originForm(request.url ?? '/')
    const { upgrade: protocol } = request.headers
    request.headers = { ...forwardedHeaders(request), connection: 'Upgrade', upgrade: protocol }
    const settings = { target, agent: false, upgradeTimeout: requestTimeoutMs }
    forwarder.ws(request, socket, settings, head).catch(() => {})
  }

  async function close(): Promise<void> {
    for (const socket of upgraded) socket.destroy()
    await Promise.all(Array.from(inFlight, (response) => new Promise((done) => response.once('close', done))))
    agent.destroy()
  }

  return { web, upgrade, close, [Symbol.asyncDispose]: close }
}

/**
 * The addresses that a request came through, for the PDS's limits by client: the `X-Forwarded-For` it came with and
 * the peer's own address behind it, so that no client can pass for another.
 */
export function forwardedFor({ headers, socket }: IncomingMessage): string {
  return [headers['x-forwarded-for'], socket.remoteAddress].filter((part) => part !== undefined).join(', ')
}

/** The headers of a request as they go on to the PDS: with the address appended, without those of this connection. */
export function forwardedHeaders(request: IncomingMessage): IncomingHttpHeaders {
  const headers = { ...request.headers }
  // Expect: the server has answered 100 Continue already.
  for (const name of [...hopByHopNames(headers), 'expect']) delete headers[name]
  headers['x-forwarded-for'] = forwardedFor(request)
  headers['x-forwarded-proto'] ??= 'encrypted' in request.socket ? 'https' : 'http'
  if (headers.host !== undefined) headers['x-forwarded-host'] ??= headers.host
  return headers
}

/** @returns in lower case, what must not pass from one connection to the next; `Transfer-Encoding` is Node's to manage */
function hopByHopNames(headers: IncomingHttpHeaders | OutgoingHttpHeaders): readonly string[] {
  const named = String(headers['connection'] ?? '').toLowerCase()
  const names = named.split(',').map((name) => name.trim())
  return [...HOP_BY_HOP, ...names.filter((name) => name !== '' && !NEVER_DROPPED.has(name))]
}

function dropHopByHop(answer: IncomingMessage, response: ServerResponse): void {
  for (const name of hopByHopNames(answer.headers)) response.removeHeader(name)
  if (!response.shouldKeepAlive) response.setHeader('Connection', 'close')
}

function isConnectionLoss(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
}

function canBeSentTwice({ method, headers }: IncomingMessage): boolean {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  return (method === 'GET' || method === 'HEAD') && !hasBody
}

function answerFailure(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(502, FAILURE_HEADERS).end(FAILURE_BODY)
  // A client that reads only after its upload must get through with it.
  request.unpipe()
  request.resume()
}

function failureText(): string {
  const headers = Object.entries({ ...FAILURE_HEADERS, Connection: 'close' })
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return `HTTP/1.1 502 Bad Gateway\r\n${lines}\r\n${FAILURE_BODY}`
}
