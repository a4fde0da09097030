import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { buffer, text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { openRaw, parseRaw, readToEnd, readUntil, sendRaw } from './raw-http.ts'
import { FAILURE, send, setUp, startHttp, startTcp, WEBSOCKET } from './servers.ts'

/** What the stand-in for the PDS got. */
interface Seen {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A front before a server that tells what it saw. */
async function setUpEcho() {
  const seen: Seen[] = []
  const upstream = await startHttp(async (incoming, response) => {
    const { method, url, headers } = incoming
    seen.push({ method, url, headers, body: await text(incoming) })
    response.end('ok')
  })
  return { seen, ...(await setUp(upstream)) }
}

const setUpAnswering = async (listener: (incoming: IncomingMessage, response: ServerResponse) => void) =>
  await setUp(await startHttp(listener))

describe('what the PDS gets', () => {
  it('is the method, the target, the Host, the headers and the body as sent', async () => {
    const { port, seen } = await setUpEcho()
    const headers = { host: 'alice.pds.test', cookie: 'a=1; b=2', 'x-twice': ['1', '2'], dpop: 'proof' }
    await send(port, { method: 'PATCH', path: '/a//b/../%2F?x=%20&x=2&', headers, body: 'body' })
    expect(seen).toMatchObject([
      {
        method: 'PATCH',
        url: '/a//b/../%2F?x=%20&x=2&',
        headers: { host: 'alice.pds.test', cookie: 'a=1; b=2', 'x-twice': '1, 2', dpop: 'proof' },
        body: 'body',
      },
    ])
  })

  it('is the origin form of an absolute target', async () => {
    const { port, seen } = await setUpEcho()
    await sendRaw(port, 'GET http://other.test/a?b HTTP/1.1\r\nHost: pds.test\r\nConnection: close\r\n\r\n')
    expect(seen).toMatchObject([{ url: '/a?b', headers: { host: 'pds.test' } }])
  })

  it('names the client behind those who forwarded before', async () => {
    const { port, seen } = await setUpEcho()
    await send(port, { headers: { host: 'pds.test' } })
    const before = { 'x-forwarded-for': ['203.0.113.9', '10.0.0.1'], 'x-forwarded-proto': 'https' }
    await send(port, { headers: { ...before, 'x-forwarded-host': 'public.test' } })
    expect(seen).toMatchObject([
      {
        headers: {
          'x-forwarded-for': '127.0.0.1',
          'x-forwarded-proto': 'http',
          'x-forwarded-host': 'pds.test',
        },
      },
      {
        headers: {
          'x-forwarded-for': '203.0.113.9, 10.0.0.1, 127.0.0.1',
          'x-forwarded-proto': 'https',
          'x-forwarded-host': 'public.test',
        },
      },
    ])
  })

  it('has no hop-by-hop headers, nor what Connection names', async () => {
    const { port, seen } = await setUpEcho()
    const headers = {
      connection: 'close, X-Once,',
      'keep-alive': 'timeout=5',
      'proxy-authorization': 'Basic eA==',
      'proxy-connection': 'keep-alive',
      te: 'trailers',
      'x-once': '1',
      'x-stays': '1',
    }
    await send(port, { headers })
    expect(seen[0]?.headers).toEqual({
      host: `127.0.0.1:${port}`,
      connection: 'keep-alive',
      'x-stays': '1',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': `127.0.0.1:${port}`,
      'x-forwarded-proto': 'http',
    })
  })

  it('is a chunked body, whatever the method', async () => {
    const { port, seen } = await setUpEcho()
    for (const method of ['POST', 'DELETE', 'GET', 'OPTIONS']) {
      const head = `${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n`
      const { status } = await sendRaw(port, `${head}4\r\nbody\r\n1\r\n!\r\n0\r\n\r\n`)
      expect(status).toBe(200)
    }
    expect(seen.map(({ method, body }) => [method, body])).toEqual([
      ['POST', 'body!'],
      ['DELETE', 'body!'],
      ['GET', 'body!'],
      ['OPTIONS', 'body!'],
    ])
  })

  it('is never a request hidden in the body of another', async () => {
    const { port, seen } = await setUpEcho()
    const hidden = 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n'
    const headers = `Host: a\r\nConnection: close, content-length\r\nContent-Length: ${hidden.length}\r\n`
    await sendRaw(port, `GET /open HTTP/1.1\r\n${headers}\r\n${hidden}`)
    expect(seen.map(({ url, body }) => [url, body])).toEqual([['/open', hidden]])
    const ambiguous = await sendRaw(
      port,
      `POST / HTTP/1.1\r\n${headers}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    )
    expect(ambiguous.status).toBe(400)
    expect(seen).toHaveLength(1)
  })

  it('is an upload that the client announced with Expect', async () => {
    const { port, seen } = await setUpEcho()
    const socket = await openRaw(port)
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n')
    socket.write('Expect: 100-continue\r\n\r\n')
    expect(await readUntil(socket, '\r\n\r\n')).toContain('100 Continue')
    socket.write('body')
    expect(await readUntil(socket, 'ok')).toContain('200 OK')
    expect(seen).toMatchObject([{ body: 'body' }])
    expect(seen[0]?.headers).not.toHaveProperty('expect')
  })
})

describe('what the client gets', () => {
  it('is status, headers and every Set-Cookie as answered, without hop-by-hop headers', async () => {
    const { port } = await setUpAnswering((_incoming, response) => {
      response.writeHead(299, 'Quite Well', [
        ...['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Link', '<a>', 'Link', '<b>', 'ETag', '"x"'],
        ...['Connection', 'X-Once', 'Keep-Alive', 'timeout=9', 'X-Once', '1', 'Proxy-Authenticate', 'Basic'],
      ])
      response.end('body')
    })
    const request = 'GET / HTTP/1.1\r\nHost: a\r\n'
    const { headers, status, body } = await sendRaw(port, `${request}Connection: close\r\n\r\n`)
    expect([status, body]).toEqual([299, '4\r\nbody\r\n0\r\n\r\n'])
    expect(headers.filter((line) => !line.startsWith('Date'))).toEqual([
      'Set-Cookie: a=1',
      'Set-Cookie: b=2',
      'Link: <a>, <b>',
      'ETag: "x"',
      'Transfer-Encoding: chunked',
      'Connection: close',
    ])
  })

  it('is a connection that can be used again', async () => {
    const { port } = await setUpEcho()
    const socket = await openRaw(port)
    for (const path of ['/1', '/2']) {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
      expect(await readUntil(socket, 'ok')).toContain('200 OK')
    }
    socket.destroy()
  })

  it('is the length without the body on HEAD, and nothing on 204 and 304', async () => {
    const { port } = await setUpAnswering((incoming, response) => {
      if (incoming.method === 'HEAD') response.writeHead(200, { 'Content-Length': 1000 })
      else response.writeHead(Number(incoming.url?.slice(1)), { ETag: '"x"' })
      response.end()
    })
    const head = await send(port, { method: 'HEAD' })
    expect([head.status, head.answer.headers['content-length'], head.body.length]).toEqual([200, '1000', 0])
    for (const status of [204, 304]) {
      const { answer, body } = await send(port, { path: `/${status}` })
      expect([answer.statusCode, answer.headers.etag, body.length]).toEqual([status, '"x"', 0])
      expect(answer.headers['transfer-encoding']).toBeUndefined()
    }
  })

  it('is the part it asked for', async () => {
    const { port } = await setUpAnswering((incoming, response) => {
      response.writeHead(206, { 'Content-Range': `${incoming.headers.range}/10`, 'Content-Length': 4 })
      response.end('2345')
    })
    const { status, answer, body } = await send(port, { headers: { range: 'bytes=2-5' } })
    expect([status, answer.headers['content-range'], String(body)]).toEqual([206, 'bytes=2-5/10', '2345'])
  })

  it('is a compressed body byte for byte', async () => {
    const zipped = gzipSync('some text '.repeat(10_000))
    const { port } = await setUpAnswering((_incoming, response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip' })
      response.end(zipped)
    })
    const { answer, body } = await send(port, { headers: { 'accept-encoding': 'gzip' } })
    expect(answer.headers['content-encoding']).toBe('gzip')
    expect(body.equals(zipped)).toBe(true)
  })

  it('is an answer given before the upload was read', async () => {
    const { port } = await setUpAnswering((_incoming, response) => response.writeHead(413).end('too large'))
    const { status, body } = await send(port, { method: 'POST', body: Buffer.alloc(20_000_000) })
    expect([status, String(body)]).toEqual([413, 'too large'])
  })

  it('begins before the answer is complete', async () => {
    const { port } = await setUpAnswering((_incoming, response) => {
      response.write('first')
    })
    const socket = await openRaw(port)
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(await readUntil(socket, 'first')).toContain('200 OK')
    socket.destroy()
  })
})

describe('when one side fails', () => {
  it('a PDS that is down is 502 UpstreamFailure, for an upload too', async () => {
    const upstream = await startHttp()
    await upstream[Symbol.asyncDispose]()
    const failures: Error[] = []
    const { port } = await setUp(upstream, { onFailure: (error) => failures.push(error) })
    for (const body of ['', Buffer.alloc(5_000_000)]) {
      const { status, answer, body: told } = await send(port, { method: 'POST', body })
      expect([status, JSON.parse(String(told))]).toEqual([502, FAILURE])
      expect(answer.headers).toMatchObject({ 'retry-after': '5', 'access-control-allow-origin': '*' })
    }
    const { status, body } = await sendRaw(port, `GET / HTTP/1.1\r\n${WEBSOCKET}\r\n`)
    expect([status, JSON.parse(body)]).toEqual([502, FAILURE])
    expect(failures).toMatchObject(Array.from({ length: 3 }, () => ({ code: 'ECONNREFUSED' })))
  })

  it('a PDS that does not answer in time is 502, without asking again', async () => {
    const seen: unknown[] = []
    const upstream = await startHttp(({ url }, response) => {
      seen.push(url)
      if (url === '/first') response.end()
    })
    const { port } = await setUp(upstream, { requestTimeoutMs: 50 })
    expect((await send(port, { path: '/first' })).status).toBe(200)
    const { status, body } = await send(port, { path: '/second' })
    expect([status, JSON.parse(String(body))]).toEqual([502, FAILURE])
    expect(seen).toEqual(['/first', '/second'])
  })

  it('an answer that has begun may pause for longer than that', async () => {
    const pause = Promise.withResolvers<void>()
    const upstream = await startHttp(async (_incoming, response) => {
      response.write('first')
      await pause.promise
      response.end('second')
    })
    const { port } = await setUp(upstream, { requestTimeoutMs: 50 })
    const answered = send(port)
    setTimeout(pause.resolve, 200)
    expect(String((await answered).body)).toBe('firstsecond')
  })

  it('a client that reads only after its upload gets through with it and learns that the PDS is down', async () => {
    const upstream = await startHttp()
    await upstream[Symbol.asyncDispose]()
    const { port } = await setUp(upstream)
    const socket = await openRaw(port)
    const body = Buffer.alloc(100_000_000)
    socket.pause().write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`)
    await new Promise((done) => socket.write(body, done))
    socket.resume()
    expect(parseRaw(await readUntil(socket, '}')).status).toBe(502)
    socket.destroy()
  })

  it('an answer cut off by the PDS is cut off for the client', async () => {
    for (const cutOff of [(socket: Socket) => socket.end(), (socket: Socket) => socket.resetAndDestroy()]) {
      let upstreamSocket: Socket | undefined
      const upstream = await startTcp((socket) => {
        upstreamSocket = socket
        socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'))
      })
      const { port } = await setUp(upstream)
      const socket = await openRaw(port)
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      const answer = await readUntil(socket, 'half')
      if (upstreamSocket !== undefined) cutOff(upstreamSocket)
      expect(parseRaw(answer + (await readToEnd(socket))).body).toBe('half')
    }
  })

  it('a client that leaves is no longer waited for', async () => {
    const left = Promise.withResolvers<void>()
    const { port } = await setUpAnswering((incoming, response) => {
      response.once('close', left.resolve)
      incoming.resume().once('end', () => response.write('first'))
    })
    const socket = await openRaw(port)
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody')
    await readUntil(socket, 'first')
    socket.destroy()
    await left.promise
  })

  it('an upload cut off by the client is cut off for the PDS', async () => {
    const read = Promise.withResolvers<unknown>()
    const { port } = await setUpAnswering((incoming) => void buffer(incoming).catch(read.resolve))
    const socket = await openRaw(port)
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf')
    socket.end()
    expect(await read.promise).toMatchObject({ code: 'ECONNRESET' })
  })

  it('a kept connection that the PDS just closed fails no GET, and no POST is sent twice', async () => {
    const seen: string[] = []
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
    const upstream = await startTcp((socket) => {
      socket.once('data', (first) => {
        seen.push(String(first).split(' ')[0] ?? '')
        socket.write(answer)
        socket.once('data', () => socket.resetAndDestroy())
      })
    })
    const { port } = await setUp(upstream)
    for (let round = 0; round < 3; round += 1) expect((await send(port)).status).toBe(200)
    expect(seen).toEqual(['GET', 'GET', 'GET'])
    expect((await send(port, { method: 'POST', body: 'once' })).status).toBe(502)
    expect(seen).not.toContain('POST')
  })

  it('an idle connection is given up before the PDS would', async () => {
    const ended = Promise.withResolvers<void>()
    const upstream = await startTcp((socket) => {
      socket.once('end', ended.resolve).once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2\r\nContent-Length: 0\r\n\r\n')
      })
    })
    const { port } = await setUp(upstream)
    const begin = performance.now()
    await send(port)
    await ended.promise
    expect(performance.now() - begin).toBeLessThan(1_900)
  })
})
