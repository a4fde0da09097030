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

/** What went wrong on the short way. */
const failures = new WeakMap<IncomingMessage, { readonly error: unknown }>()

/** Throws what went wrong with a request on the short way, so that the whole way tells it and nothing is tried twice. */
export function throwFailure(request: IncomingMessage): void {
  const failure = failures.get(request)
  if (failure !== undefined) throw failure.error
}

/**
 * Puts a short way before the framework, whose part of a request costs more than all the rest of an answer that is ready.
 * Whatever is out of the ordinary takes the whole way.
 *
 * @param pathOf where a method is mounted
 * @param own the whole way
 */
export function shortWay(
  methods: readonly XrpcMethod[],
  pathOf: (method: XrpcMethod) => string,
  own: RequestListener,
  log: Pick<Logger, 'isLevelEnabled'>,
): RequestListener {
  const short = new Map(
    methods.flatMap((method) => (method.answerKnown ? [[pathOf(method), method.answerKnown]] : [])),
  )

  async function take(
    answerKnown: NonNullable<XrpcMethod['answerKnown']>,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const asked = { search: searchOf(request), credentials: new IncomingCredentials(request) }
    try {
      const text = await answerKnown(asked)
      if (text !== undefined) {
        send(response, text)
        return
      }
    } catch (error) {
      failures.set(request, { error })
    }
    own(request, response)
  }

  return (request, response) => {
    const { url = '' } = request
    const question = url.indexOf('?')
    const answerKnown = short.get(question === -1 ? url : url.slice(0, question))
    // At that level there is a line for each answer, which the whole way writes.
    if (answerKnown === undefined || !isPlainRead(request) || log.isLevelEnabled('debug'))
      own(request, response)
    else void take(answerKnown, request, response)
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
