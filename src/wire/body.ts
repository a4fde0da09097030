import type { IncomingHttpHeaders } from 'node:http'
import { pipeline, type Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { invalidRequest, XrpcFailure } from './failure.ts'

/** The most that a request body may have, packed or unpacked: the PDS's own limit for JSON. */
export const BODY_LIMIT = 150 * 1024

/** What a request brings along. */
export interface IncomingBody {
  readonly headers: IncomingHttpHeaders
  readonly stream: Readable
}

/** Whether a request has a body, as its framing tells: `empty` when it says so itself. */
export function bodyPresence(headers: IncomingHttpHeaders): 'missing' | 'empty' | 'present' {
  if (headers['transfer-encoding'] !== undefined) return 'present'
  const length = headers['content-length']
  if (length === undefined) return 'missing'
  return length === '0' ? 'empty' : 'present'
}

/**
 * Reads a body to its end, unpacked.
 *
 * @throws {XrpcFailure} 413 past {@link BODY_LIMIT}, 415 for a content encoding that the PDS does not know either, 400
 *   when the body breaks off or can't be unpacked
 */
export async function readBody({ headers, stream }: IncomingBody): Promise<Buffer> {
  if (Number(headers['content-length']) > BODY_LIMIT) throw tooLarge()
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of unpack(stream, headers['content-encoding']) as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > BODY_LIMIT) throw tooLarge()
      chunks.push(chunk)
    }
  } catch (cause) {
    if (cause instanceof XrpcFailure) throw cause
    throw invalidRequest('The request body could not be read', { cause })
  }
  return Buffer.concat(chunks)
}

/**
 * Reads a JSON body to its end.
 *
 * @throws {XrpcFailure} like {@link readBody}, and 400 when there is no body, it is of another type, or no JSON
 */
export async function readJson(body: IncomingBody): Promise<unknown> {
  if (bodyPresence(body.headers) === 'missing') {
    throw invalidRequest('A request body is expected but none was provided')
  }
  const mime = body.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (!mime) throw invalidRequest('Request encoding (Content-Type) required but not provided')
  if (mime !== 'application/json') throw invalidRequest(`Wrong request encoding (Content-Type): ${mime}`)
  const text = await readBody(body)
  try {
    return JSON.parse(text.toString('utf8'))
  } catch (cause) {
    throw invalidRequest('The request body is not valid JSON', { cause })
  }
}

function unpack(stream: Readable, encoding = 'identity'): Readable {
  const decoders = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress }
  const name = encoding.toLowerCase()
  if (name === 'identity') return stream
  if (!Object.hasOwn(decoders, name)) {
    throw new XrpcFailure(415, 'UnsupportedMediaType', `unsupported content encoding "${name}"`)
  }
  // Errors reach whoever reads the last stream.
  return pipeline(stream, decoders[name as keyof typeof decoders](), () => undefined)
}

function tooLarge(): XrpcFailure {
  return new XrpcFailure(413, 'PayloadTooLargeError', 'request entity too large')
}
