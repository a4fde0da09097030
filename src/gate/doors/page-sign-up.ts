import { Readable } from 'node:stream'
import { XrpcFailure } from '../../wire/failure.ts'
import { createAccount, type DoorPorts } from './create-account.ts'
import { asObject, parseJson, textOf } from './input.ts'
import type { TurnedAway } from './sign-up.ts'

/** What somebody filled in on the invitation page. */
export interface PageSignUp {
  readonly handle: string
  readonly email: string
  readonly password: string
  readonly inviteCode: string
}

/** Who filled it in. */
export interface PageVisitor {
  /** The client's address, by which guessing is limited. */
  readonly address: string
  /** The addresses the request came through: the value of `X-Forwarded-For`. */
  readonly forwardedFor: string
  readonly userAgent: string | undefined
}

/** How a sign-up went: an account, the PDS's refusal, or not even tried. */
export type PageSignUpOutcome =
  | { readonly handle: string }
  | { readonly refused: { readonly status: number; readonly error: string; readonly message: string } }
  | { readonly turnedAway: TurnedAway }

/**
 * Signs up by the first door for somebody on the invitation page. The session that the PDS opens is dropped: whoever signed
 * up has the password.
 *
 * @throws what {@link createAccount} throws besides turning people away
 */
export async function signUpFromPage(
  doors: DoorPorts,
  input: PageSignUp,
  { address, forwardedFor, userAgent }: PageVisitor,
): Promise<PageSignUpOutcome> {
  const json = Buffer.from(JSON.stringify(input))
  const headers = {
    'content-type': 'application/json',
    'content-length': String(json.length),
    ...(userAgent !== undefined && { 'user-agent': userAgent }),
  }
  try {
    const body = { headers, stream: Readable.from([json]) }
    const answer = await createAccount(doors, { body, address, forwardedFor })
    const told = asObject(parseJson(answer.body))
    if (answer.status === 200) return { handle: textOf(told, 'handle') ?? input.handle }
    const refused = { error: textOf(told, 'error') ?? '', message: textOf(told, 'message') ?? '' }
    return { refused: { status: answer.status, ...refused } }
  } catch (error) {
    if (error instanceof XrpcFailure && isTurnedAway(error.cause)) return { turnedAway: error.cause }
    throw error
  }
}

function isTurnedAway(cause: unknown): cause is TurnedAway {
  return typeof cause === 'object' && cause !== null && 'why' in cause
}
