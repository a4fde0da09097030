/** An answer that is no success, in the shape of XRPC. */
export class XrpcFailure extends Error {
  override readonly name = 'XrpcFailure'
  readonly status: number
  readonly error: string
  /** Seconds after which the caller may try again; undefined where that makes no difference. */
  readonly retryAfter: number | undefined

  constructor(
    status: number,
    error: string,
    message: string,
    { retryAfter, ...options }: ErrorOptions & { retryAfter?: number } = {},
  ) {
    super(message, options)
    this.status = status
    this.error = error
    this.retryAfter = retryAfter
  }
}

/** The request is not one that the method's lexicon allows. */
export function invalidRequest(message: string, options?: ErrorOptions): XrpcFailure {
  return new XrpcFailure(400, 'InvalidRequest', message, options)
}
