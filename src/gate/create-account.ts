import type { IncomingHttpHeaders } from 'node:http'
import type { Logger } from 'pino'
import type { InviteStore } from '../invites/store.ts'
import type { Duration, Host, Instant } from '../invites/types.ts'
import { com } from '../lexicons/index.ts'
import { type PdsAnswer, PdsUnreachableError } from '../pds/answer.ts'
import type { PdsClient } from '../pds/client.ts'
import { type IncomingBody, readJson } from '../wire/body.ts'
import { XrpcFailure } from '../wire/failure.ts'

/** What the door works with. */
export interface DoorPorts {
  readonly store: InviteStore
  readonly host: Host
  readonly pds: PdsClient
  readonly now: () => Instant
  readonly randomId: () => string
  /** The name of this process, under which it holds its sign-ups. */
  readonly holder: string
  readonly log: Logger
}

/** A sign-up as it arrives. */
export interface SignUpRequest {
  readonly body: IncomingBody
  /** The addresses the request came through: the value of `X-Forwarded-For`. */
  readonly forwardedFor: string
}

type SignUp = Record<string, unknown> & { readonly inviteCode: string }

/** How long the PDS may take over a sign-up: the PLC directory is asked on the way. */
const SIGN_UP_TIMEOUT: Duration = 60_000

/** A lease outlives the longest sign-up, so that nobody settles one that is still being handled. */
const LEASE: Duration = 2 * SIGN_UP_TIMEOUT

/** Where the door is. */
export const CREATE_ACCOUNT_PATH = `/xrpc/${com.atproto.server.createAccount.$nsid}`

/** The request headers that a PDS reads on this method. The caller's other headers stay here. */
const PASSED_ON = ['authorization', 'user-agent', 'accept-language'] as const

/**
 * The first sign-up door, `com.atproto.server.createAccount`: takes a use of the code, sends the sign-up on with a
 * one-use code of the PDS's own, and gives the use back when the PDS refuses. A sign-up that the PDS never answered
 * keeps its use, since the account may exist.
 */
export class CreateAccountDoor {
  readonly #ports: DoorPorts

  constructor(ports: DoorPorts) {
    this.#ports = ports
  }

  /**
   * Handles one sign-up to its end, whether or not the caller waits for it.
   *
   * @returns the PDS's answer, success or refusal
   * @throws {XrpcFailure} when the request can't be read, 502 when the PDS did not answer
   */
  async signUp(request: SignUpRequest): Promise<PdsAnswer> {
    const input = await readJson(request.body)
    const headers = this.#headers(request)
    if (!isSignUp(input)) return this.#forward(headers, input)

    const id = this.#ports.randomId()
    const taken = await this.#reserve(id, input)
    if (taken !== 'reserved') {
      this.#ports.log.info({ reservation: id, reason: taken }, 'sign-up refused')
      // The caller's string may be a code that the PDS knows, so it never gets there. The PDS still judges the rest.
      return this.#forward(headers, { ...input, inviteCode: `latchkey-refused-${id}` })
    }
    const upstreamCode = await this.#mint(id, input.inviteCode)
    return this.#finish(id, await this.#send(id, headers, { ...input, inviteCode: upstreamCode }))
  }

  #reserve(id: string, { inviteCode, handle, did }: SignUp) {
    const { store, host, now, holder } = this.#ports
    const at = now()
    return store.reserve(
      {
        id,
        code: inviteCode,
        host: host.hostname,
        door: 'createAccount',
        redeemer: {
          handle: typeof handle === 'string' ? handle : null,
          did: typeof did === 'string' ? did : null,
        },
        holder,
        leaseUntil: at + LEASE,
      },
      at,
    )
  }

  /** Makes the PDS's own code for this sign-up, durable here before it is used. */
  async #mint(id: string, code: string): Promise<string> {
    const { store, host, pds, now } = this.#ports
    try {
      const minted = await pds.mintCode(`did:web:latchkey.${host.hostname}:${id}:${code}`)
      if (!(await store.markForwarded(id, minted))) throw new Error('the reservation is not ours any more')
      return minted.code
    } catch (error) {
      await store.release(id, now())
      throw error
    }
  }

  async #send(id: string, headers: Record<string, string>, input: SignUp): Promise<PdsAnswer> {
    try {
      return await this.#forward(headers, input)
    } catch (error) {
      if (!(error instanceof PdsUnreachableError)) throw error
      this.#ports.log.error({ reservation: id, err: error }, 'sign-up without an answer, its use stays held')
      const message =
        'The server did not answer in time. Your account may exist already: try signing in before you try again.'
      throw new XrpcFailure(502, 'UpstreamFailure', message, { cause: error })
    }
  }

  /** Counts the arrival, or gives the use back: a PDS that answers anything but 200 here did not spend its code. */
  async #finish(id: string, answer: PdsAnswer): Promise<PdsAnswer> {
    const { store, now, log } = this.#ports
    if (answer.status !== 200) {
      await store.release(id, now())
      return answer
    }
    const { did, handle } = JSON.parse(Buffer.from(answer.body).toString('utf8')) as {
      did: string
      handle: string
    }
    try {
      await store.commit(id, { did, handle, at: now() })
    } catch (error) {
      // The account exists, and the reservation that is on disk says so to whoever settles it.
      log.error({ reservation: id, err: error }, 'sign-up could not be counted, its use stays held')
    }
    return answer
  }

  #forward(headers: Record<string, string>, input: unknown): Promise<PdsAnswer> {
    const body = JSON.stringify(input)
    return this.#ports.pds.relay({
      method: 'POST',
      path: CREATE_ACCOUNT_PATH,
      headers,
      body,
      timeout: SIGN_UP_TIMEOUT,
    })
  }

  #headers({ body, forwardedFor }: SignUpRequest): Record<string, string> {
    return {
      ...pick(body.headers, PASSED_ON),
      'content-type': 'application/json',
      'x-forwarded-for': forwardedFor,
    }
  }
}

function isSignUp(input: unknown): input is SignUp {
  if (typeof input !== 'object' || input === null || !('inviteCode' in input)) return false
  return typeof input.inviteCode === 'string' && input.inviteCode !== ''
}

function pick(headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (typeof headers[name] === 'string' ? [[name, headers[name]]] : [])),
  )
}
