import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { PdsAnswer } from '../pds/answer.ts'
import type { XrpcFailure } from '../wire/failure.ts'
import { withVia } from '../wire/via.ts'
import { isRefusal, type XrpcAnswer, type XrpcFile } from '../xrpc/kit/method.ts'
import { tell } from './failures.ts'

/**
 * The headers of the PDS's answers that go back to the caller. Those of the connection are our own business, and CORS
 * is set for every answer.
 */
const RELAYED = [
  'access-control-expose-headers',
  'cache-control',
  'content-language',
  'content-type',
  'dpop-nonce',
  'ratelimit-limit',
  'ratelimit-policy',
  'ratelimit-remaining',
  'ratelimit-reset',
  'retry-after',
  'www-authenticate',
] as const

/** Sends what a method answered. */
export function sendAnswer(reply: FastifyReply, answer: XrpcAnswer): FastifyReply {
  if (isRefusal(answer)) return sendUpstream(reply, answer.refusal)
  keepPrivate(reply)
  if ('empty' in answer) return reply.send()
  if ('stream' in answer) return sendFile(reply, answer)
  reply.type('application/json; charset=utf-8')
  return reply.send('text' in answer ? answer.text : JSON.stringify(answer.json))
}

/** Nobody keeps a copy: what is sent so is long, and secret. */
function sendFile(reply: FastifyReply, { stream, type, filename }: XrpcFile): FastifyReply {
  return reply
    .header('cache-control', 'no-store')
    .header('content-disposition', `attachment; filename="${filename}"`)
    .type(type)
    .send(Readable.from(stream, { objectMode: false }))
}

/** Sends an answer of the PDS as it is. */
export function sendUpstream(reply: FastifyReply, { status, headers, body }: PdsAnswer): FastifyReply {
  keepPrivate(reply)
  for (const name of RELAYED) {
    const value = headers.get(name)
    if (value !== null && !(name === 'cache-control' && isOwnMethod(reply))) reply.header(name, value)
  }
  for (const cookie of headers.getSetCookie()) reply.header('set-cookie', cookie)
  return reply.code(status).send(Buffer.from(body))
}

/** Sends an answer of the PDS with all its headers, every cookie included, for a page of the PDS's own. */
export function sendWhole(reply: FastifyReply, { status, headers, body }: PdsAnswer): FastifyReply {
  for (const [name, value] of headers) {
    // Fastify counts for itself, and appends cookies to one another.
    if (name !== 'content-length' && name !== 'via') reply.header(name, value)
  }
  reply.header('via', withVia(headers.get('via')))
  return reply.code(status).send(Buffer.from(body))
}

/** Sends what is told of an error. */
export function sendError(reply: FastifyReply, error: unknown): FastifyReply {
  const { status, error: name, message, retryAfter } = logged(reply, error)
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
  return keepPrivate(reply)
    .code(status)
    .header('x-request-id', reply.request.id)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ error: name, message }))
}

/**
 * Logs an error, and finds out what is told of it. What is no fault of the caller's is logged in full; of the others the
 * log gets no message, since it may quote an invite code.
 */
export function logged(reply: FastifyReply, error: unknown): XrpcFailure {
  const { failure, level } = tell(error)
  const { id } = reply.request
  if (level === 'error') reply.log.error({ id, err: error }, failure.error)
  else reply.log.debug({ id, status: failure.status }, failure.error)
  return failure
}

/**
 * Answers depend on who asks, so that only the caller's own cache may keep them. Nobody keeps those that the pages' cookie
 * may stand behind: after signing out nothing is left of them.
 */
function keepPrivate(reply: FastifyReply): FastifyReply {
  if (!isOwnMethod(reply)) return reply.header('cache-control', 'private').header('vary', 'Authorization')
  return reply
    .header('cache-control', 'no-store')
    .header('vary', 'Cookie, Authorization')
    .header('x-content-type-options', 'nosniff')
}

/** Whether this answers a method of Latchkey's own lexicons. */
function isOwnMethod({ request }: FastifyReply): boolean {
  return request.routeOptions.url?.startsWith('/xrpc/app.latchkey.') ?? false
}
