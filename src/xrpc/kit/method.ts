import {
  type InferMethodInputBody,
  type InferMethodOutputBody,
  type InferMethodParams,
  LexValidationError,
  type Procedure,
  type Query,
} from '@atproto/lex-schema'
import type { Credentials, Refusal } from '../../auth/credentials.ts'
import { type IncomingBody, readJson, requireNoBody } from '../../wire/body.ts'
import { invalidRequest } from '../../wire/failure.ts'

/** A request to one method. */
export interface XrpcRequest {
  /** The query string, without its question mark. */
  readonly search: string
  readonly credentials: Credentials
  readonly body: IncomingBody
  /** The client's address. */
  readonly address: string
}

/** What goes back: a JSON value, one that is text already, nothing, a file that is written as it is read, or the PDS's own answer. */
export type XrpcAnswer = { readonly json: unknown } | XrpcText | { readonly empty: true } | XrpcFile | Refusal

/** An answer that is JSON already. */
export interface XrpcText {
  readonly text: string
}

/** An answer too long to be held at once. */
export interface XrpcFile {
  readonly stream: AsyncIterable<string>
  readonly type: string
  /** What a browser calls it. */
  readonly filename: string
}

/** One method of the protocol, ready to be mounted. */
export interface XrpcMethod {
  readonly nsid: string
  readonly verb: 'GET' | 'POST'
  /** Parses, authenticates, makes the call and shapes the answer. Rejects with what the edge maps to an answer. */
  readonly answer: (request: XrpcRequest) => Promise<XrpcAnswer>
  /** The same for a request without a body, by a method that looks at nothing else. */
  readonly answerPlain?: (request: Pick<XrpcRequest, 'search' | 'credentials'>) => Promise<XrpcText | Refusal>
}

/** What a handler is given. */
export interface Call<M extends Query | Procedure, C> {
  readonly params: InferMethodParams<M>
  readonly input: InferMethodInputBody<M>
  /** What authentication found out. */
  readonly caller: C
}

/**
 * Defines a method in the order of the PDS: parameters, then credentials, then the body, then the call.
 *
 * @param schema the method's lexicon
 * @param admit finds out who calls, or answers with the PDS's refusal
 * @param handle makes one call and shapes the answer
 */
export function method<const M extends Query | Procedure, C>(
  schema: M,
  admit: (request: XrpcRequest, params: InferMethodParams<M>) => Promise<C | Refusal>,
  handle: (call: Call<M, Exclude<C, Refusal>>) => Promise<InferMethodOutputBody<M>>,
): XrpcMethod {
  return defined(schema, admit, async (call) => {
    const json = await handle(call)
    return json === undefined ? { empty: true } : { json }
  })
}

/**
 * Defines a query whose handler writes the JSON itself, because it may have it already.
 *
 * @param admit finds out who calls, or answers with the PDS's refusal
 */
export function textMethod<const M extends Query, C>(
  schema: M,
  admit: (credentials: Credentials) => Promise<C | Refusal>,
  handle: (call: Pick<Call<M, Exclude<C, Refusal>>, 'params' | 'caller'>) => Promise<string>,
): XrpcMethod {
  return {
    ...defined(
      schema,
      ({ credentials }) => admit(credentials),
      async (call) => ({ text: await handle(call) }),
    ),
    answerPlain: async ({ search, credentials }) => {
      const params = parseParams(schema, search)
      const caller = await admit(credentials)
      if (isRefusal(caller)) return caller
      return { text: await handle({ params, caller: caller as Exclude<C, Refusal> }) }
    },
  }
}

/** Defines a method that answers with a file. Its handler rejects before anything is sent, or not at all. */
export function fileMethod<const M extends Query, C>(
  schema: M,
  admit: (request: XrpcRequest, params: InferMethodParams<M>) => Promise<C | Refusal>,
  handle: (call: Call<M, Exclude<C, Refusal>>) => Promise<XrpcFile>,
): XrpcMethod {
  return defined(schema, admit, handle)
}

function defined<const M extends Query | Procedure, C>(
  schema: M,
  admit: (request: XrpcRequest, params: InferMethodParams<M>) => Promise<C | Refusal>,
  handle: (call: Call<M, Exclude<C, Refusal>>) => Promise<XrpcAnswer>,
): XrpcMethod {
  return {
    nsid: schema.nsid,
    verb: schema.type === 'query' ? 'GET' : 'POST',
    answer: async (request) => {
      const params = parseParams(schema, request.search)
      const caller = await admit(request, params)
      if (isRefusal(caller)) return caller
      const input = await parseInput(schema, request.body)
      return handle({ params, input, caller: caller as Exclude<C, Refusal> })
    },
  }
}

/** Whether an answer is the PDS's own. */
export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'refusal' in value
}

/** What a query means that leaves everything to the method, as most do; by method. */
const defaults = new WeakMap<Query | Procedure, object>()

function parseParams<M extends Query | Procedure>(schema: M, search: string): InferMethodParams<M> {
  if (search !== '') return readParams(schema, search)
  const known = defaults.get(schema) ?? readParams(schema, search)
  defaults.set(schema, known)
  return known as InferMethodParams<M>
}

function readParams<M extends Query | Procedure>(schema: M, search: string): InferMethodParams<M> {
  try {
    return schema.parameters.fromURLSearchParams(new URLSearchParams(search)) as InferMethodParams<M>
  } catch (cause) {
    if (!(cause instanceof LexValidationError)) throw cause
    const issues = cause.issues.map(({ message }) => message).join(', ')
    throw invalidRequest(`Invalid ${schema.nsid} params: ${issues}`, { cause })
  }
}

async function parseInput<M extends Query | Procedure>(
  schema: M,
  body: IncomingBody,
): Promise<InferMethodInputBody<M>> {
  if (schema.type === 'query' || schema.input.schema === undefined) {
    await requireNoBody(body)
    return undefined as InferMethodInputBody<M>
  }
  const value = await readJson(body)
  try {
    return schema.input.schema.parse(value) as InferMethodInputBody<M>
  } catch (cause) {
    if (!(cause instanceof LexValidationError)) throw cause
    throw invalidRequest(cause.message, { cause })
  }
}
