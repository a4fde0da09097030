import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** What came back over a raw connection. */
export interface RawAnswer {
  readonly status: number
  /** Header lines as received, without the status line. */
  readonly headers: readonly string[]
  /** The body as received, chunk framing included. */
  readonly body: string
}

/** Opens a connection to 127.0.0.1, for tests that must choose each byte of a request. */
export async function openRaw(port: number, options: { allowHalfOpen?: boolean } = {}): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', ...options })
  await once(socket, 'connect')
  return socket
}

/** Sends bytes that `fetch` would never send, and reads until the server closes: ask for `Connection: close`. */
export async function sendRaw(port: number, request: string | Buffer): Promise<RawAnswer> {
  const socket = await openRaw(port)
  socket.write(request)
  return parseRaw(await readToEnd(socket))
}

/** Reads until the other side closes or breaks the connection. */
export async function readToEnd(socket: Socket): Promise<string> {
  let seen = ''
  socket.on('data', (chunk) => (seen += chunk.toString('latin1'))).on('error', () => {})
  await new Promise((done) => socket.once('close', done))
  return seen
}

export function parseRaw(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [statusLine = '', ...headers] = head.split('\r\n')
  return { status: Number(statusLine.split(' ')[1]), headers, body: rest.join('\r\n\r\n') }
}

/** Reads from a socket until `text` has come, without ending it; what is read stays read. */
export async function readUntil(socket: Socket, text: string): Promise<string> {
  let seen = ''
  while (!seen.includes(text)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    seen += chunk.toString('latin1')
  }
  return seen
}
