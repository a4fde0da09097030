/** The server refused a request that had to succeed. */
export class RequestFailedError extends Error {
  override readonly name = 'RequestFailedError'
  readonly status: number
  readonly error: string | undefined

  constructor(status: number, error: string | undefined, message: string) {
    super(message)
    this.status = status
    this.error = error
  }
}

/** Makes one XRPC call with JSON both ways. @throws {RequestFailedError} for every answer but success */
export async function callXrpc<T>(
  base: string,
  nsid: string,
  { authorization, body }: { authorization?: string; body?: unknown } = {},
): Promise<T> {
  const response = await fetch(`${base}/xrpc/${nsid}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(authorization !== undefined && { authorization }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const answer: unknown = await response.json()
  if (response.ok) return answer as T
  const { error, message } = answer as { error?: string; message?: string }
  throw new RequestFailedError(response.status, error, `${nsid}: ${response.status} ${error}: ${message}`)
}
