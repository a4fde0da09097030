import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { VIA } from '../wire/via.ts'
import type { XrpcMethod } from '../xrpc/kit/method.ts'
import { IncomingCredentials, searchOf } from './xrpc-request.ts'

/** What an answer of a standard method carries; the same that it has when the framework sends it. */
const HEADERS = {
  via: VIA,
  'access-control-allow-origin': '*',
  'cache-control': 'private',
  vary: 'Authorization',
  'content-type': 'application/json; charset=utf-8',
}

/**
 * Puts a short way before the framework: what a method has ready goes out at once, everything else takes the whole way.
 * The framework's part costs more than all the rest of such an answer.
 *
 * @param pathOf where a method is mounted
 * @param own the whole way
 */
export function answerReady(
  methods: readonly XrpcMethod[],
  pathOf: (method: XrpcMethod) => string,
  own: RequestListener,
  log: Pick<Logger, 'isLevelEnabled'>,
): RequestListener {
  const short = new Map(methods.flatMap((method) => (method.ready ? [[pathOf(method), method.ready]] : [])))
  return (request, response) => {
    const { url = '' } = request
    const question = url.indexOf('?')
    const find = short.get(question === -1 ? url : url.slice(0, question))
    // At that level there is a line for each answer, which the framework's part writes.
    if (find === undefined || !isPlainRead(request) || log.isLevelEnabled('debug')) {
      own(request, response)
      return
    }
    const asked = { search: searchOf(request), credentials: new IncomingCredentials(request) }
    find(asked).then(
      (text) => (text === undefined ? own(request, response) : send(response, text)),
      // Whatever is wrong is told on the whole way.
      () => own(request, response),
    )
  }
}

function isPlainRead({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'GET' && headers['transfer-encoding'] === undefined && headers['content-length'] === undefined
  )
}

function send(response: ServerResponse, text: string): void {
  response.writeHead(200, { ...HEADERS, 'content-length': Buffer.byteLength(text) })
  response.end(text)
}
