import type { PdsAnswer } from '../pds/answer.ts'

/** What authentication looks at of a request. */
export interface Credentials {
  readonly authorization: string | undefined
  /** The proof that goes with an OAuth token. */
  readonly dpop: string | undefined
  /** The addresses the request came through, for the PDS's rate limits: the value of `X-Forwarded-For`. */
  readonly forwardedFor: string
}

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
