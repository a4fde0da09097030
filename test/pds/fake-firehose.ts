import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { encode, type LexValue } from '@atproto/lex-cbor'
import { portOf } from '../../src/dev/free-port.ts'

/** A PDS that says what a real one can't be brought to say, over a websocket of its own. */
export interface FakeFirehose extends AsyncDisposable {
  readonly url: URL
  /** The cursors that readers came with, oldest first; null for none. */
  readonly cursors: readonly (string | null)[]
  /** When they came, by a clock that never goes back. */
  readonly times: readonly number[]
  /** Sends bytes to all that are connected. */
  readonly send: (bytes: Uint8Array) => void
}

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** @param manners `curt`: it accepts every connection and closes it at once */
export async function startFakeFirehose(manners?: 'curt'): Promise<FakeFirehose> {
  const sockets = new Set<{ write: (bytes: Uint8Array) => unknown; destroy: () => unknown }>()
  const cursors: (string | null)[] = []
  const times: number[] = []
  const server = createServer()
  server.on('upgrade', ({ headers, url = '/' }, socket) => {
    const key = headers['sec-websocket-key'] ?? ''
    const accept = createHash('sha1').update(`${key}${MAGIC}`).digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    cursors.push(new URL(url, 'http://localhost').searchParams.get('cursor'))
    times.push(performance.now())
    sockets.add(socket)
    if (manners === 'curt') socket.end()
    // Whatever a reader says, pings and its goodbye alike, ends the connection.
    socket.on('data', () => socket.destroy())
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: new URL(`http://127.0.0.1:${portOf(server)}`),
    cursors,
    times,
    send: (bytes) => {
      for (const socket of sockets) socket.write(Buffer.concat([frameHead(bytes.length), bytes]))
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** An unmasked, unfragmented binary frame of less than 64 KiB. */
function frameHead(length: number): Buffer {
  return length < 126
    ? Buffer.from([0x82, length])
    : Buffer.from([0x82, 126, Math.floor(length / 256), length % 256])
}

/** A frame of the firehose. */
export function frame(header: LexValue, body: LexValue): Buffer {
  return Buffer.concat([encode(header), encode(body)])
}
