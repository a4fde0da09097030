import type { IncomingHttpHeaders } from 'node:http'
import type { PdsAnswer } from '../../pds/answer.ts'
import { type IncomingBody, readJson } from '../../wire/body.ts'
import { XrpcFailure } from '../../wire/failure.ts'
import type { DoorPorts } from './create-account.ts'
import { asObject, handleOf, parseJson, textOf, withCode } from './input.ts'
import { OAUTH_ERRORS, type Words, words } from './turned-away.ts'

/** Where the form of the PDS's OAuth pages posts to. */
export const OAUTH_SIGN_UP_PATH = '/@atproto/oauth-provider/~api/sign-up'

/** A sign-up from the PDS's own page. */
export interface OAuthSignUpRequest {
  readonly body: IncomingBody
  /** All headers as they go on: the PDS checks cookies, origin and referrer of its own page. */
  readonly headers: IncomingHttpHeaders
  /** The client's address, by which guessing is limited. */
  readonly address: string
}

/** Belong to the body as it came; the one that goes on is another. */
const OF_THE_BODY = new Set([
  'content-length',
  'content-encoding',
  'content-type',
  'transfer-encoding',
  'accept-encoding',
])

/**
 * The second door, the sign-up form of the PDS's OAuth pages. The body is not signed, so that another code can take the
 * place of the person's.
 *
 * @returns the PDS's answer with all its cookies, or in its shape why somebody is turned away
 */
export async function oauthSignUp(
  { signUps, pds, timings }: DoorPorts,
  { body, headers, address }: OAuthSignUpRequest,
): Promise<PdsAnswer> {
  const input = await readJson(body).then(asObject, asFailure)
  if (input instanceof XrpcFailure) return oauthFailure(input)
  const outcome = await signUps.run({
    door: 'oauth',
    code: textOf(input, 'inviteCode'),
    redeemer: { handle: handleOf(input), did: null },
    address,
    send: (code) =>
      pds.relay({
        method: 'POST',
        path: OAUTH_SIGN_UP_PATH,
        headers: { ...withoutBody(headers), 'content-type': 'application/json' },
        body: JSON.stringify(withCode(input, code)),
        timeout: timings.signUpTimeout,
      }),
    arrivalOf,
    isCodeRefused,
  })
  return 'answer' in outcome ? outcome.answer : oauthFailure(words(outcome.turnedAway))
}

/** The PDS 0.5 names the account by `did`, 0.4 by `sub`. */
function arrivalOf({ body }: PdsAnswer): { did: string; handle: string | null } {
  const { account } = JSON.parse(Buffer.from(body).toString('utf8')) as {
    account: { did?: string; sub?: string; handle?: string; preferred_username?: string }
  }
  const did = account.did ?? account.sub
  if (did === undefined) throw new Error('the PDS made an account without telling its DID')
  return { did, handle: account.handle ?? account.preferred_username ?? null }
}

/**
 * Here the PDS tells it in words only: in the first ones, which its own page looks for too, when it looks at the code
 * before all else, and in the second ones when the code was closed while it made the account.
 */
const CODE_REFUSED = /^(?:This invite code is invalid|Provided invite code not available$)/

function isCodeRefused({ status, body }: PdsAnswer): boolean {
  const told = textOf(asObject(parseJson(body)), 'error_description')
  return status === 400 && told !== undefined && CODE_REFUSED.test(told)
}

function withoutBody(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || OF_THE_BODY.has(name) ? [] : [[name, value]],
    ),
  )
}

function asFailure(error: unknown): XrpcFailure {
  if (error instanceof XrpcFailure) return error
  throw error
}

/** Puts a failure into the shape that the PDS's page reads. */
export function oauthFailure({ status, message, retryAfter }: Words): PdsAnswer {
  const headers = new Headers({ 'content-type': 'application/json', 'cache-control': 'no-store' })
  if (retryAfter !== undefined) headers.set('retry-after', String(retryAfter))
  const body = JSON.stringify({ error: OAUTH_ERRORS[status] ?? 'server_error', error_description: message })
  return { status, headers, body: Buffer.from(body) }
}
