import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { MIMEType, promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import { invalidRequest, XrpcFailure } from './failure.ts'

/** The most that a request body may have, packed or unpacked: the PDS's own limit for JSON. */
const BODY_LIMIT = 150 * 1024

/** The content encodings that the PDS knows. Unpacking ends at the limit, whatever the packed bytes announce. */
const DECODERS = new Map([
  ['gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
])

/** What a request brings along. */
export interface IncomingBody {
  readonly headers: IncomingHttpHeaders
  readonly stream: Readable
}

/**
 * Reads a JSON body to its end. The names of the failures are the PDS's. Like there, an empty body counts as `{}`.
 *
 * @returns an object or an array
 * @throws {XrpcFailure} 400 when there is no body, it is of another type, no JSON, or can't be read; 413 when it is too
 *   long; 415 for a content encoding or a charset that nobody needs to know
 */
export async function readJson(body: IncomingBody): Promise<unknown> {
  if (presence(body.headers) === 'missing') {
    throw invalidRequest('A request body is expected but none was provided')
  }
  requireJsonType(body.headers['content-type'])
  const bytes = await readBody(body)
  // A leading byte order mark is dropped.
  return bytes.length === 0 ? {} : parse(new TextDecoder().decode(bytes))
}

/**
 * Reads the fields of a form that a page posted.
 *
 * @throws {XrpcFailure} 400 when it is of another type or can't be read; 413 when it is too long; 415 as for JSON
 */
export async function readForm(body: IncomingBody): Promise<URLSearchParams> {
  if (parseMime(body.headers['content-type'])?.essence !== 'application/x-www-form-urlencoded')
    throw invalidRequest('A form is expected')
  return new URLSearchParams(new TextDecoder().decode(await readBody(body)))
}

/** Makes sure that a request has no body. A chunked one may still be empty. @throws {XrpcFailure} 400 when it has */
export async function requireNoBody({ headers, stream }: IncomingBody): Promise<void> {
  if (presence(headers) !== 'present') return
  if (headers['transfer-encoding'] !== undefined && (await readUpTo(0, stream)) !== undefined) return
  throw invalidRequest('A request body was provided when none was expected')
}

/** Whether a request has a body, as its framing tells: `empty` when it says so itself. */
function presence(headers: IncomingHttpHeaders): 'missing' | 'empty' | 'present' {
  if (headers['transfer-encoding'] !== undefined) return 'present'
  const length = headers['content-length']
  if (length === undefined) return 'missing'
  return length === '0' ? 'empty' : 'present'
}

/** JSON is UTF-8 (RFC 8259 section 8.1). Another charset must not be taken for it. */
function requireJsonType(contentType: string | undefined): void {
  const named = contentType?.split(';')[0]?.trim()
  if (!named) throw invalidRequest('Request encoding (Content-Type) required but not provided')
  const type = parseMime(contentType)
  if (type?.essence !== 'application/json') {
    throw invalidRequest(`Wrong request encoding (Content-Type): ${named}`)
  }
  const charset = type.params.get('charset')?.toUpperCase() ?? 'UTF-8'
  if (charset !== 'UTF-8') throw unsupported(`unsupported charset "${charset}"`)
}

function parseMime(contentType = ''): MIMEType | undefined {
  try {
    return new MIMEType(contentType)
  } catch {
    return undefined
  }
}

async function readBody({ headers, stream }: IncomingBody): Promise<Buffer> {
  const encoding = headers['content-encoding']?.toLowerCase() || 'identity'
  const decode = DECODERS.get(encoding)
  if (decode === undefined && encoding !== 'identity') {
    throw unsupported(`unsupported content encoding "${encoding}"`)
  }
  const bytes =
    Number(headers['content-length']) > BODY_LIMIT ? undefined : await readUpTo(BODY_LIMIT, stream)
  if (bytes === undefined) throw tooLarge()
  if (decode === undefined) return bytes
  try {
    return await decode(bytes, { maxOutputLength: BODY_LIMIT })
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge()
    throw unreadable(cause)
  }
}

/**
 * Reads to the end.
 *
 * @returns undefined when there are more than `limit` bytes; the rest then runs off, so that the caller gets to read the
 *   answer and can use the connection again
 */
async function readUpTo(limit: number, stream: Readable): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > limit) break
      chunks.push(chunk)
    }
  } catch (cause) {
    throw unreadable(cause)
  }
  if (length <= limit) return Buffer.concat(chunks)
  stream.resume()
  return undefined
}

/** The parser's own words quote the body, which may hold codes and passwords: they go neither back nor to the log. */
function parse(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text, refuseProto)
  } catch (error) {
    throw error instanceof XrpcFailure ? error : syntaxError('The request body is not valid JSON')
  }
  if (typeof value === 'object' && value !== null) return value
  throw syntaxError('The request body is not a JSON object')
}

function refuseProto(key: string, value: unknown): unknown {
  if (key === '__proto__') throw invalidRequest('Invalid key: __proto__')
  return value
}

function syntaxError(message: string): XrpcFailure {
  return new XrpcFailure(400, 'SyntaxError', message)
}

function unreadable(cause: unknown): XrpcFailure {
  return invalidRequest('The request body could not be read', { cause })
}

function unsupported(message: string): XrpcFailure {
  return new XrpcFailure(415, 'UnsupportedMediaTypeError', message)
}

function tooLarge(): XrpcFailure {
  return new XrpcFailure(413, 'PayloadTooLargeError', 'request entity too large')
}
