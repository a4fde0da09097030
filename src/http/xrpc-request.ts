import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { type Credentials, CSRF_HEADER } from '../auth/credentials.ts'
import { forwardedFor } from '../gate/proxy/proxy.ts'
import type { IncomingBody } from '../wire/body.ts'
import type { XrpcRequest } from '../xrpc/kit/method.ts'

/** A request as methods see it. Nothing is read of it before it is asked for: most need a token and no more. */
export class IncomingXrpc implements XrpcRequest {
  readonly #request: FastifyRequest
  readonly credentials: Credentials

  constructor(request: FastifyRequest) {
    this.#request = request
    this.credentials = new IncomingCredentials(request.raw)
  }

  get search(): string {
    return searchOf(this.#request.raw)
  }

  get body(): IncomingBody {
    const { raw } = this.#request
    return { headers: raw.headers, stream: raw }
  }

  get address(): string {
    return this.#request.ip
  }
}

/** The query of a request, without its question mark. */
export function searchOf({ url = '' }: IncomingMessage): string {
  const question = url.indexOf('?')
  return question === -1 ? '' : url.slice(question + 1)
}

/** What authentication looks at, read from the headers when it does. */
export class IncomingCredentials implements Credentials {
  readonly #raw: IncomingMessage

  constructor(raw: IncomingMessage) {
    this.#raw = raw
  }

  get authorization(): string | undefined {
    return this.#raw.headers.authorization
  }

  get dpop(): string | undefined {
    const { dpop } = this.#raw.headers
    return typeof dpop === 'string' ? dpop : undefined
  }

  get cookie(): string | undefined {
    return this.#raw.headers.cookie
  }

  get csrf(): string | undefined {
    return this.#raw.headers[CSRF_HEADER]?.toString()
  }

  get site(): string | undefined {
    return this.#raw.headers['sec-fetch-site']?.toString()
  }

  get source(): string | undefined {
    return this.#raw.headers.origin ?? this.#raw.headers.referer
  }

  get forwardedFor(): string {
    return forwardedFor(this.#raw)
  }
}
