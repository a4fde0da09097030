import { com } from '../../lexicons/index.ts'
import type { PdsAnswer } from '../../pds/answer.ts'
import type { PdsClient } from '../../pds/client.ts'
import { type IncomingBody, readJson } from '../../wire/body.ts'
import { XrpcFailure } from '../../wire/failure.ts'
import { asObject, handleOf, parseJson, textOf, withCode } from './input.ts'
import type { SignUps } from './sign-up.ts'
import { words, XRPC_ERRORS } from './turned-away.ts'
import type { GateTimings } from '../timings.ts'

/** What both doors are made of. */
export interface DoorPorts {
  readonly signUps: SignUps
  readonly pds: PdsClient
  readonly timings: GateTimings
}

/** A sign-up as it arrives. */
export interface SignUpRequest {
  readonly body: IncomingBody
  /** The client's address, by which guessing is limited. */
  readonly address: string
  /** The addresses the request came through: the value of `X-Forwarded-For`. */
  readonly forwardedFor: string
}

/** Where the door is. */
export const CREATE_ACCOUNT_PATH = `/xrpc/${com.atproto.server.createAccount.$nsid}`

/** The request headers that a PDS reads on this method. The caller's other headers stay here. */
const PASSED_ON = ['authorization', 'user-agent', 'accept-language'] as const

/**
 * The first door, `com.atproto.server.createAccount`: new accounts, and accounts that bring their DID along.
 *
 * @returns the PDS's answer, success or refusal
 * @throws {XrpcFailure} when the request can't be read or its sender is turned away
 */
export async function createAccount(
  { signUps, pds, timings }: DoorPorts,
  { body, address, forwardedFor }: SignUpRequest,
): Promise<PdsAnswer> {
  const input = asObject(await readJson(body))
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'x-forwarded-for': forwardedFor,
  }
  for (const name of PASSED_ON) {
    const value = body.headers[name]
    if (value !== undefined) headers[name] = value
  }
  const outcome = await signUps.run({
    door: 'createAccount',
    code: textOf(input, 'inviteCode'),
    redeemer: { handle: handleOf(input), did: textOf(input, 'did') ?? null },
    address,
    send: (code) =>
      pds.relay({
        method: 'POST',
        path: CREATE_ACCOUNT_PATH,
        headers,
        body: JSON.stringify(withCode(input, code)),
        timeout: timings.signUpTimeout,
      }),
    arrivalOf,
    isCodeRefused,
  })
  if ('answer' in outcome) return outcome.answer
  const { status, message, retryAfter } = words(outcome.turnedAway)
  throw new XrpcFailure(status, XRPC_ERRORS[status] ?? 'InvalidRequest', message, {
    cause: outcome.turnedAway,
    ...(retryAfter !== undefined && { retryAfter }),
  })
}

function arrivalOf({ body }: PdsAnswer): { did: string; handle: string | null } {
  const { did, handle } = JSON.parse(Buffer.from(body).toString('utf8')) as { did?: string; handle?: string }
  if (did === undefined) throw new Error('the PDS made an account without telling its DID')
  return { did, handle: handle ?? null }
}

/** The PDS names the error after the code. */
function isCodeRefused({ status, body }: PdsAnswer): boolean {
  return status === 400 && asObject(parseJson(body))?.['error'] === 'InvalidInviteCode'
}
