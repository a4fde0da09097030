import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Duration } from '../invites/types.ts'
import { VIA } from '../wire/via.ts'
import type { XrpcAnswer, XrpcMethod } from '../xrpc/kit/method.ts'
import { IncomingCredentials, searchOf } from './xrpc-request.ts'

/** What an answer of a standard method carries; the same that it has when the framework sends it. */
const HEADERS = {
  via: VIA,
  'access-control-allow-origin': '*',
  'cache-control': 'private',
  vary: 'Authorization',
  'content-type': 'application/json; charset=utf-8',
}

/** What came of a request on the short way that is not answered there. */
type Outcome = { readonly took: Duration } & ({ readonly answer: XrpcAnswer } | { readonly error: unknown })

const outcomes = new WeakMap<IncomingMessage, Outcome>()

/**
 * The answer of a request that the short way has left to the whole way, so that nothing is done twice. Throws what went wrong
 * with it there.
 *
 * @returns undefined where the request did not take the short way
 */
export function answerOfShortWay(request: IncomingMessage): XrpcAnswer | undefined {
  const outcome = outcomes.get(request)
  if (outcome !== undefined && 'error' in outcome) throw outcome.error
  return outcome?.answer
}

/** How long a request was on the short way before it was left to the whole way. */
export function timeOnShortWay(request: IncomingMessage): Duration {
  return outcomes.get(request)?.took ?? 0
}

/**
 * Puts a short way before the framework, whose part of a request costs more than all the rest of an answer that is ready.
 * Whatever is out of the ordinary takes the whole way, and so do refusals and failures, once it is known that they are.
 *
 * @param pathOf where a method is mounted
 * @param own the whole way
 */
export function shortWay(
  methods: readonly XrpcMethod[],
  pathOf: (method: XrpcMethod) => string,
  own: RequestListener,
  log: Logger,
): RequestListener {
  const short = new Map(
    methods.flatMap((method) => (method.answerPlain ? [[pathOf(method), method.answerPlain]] : [])),
  )

  async function take(
    route: string,
    answerPlain: NonNullable<XrpcMethod['answerPlain']>,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const asked = { search: searchOf(request), credentials: new IncomingCredentials(request) }
    const startedAt = performance.now()
    try {
      const answer = await answerPlain(asked)
      if ('text' in answer) {
        send(response, answer.text)
        if (log.isLevelEnabled('debug')) tell(route, performance.now() - startedAt)
        return
      }
      outcomes.set(request, { took: performance.now() - startedAt, answer })
    } catch (error) {
      outcomes.set(request, { took: performance.now() - startedAt, error })
    }
    own(request, response)
  }

  /** As the whole way does. */
  function tell(route: string, took: Duration): void {
    log.debug({ id: randomUUID(), method: 'GET', route, status: 200, ms: Math.round(took) }, 'answered')
  }

  return (request, response) => {
    const { url = '' } = request
    const question = url.indexOf('?')
    const path = question === -1 ? url : url.slice(0, question)
    const answerPlain = short.get(path)
    if (answerPlain === undefined || !isPlainRead(request)) own(request, response)
    else void take(path, answerPlain, request, response)
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
