import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RawAnswer, sendRaw } from '../gate/raw-http.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'

const SECRET = 'localhost-abcde-fghij'

describe('what is no HTTP', () => {
  let fronted: FrontedWorld

  beforeAll(async () => {
    fronted = await startFrontedWorld()
  })

  afterAll(() => fronted?.[Symbol.asyncDispose]())

  test.each([
    ['a line that is no header', `GET /join/${SECRET} HTTP/1.1\r\nHost: x\r\nno header\r\n\r\n`, 400],
    ['a space in the address', `GET /join/${SECRET} x HTTP/1.1\r\nHost: x\r\n\r\n`, 400],
    [
      'headers without end',
      `GET /join/${SECRET} HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
      431,
    ],
    [
      'a body that is not in chunks',
      `POST /join/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\npassword=${SECRET}\r\n0\r\n\r\n`,
      400,
    ],
  ])('is refused, and nothing of it is logged at any level: %s', async (_name, sent, status) => {
    const before = fronted.logs.length
    const answer = await sendRaw(Number(new URL(fronted.url).port), sent)
    expect(answer.status).toBe(status)
    expect(contentOf(answer)).toMatchObject({ message: expect.any(String) })
    await expect.poll(() => fronted.logs.slice(before).join('\n')).toContain('a request could not be read')
    const logs = fronted.logs.slice(before).join('\n')
    // As text, and as the bytes that a buffer is logged as.
    for (const form of [SECRET, [...Buffer.from(SECRET)].join(','), Buffer.from(SECRET).toString('base64')])
      expect(logs).not.toContain(form)
  })
})

function contentOf({ headers, body }: RawAnswer): unknown {
  expect(headers).toContain(`Content-Length: ${Buffer.byteLength(body)}`)
  return JSON.parse(body)
}
