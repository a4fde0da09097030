import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import type { Memory } from './proxy-process.ts'
import { openRaw, readUntil } from './raw-http.ts'
import { startHttp, type TestServer } from './servers.ts'

const MB = 1_000_000
/** What the promise allows in a process that has forwarded one small request before. */
const MEMORY_LIMIT = 30 * MB
/** What the kernel's buffers of four sockets may hold, with room to spare; who is not held up gets all 100 MB away. */
const HELD_UP_LIMIT = 75 * MB
const CHUNK = Buffer.alloc(64 * 1024, 'x')

it('a 100 MB upload to a PDS that reads fast or slowly adds less than 30 MB of memory', async () => {
  const uploads: IncomingMessage[] = []
  await using upstream = await startHttp(async (incoming, response) => {
    uploads.push(incoming)
    if (incoming.url === '/slow') await once(incoming, 'go')
    let bytes = 0
    for await (const chunk of incoming) bytes += (chunk as Buffer).length
    response.end(`read ${bytes}`)
  })
  const { port, memory } = await startProxyProcess(upstream)
  await upload(port, '/fast', 1000).answered
  const before = await memory()
  await upload(port, '/fast', 100 * MB).answered
  expectLittleMore(before, await memory())

  const slow = upload(port, '/slow', 100 * MB)
  expect(await settled(() => slow.sent())).toBeLessThan(HELD_UP_LIMIT)
  expectLittleMore(before, await memory())
  uploads.at(-1)?.emit('go')
  expect(await slow.answered).toContain(`read ${100 * MB}`)
  expectLittleMore(before, await memory())
})

it('a firehose reader that stalls adds less than 30 MB of memory and holds the PDS up', async () => {
  await using upstream = await startHttp()
  const firehoses: Socket[] = []
  upstream.server.on('upgrade', (_incoming, socket: Socket) => {
    firehoses.push(socket)
    socket.on('error', () => {})
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    pour(socket, 300 * MB).catch(() => {})
  })
  const { port, memory } = await startProxyProcess(upstream)
  const openWebsocket = async () => {
    const socket = await openRaw(port)
    onTestFinished(() => void socket.destroy())
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    return socket
  }
  const fast = await openWebsocket()
  await readBytes(fast, 1000)
  fast.destroy()
  const before = await memory()

  const reader = await openWebsocket()
  await readUntil(reader, '\r\n\r\n')
  reader.pause()
  const held = await settled(() => sentBytes(firehoses.at(-1)))
  expect(held).toBeGreaterThan(CHUNK.length)
  expect(held).toBeLessThan(HELD_UP_LIMIT)
  expectLittleMore(before, await memory())

  await readBytes(reader, 2 * held)
  expect(sentBytes(firehoses.at(-1))).toBeGreaterThan(2 * held)
})

function expectLittleMore(before: Memory, after: Memory): void {
  expect(after.now - before.now).toBeLessThan(MEMORY_LIMIT)
  expect(after.peak - before.peak).toBeLessThan(MEMORY_LIMIT)
}

/** The proxy alone in a process, so that nothing but it is measured. */
async function startProxyProcess(upstream: TestServer) {
  const script = fileURLToPath(new URL('./proxy-process.ts', import.meta.url))
  const child = fork(script, [upstream.url.href], { execArgv: [] })
  onTestFinished(() => void child.kill())
  const [port] = (await once(child, 'message')) as [number]
  const memory = async (): Promise<Memory> => {
    child.send('memory')
    const [answer] = (await once(child, 'message')) as [Memory]
    return answer
  }
  return { port, memory }
}

function upload(port: number, path: string, length: number) {
  let socket: Socket | undefined
  const run = async () => {
    socket = await openRaw(port)
    socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`)
    await pour(socket, length)
    const answer = await readUntil(socket, `read ${length}`)
    socket.destroy()
    return answer
  }
  return { answered: run(), sent: () => sentBytes(socket) }
}

/** Writes as fast as the other side takes it. */
async function pour(socket: Socket, length: number): Promise<void> {
  for (let left = length; left > 0 && !socket.destroyed; left -= CHUNK.length) {
    if (!socket.write(CHUNK.subarray(0, Math.min(left, CHUNK.length)))) await once(socket, 'drain')
  }
}

async function readBytes(socket: Socket, length: number): Promise<void> {
  let bytes = 0
  const done = Promise.withResolvers<void>()
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes >= length) done.resolve()
  })
  socket.resume()
  await done.promise
}

/** The bytes that left this process. */
function sentBytes(socket: Socket | undefined): number {
  return socket === undefined ? 0 : socket.bytesWritten - socket.writableLength
}

/** Waits until a growing number has stood still for half a second, and returns it. */
async function settled(measure: () => number): Promise<number> {
  let last = measure()
  let still = 0
  while (still < 10) {
    await new Promise((tick) => setTimeout(tick, 50))
    const now = measure()
    still = now === last && now > 0 ? still + 1 : 0
    last = now
  }
  return last
}
