import type { FrontedWorld } from '../../support/latchkey.ts'
import type { Member } from '../../support/pds.ts'

/** What a method of Latchkey's own answered. */
export interface Answered<T = Record<string, unknown>> {
  readonly status: number
  /** Undefined where there is none. */
  readonly body: T
  readonly headers: Headers
}

/** Calls a method with a member's session, or with none. With an input it is a POST. */
export async function callOwn<T = Record<string, unknown>>(
  { url }: Pick<FrontedWorld, 'url'>,
  nsid: string,
  { as, input, address }: { as?: Member; input?: unknown; address?: string } = {},
): Promise<Answered<T>> {
  const response = await fetch(`${url}/xrpc/${nsid}`, {
    method: input === undefined ? 'GET' : 'POST',
    headers: {
      ...(as !== undefined && { authorization: `Bearer ${as.accessJwt}` }),
      ...(input !== undefined && { 'content-type': 'application/json' }),
      ...(address !== undefined && { 'x-forwarded-for': address }),
    },
    ...(input !== undefined && { body: JSON.stringify(input) }),
  })
  const text = await response.text()
  const body = (text === '' ? undefined : JSON.parse(text)) as T
  return { status: response.status, body, headers: response.headers }
}
