import type { PdsAnswer } from '../pds/answer.ts'

/** What authentication looks at of a request. */
export interface Credentials {
  readonly authorization: string | undefined
  /** The proof that goes with an OAuth token. */
  readonly dpop: string | undefined
  /** The `Cookie` header, which may hold a session of the pages. */
  readonly cookie: string | undefined
  /** The value of {@link CSRF_HEADER}, which a page of ours alone can know. */
  readonly csrf: string | undefined
  /** Where a browser says that the request comes from, seen from here: the value of `Sec-Fetch-Site`. */
  readonly site: string | undefined
  /** The page that sent it, or its origin, as an older browser says: the value of `Origin`, or of `Referer`. */
  readonly source: string | undefined
  /** The addresses the request came through, for the PDS's rate limits: the value of `X-Forwarded-For`. */
  readonly forwardedFor: string
}

/** Sent by the pages with every request that changes something. */
export const CSRF_HEADER = 'x-latchkey-csrf'

/** What the PDS says to somebody it does not let in; it is relayed as it is. */
export interface Refusal {
  readonly refusal: PdsAnswer
}

/** The headers that a PDS needs to judge a caller as if it had been called itself. */
export function credentialHeaders({
  authorization,
  dpop,
  forwardedFor,
}: Credentials): Record<string, string> {
  return {
    'x-forwarded-for': forwardedFor,
    ...(authorization !== undefined && { authorization }),
    ...(dpop !== undefined && { dpop }),
  }
}
