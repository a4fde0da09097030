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

/**
 * Reads a body that may be at most `limit` bytes long.
 *
 * @throws {PdsUnreachableError} when it is longer or breaks off
 */
export async function readBounded(response: Response, limit: number): Promise<Uint8Array> {
  const body: AsyncIterable<Uint8Array> | readonly Uint8Array[] = response.body ?? []
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of body) {
      length += chunk.byteLength
      if (length > limit) throw new Error(`the answer is longer than ${limit} bytes`)
      chunks.push(chunk)
    }
  } catch (cause) {
    throw new PdsUnreachableError('the answer of the PDS could not be read', { cause })
  }
  return Buffer.concat(chunks)
}
