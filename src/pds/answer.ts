/** An answer of the PDS, read to its end. */
export interface PdsAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
}

/** The PDS could not be reached, or broke off. What it did is unknown. */
export class PdsUnreachableError extends Error {
  override readonly name = 'PdsUnreachableError'
}

/** The PDS answered one of Latchkey's own calls with something else than success. */
export class PdsRefusedError extends Error {
  override readonly name = 'PdsRefusedError'
  readonly status: number

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}
