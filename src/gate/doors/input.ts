/** What an answer says; undefined when it is no JSON. */
export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8')) as unknown
  } catch {
    return undefined
  }
}

/** What is no JSON object has nothing that a PDS could take for a code, and its refusal is the PDS's. */
export function asObject(input: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof input === 'object' && input !== null ? (input as Record<string, unknown>) : undefined
}

/** A text of an input; undefined when it is empty, missing or of another type. */
export function textOf(
  input: Readonly<Record<string, unknown>> | undefined,
  name: string,
): string | undefined {
  const value = input !== undefined && Object.hasOwn(input, name) ? input[name] : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The longest handle there is (https://atproto.com/specs/handle). */
const LONGEST_HANDLE = 253

/** The handle asked for; null when that can't be one. Handles have no letter case. */
export function handleOf(input: Readonly<Record<string, unknown>> | undefined): string | null {
  const handle = textOf(input, 'handle')
  return handle === undefined || handle.length > LONGEST_HANDLE ? null : handle.toLowerCase()
}

/** The input with another code. Without one it stays as it is, and the PDS says what is missing. */
export function withCode(
  input: Readonly<Record<string, unknown>> | undefined,
  code: string | undefined,
): unknown {
  if (input === undefined) return []
  return code === undefined ? input : { ...input, inviteCode: code }
}
