import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Logger } from 'pino'

/**
 * Answers what is no HTTP, or comes too slowly, and closes its connection: as Node does, with a word more. Fastify does
 * likewise but logs the error whole, and that holds what was received: addresses with codes, cookies, passwords.
 *
 * @param log told the error's code alone
 * @returns what a server calls on `clientError`
 */
export function refuseUnreadable(log: Logger): (error: NodeJS.ErrnoException, socket: Socket) => void {
  return (error, socket) => {
    const { code } = error
    if (code === 'ECONNRESET' || socket.destroyed) return
    log.debug({ code }, 'a request could not be read')
    if (socket.writable) socket.write(answerTo(code))
    socket.destroy()
  }
}

function answerTo(code: string | undefined): string {
  const [status, message] = statusOf(code)
  const body = JSON.stringify({ error: STATUS_CODES[status], message })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  return [...head, '', body].join('\r\n')
}

function statusOf(code: string | undefined): readonly [status: number, message: string] {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return [408, 'The request took too long']
  if (code === 'HPE_HEADER_OVERFLOW') return [431, 'The headers are too long']
  return [400, 'The request could not be read']
}
