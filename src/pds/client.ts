import { XrpcResponseError, xrpcSafe, type XrpcOptions } from '@atproto/lex-client'
import { isDidString, type Procedure, type Query } from '@atproto/lex-schema'
import type { MemberFacts } from '../invites/service.ts'
import type { AccountStatus, Duration } from '../invites/types.ts'
import { com } from '../lexicons/index.ts'
import { type PdsAnswer, PdsRefusedError, PdsUnreachableError, readBounded } from './answer.ts'

/** What Latchkey needs to know to talk to a PDS. */
export interface PdsSettings {
  readonly url: URL
  readonly adminPassword: string
  /** Exempts Latchkey's own calls from the PDS's rate limits. */
  readonly rateLimitBypassKey: string | undefined
}

/** What a PDS says of itself. */
export interface PdsDescription {
  readonly did: string
  readonly invitesRequired: boolean
}

/** A request to pass on: the caller's own credentials, and nothing of theirs that is not named. */
export interface PdsRequest {
  readonly method: 'GET' | 'POST'
  /** Path and query. */
  readonly path: string
  readonly headers: Record<string, string>
  readonly body?: Uint8Array | string
  readonly timeout?: Duration
}

const ANSWER_LIMIT = 32 * 1024 * 1024
const TIMEOUT: Duration = 15_000

/** `admin.getAccountInfos` takes them in the URL, which has room for this many. */
const DIDS_PER_CALL = 200

const INACTIVE = ['takendown', 'suspended', 'deleted'] as const

/** The official PDS, reached over its inner URL. Every outgoing request of the server goes through here. */
export class PdsClient {
  readonly #settings: PdsSettings
  /** The value of an Authorization header that the PDS takes for its administrator's. */
  readonly adminAuthorization: string

  constructor(settings: PdsSettings) {
    this.#settings = settings
    this.adminAuthorization = `Basic ${Buffer.from(`admin:${settings.adminPassword}`).toString('base64')}`
  }

  /** Sends a caller's request on. @throws {PdsUnreachableError} when no whole answer came in time */
  async relay({ method, path, headers, body, timeout = TIMEOUT }: PdsRequest): Promise<PdsAnswer> {
    const response = await this.#fetch(path, {
      method,
      headers: { 'accept-encoding': 'identity', ...headers },
      signal: AbortSignal.timeout(timeout),
      ...(body !== undefined && { body: Buffer.from(body) }),
    })
    return {
      status: response.status,
      headers: response.headers,
      body: await readBounded(response, ANSWER_LIMIT),
    }
  }

  /** Asks the PDS who it is. */
  async describe(): Promise<PdsDescription> {
    const { did, inviteCodeRequired } = await this.#call(com.atproto.server.describeServer.main, {})
    return { did, invitesRequired: inviteCodeRequired ?? false }
  }

  /** Whether the PDS has any invite code. @throws {PdsRefusedError} 401 when the admin password is wrong */
  async hasInviteCodes(): Promise<boolean> {
    const { codes } = await this.#call(com.atproto.admin.getInviteCodes.main, { params: { limit: 1 } })
    return codes.length > 0
  }

  /** Asks for accounts, whatever their status. Those that the PDS lacks are missing from the answer. */
  async findMembers(dids: readonly string[]): Promise<ReadonlyMap<string, MemberFacts>> {
    const valid = dids.filter((did) => isDidString(did))
    const pages = Array.from({ length: Math.ceil(valid.length / DIDS_PER_CALL) }, (_, page) =>
      valid.slice(page * DIDS_PER_CALL, (page + 1) * DIDS_PER_CALL),
    )
    const answers = await Promise.all(
      pages.map((page) => this.#call(com.atproto.admin.getAccountInfos.main, { params: { dids: page } })),
    )
    return new Map(
      answers
        .flatMap(({ infos }) => infos)
        .map(({ did, handle, indexedAt }) => [did, { handle, createdAt: Date.parse(indexedAt) }]),
    )
  }

  /** The status of an account, or undefined when the PDS has none of this DID. */
  async statusOf(did: string): Promise<AccountStatus | undefined> {
    if (!isDidString(did)) return undefined
    try {
      const { active, status } = await this.#call(com.atproto.sync.getRepoStatus.main, { params: { did } })
      if (active) return 'active'
      return INACTIVE.find((known) => known === status) ?? 'deactivated'
    } catch (error) {
      if (error instanceof PdsRefusedError && error.status === 400) return undefined
      throw error
    }
  }

  /**
   * Makes a code with one use at the PDS.
   *
   * @param owner a synthetic DID, so that no member can list the code and no takedown kills it
   * @returns the code, and when it was made by the PDS's own clock
   */
  async mintCode(owner: string): Promise<{ code: string; mintedAt: number }> {
    if (!isDidString(owner)) throw new TypeError(`not a DID: ${owner}`)
    let date: string | null = null
    const { code } = await this.#call(
      com.atproto.server.createInviteCode.main,
      { body: { useCount: 1, forAccount: owner } },
      (response) => {
        date = response.headers.get('date')
      },
    )
    return { code, mintedAt: Date.parse(date ?? '') || Date.now() }
  }

  /** Whether the PDS answers at all. */
  async isUp(): Promise<boolean> {
    const answer = await this.relay({
      method: 'GET',
      path: '/xrpc/_health',
      headers: {},
      timeout: 5000,
    }).catch(() => undefined)
    return answer?.status === 200
  }

  /** Makes one of Latchkey's own calls, as the PDS's administrator. */
  async #call<const M extends Query | Procedure>(
    method: M,
    options: XrpcOptions<M>,
    look?: (response: Response) => void,
  ) {
    const agent = {
      fetchHandler: async (path: `/${string}`, init: RequestInit) => {
        const headers = new Headers(init.headers)
        headers.set('authorization', this.adminAuthorization)
        const response = await this.#fetch(path, { ...init, headers, signal: AbortSignal.timeout(TIMEOUT) })
        look?.(response)
        return response
      },
    }
    const result = await xrpcSafe<M>(agent, method, options)
    if (result.success) return result.body
    throw asPdsError(method.nsid, result)
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers)
    const { url, rateLimitBypassKey } = this.#settings
    if (rateLimitBypassKey !== undefined) headers.set('x-ratelimit-bypass', rateLimitBypassKey)
    try {
      return await fetch(new URL(path, url), { ...init, headers, redirect: 'manual' })
    } catch (cause) {
      throw new PdsUnreachableError(`the PDS at ${url.origin} can't be reached`, { cause })
    }
  }
}

function asPdsError(nsid: string, failure: unknown): Error {
  if (failure instanceof XrpcResponseError) {
    const message = `the PDS answered ${nsid} with ${failure.status} ${failure.error}: ${failure.message}`
    return new PdsRefusedError(failure.status, message, { cause: failure })
  }
  return new PdsUnreachableError(`the PDS did not answer ${nsid}`, { cause: failure })
}
