import { once } from 'node:events'
import { Agent, createServer, request, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { createProxy, type Proxy, type ProxyOptions } from '../../src/gate/proxy/proxy.ts'

/** A server on a free port of 127.0.0.1, ended with all its connections. */
export interface TestServer<S extends Server = Server> extends AsyncDisposable {
  readonly server: S
  readonly port: number
  readonly url: URL
}

async function listen<S extends Server>(server: S): Promise<TestServer<S>> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const end = async () => {
    for (const socket of sockets) socket.destroy()
    if (server.listening) await new Promise((done) => server.close(done))
  }
  const url = new URL(`http://127.0.0.1:${address.port}`)
  return { server, port: address.port, url, [Symbol.asyncDispose]: end }
}

/** A stand-in for the PDS that answers HTTP. */
export const startHttp = (listener?: RequestListener) => listen(createServer(listener))

/** A stand-in for the PDS that answers with any bytes. */
export const startTcp = (onConnection: (socket: Socket) => void) => listen(createTcpServer(onConnection))

/** The proxy as the server mounts it. */
async function startFront(
  options: ProxyOptions,
): Promise<{ port: number; server: Server; proxy: Proxy } & AsyncDisposable> {
  const proxy = createProxy(options)
  const front = await startHttp(proxy.web)
  front.server.on('upgrade', proxy.upgrade)
  const end = async () => {
    await front[Symbol.asyncDispose]()
    await proxy.close()
  }
  return { port: front.port, server: front.server, proxy, [Symbol.asyncDispose]: end }
}

/** The proxy's answer when the PDS gives none. */
export const FAILURE = { error: 'UpstreamFailure', message: 'The PDS can not be reached' }

/** The headers of a websocket's opening request. */
export const WEBSOCKET =
  'Host: pds.test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

export interface Sent {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string | string[]>
  readonly body?: Buffer | string
}

export interface Received {
  readonly status: number
  readonly answer: IncomingMessage
  readonly body: Buffer
}

/** Sends a request on a connection of its own, kept until the answer's bytes are read as they are. */
export async function send(port: number, sent: Sent = {}): Promise<Received> {
  const { method = 'GET', path = '/', headers = {}, body } = sent
  const agent = new Agent({ keepAlive: true })
  const outgoing = request({ host: '127.0.0.1', port, method, path, headers, agent })
  outgoing.end(body)
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
  // An answer that came before the upload was sent ends the upload.
  outgoing.on('error', () => {})
  const received = { status: answer.statusCode ?? 0, answer, body: await buffer(answer) }
  agent.destroy()
  return received
}

/** How many connections a server holds. */
export async function connectionsOf(server: Server): Promise<number> {
  return await new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))
  })
}

/** The proxy in front of `upstream`, both ended with the test. */
export async function setUp(upstream: TestServer, options: Partial<ProxyOptions> = {}) {
  const front = await startFront({ upstream: upstream.url, ...options })
  onTestFinished(async () => {
    await front[Symbol.asyncDispose]()
    await upstream[Symbol.asyncDispose]()
  })
  return front
}
