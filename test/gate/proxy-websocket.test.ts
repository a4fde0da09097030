import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { openRaw, parseRaw, readToEnd, readUntil, sendRaw } from './raw-http.ts'
import { connectionsOf, send, setUp, startHttp, WEBSOCKET } from './servers.ts'

const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'

describe('websockets', () => {
  async function setUpWebsocket(
    onUpgrade: (incoming: IncomingMessage, socket: Socket, head: Buffer) => void,
  ) {
    const upstream = await startHttp((_incoming, response) => response.end('no upgrade'))
    upstream.server.on('upgrade', onUpgrade)
    return await setUp(upstream)
  }

  it('pass both ways, with the bytes that came along with the handshake', async () => {
    let seen: IncomingMessage | undefined
    const { port } = await setUpWebsocket((incoming, socket, head) => {
      seen = incoming
      socket.write(`${SWITCHING}hello `)
      socket.write(head)
      socket.pipe(socket)
    })
    const socket = await openRaw(port)
    socket.write(`GET http://a/echo?x HTTP/1.1\r\n${WEBSOCKET}TE: trailers\r\n\r\nearly`)
    const opened = parseRaw(await readUntil(socket, 'early'))
    expect([opened.status, opened.body]).toEqual([101, 'hello early'])
    expect(opened.headers.map((line) => line.toLowerCase())).toContain('upgrade: websocket')
    socket.write('late')
    expect(await readUntil(socket, 'late')).toBe('late')
    expect(seen).toMatchObject({
      url: '/echo?x',
      headers: { host: 'pds.test', upgrade: 'websocket', 'x-forwarded-for': '127.0.0.1' },
    })
    expect(seen?.headers['te']).toBeUndefined()
    socket.destroy()
  })

  it('are opened by an ordinary client', async () => {
    const accept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
    const { port } = await setUpWebsocket((_incoming, socket) => {
      const text = Buffer.from('hello')
      socket.write(SWITCHING.replace('\r\n\r\n', `\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`))
      socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]))
    })
    const socket = await openRaw(port)
    socket.write(`GET / HTTP/1.1\r\n${WEBSOCKET}\r\n`)
    expect(await readUntil(socket, 'hello')).toContain(accept)
    socket.destroy()
  })

  it('that the PDS refuses get its answer', async () => {
    const { port } = await setUpWebsocket((_incoming, socket) => {
      socket.end('HTTP/1.1 401 Unauthorized\r\nX-Why: token\r\nContent-Length: 4\r\n\r\nnope')
    })
    const { status, headers, body } = await sendRaw(port, `GET / HTTP/1.1\r\n${WEBSOCKET}\r\n`)
    expect([status, body]).toEqual([401, 'nope'])
    expect(headers).toContain('x-why: token')
  })

  it('that the PDS refuses and then breaks get no second answer', async () => {
    const upstreamSocket = Promise.withResolvers<Socket>()
    const { port } = await setUpWebsocket((_incoming, socket) => {
      socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\nnope')
      upstreamSocket.resolve(socket)
    })
    const socket = await openRaw(port)
    socket.write(`GET / HTTP/1.1\r\n${WEBSOCKET}\r\n`)
    const answer = await readUntil(socket, 'nope')
    ;(await upstreamSocket.promise).resetAndDestroy()
    expect(parseRaw(answer + (await readToEnd(socket))).body).toBe('nope')
  })

  it('end at once when the PDS breaks them, though the client never ends its side', async () => {
    const { port, server } = await setUpWebsocket((_incoming, socket) => {
      socket.write(SWITCHING)
      socket.once('data', () => socket.resetAndDestroy())
    })
    const socket = await openRaw(port, { allowHalfOpen: true })
    socket.on('error', () => {}).write(`GET / HTTP/1.1\r\n${WEBSOCKET}\r\n`)
    await readUntil(socket, '\r\n\r\n')
    socket.resume().write('break')
    await expect.poll(() => connectionsOf(server)).toBe(0)
    socket.destroy()
  })

  it('end for the client when the PDS ends or breaks them', async () => {
    for (const end of [(socket: Socket) => socket.end(), (socket: Socket) => socket.resetAndDestroy()]) {
      const { port } = await setUpWebsocket((_incoming, socket) => {
        socket.write(SWITCHING)
        socket.once('data', () => end(socket))
      })
      const socket = await openRaw(port)
      socket.on('error', () => {}).write(`GET / HTTP/1.1\r\n${WEBSOCKET}\r\n`)
      await readUntil(socket, '\r\n\r\n')
      socket.resume().write('end')
      await once(socket, 'close')
    }
  })

  it('end for the PDS when the client ends or breaks them', async () => {
    for (const end of [(socket: Socket) => socket.end(), (socket: Socket) => socket.resetAndDestroy()]) {
      const closed = Promise.withResolvers<void>()
      const { port } = await setUpWebsocket((_incoming, socket) => {
        socket.on('error', () => {}).once('close', () => closed.resolve())
        socket.resume().write(SWITCHING)
        socket.once('end', () => socket.end())
      })
      const socket = await openRaw(port)
      socket.write(`GET / HTTP/1.1\r\n${WEBSOCKET}\r\n`)
      await readUntil(socket, '\r\n\r\n')
      end(socket)
      await closed.promise
    }
  })

  it('are the only upgrade', async () => {
    const { port } = await setUpWebsocket((_incoming, socket) => socket.write(SWITCHING))
    const { status } = await sendRaw(
      port,
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    )
    expect(status).toBeNaN()
  })
})

describe('closing', () => {
  it('lets answers under way finish, ends websockets, and leaves no connection to the PDS', async () => {
    const asked = Promise.withResolvers<ServerResponse>()
    const upstream = await startHttp((_incoming, response) => asked.resolve(response))
    upstream.server.on('upgrade', (_incoming, socket) => {
      socket
        .resume()
        .once('end', () => socket.end())
        .write(SWITCHING)
    })
    const { port, proxy } = await setUp(upstream)
    const socket = await openRaw(port)
    socket.on('error', () => {}).write(`GET / HTTP/1.1\r\n${WEBSOCKET}\r\n`)
    await readUntil(socket, '\r\n\r\n')

    const answered = send(port)
    const response = await asked.promise
    let closed = false
    const closing = proxy.close().then(() => (closed = true))
    await once(socket, 'close')
    expect(closed).toBe(false)
    response.end('finished')
    expect(String((await answered).body)).toBe('finished')
    await closing
    await expect.poll(() => connectionsOf(upstream.server)).toBe(0)
  })
})
