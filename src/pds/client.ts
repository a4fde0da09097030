import type { Agent } from 'node:http'
import { XrpcResponseError, xrpcSafe, type XrpcOptions } from '@atproto/lex-client'
import { isDidString, type Procedure, type Query } from '@atproto/lex-schema'
import type { ListedAccount } from '../invites/feed.ts'
import type { UpstreamAccount } from '../invites/imports.ts'
import type { MemberFacts } from '../invites/service.ts'
import type { AccountStatus, Duration, Instant } from '../invites/types.ts'
import { com } from '../lexicons/index.ts'
import { accountStatus } from './account-status.ts'
import { keepAliveAgent } from './agent.ts'
import { type PdsAnswer, PdsRefusedError, PdsUnreachableError } from './answer.ts'
import { exchange } from './exchange.ts'

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
  readonly headers: Record<string, string | string[]>
  readonly body?: Uint8Array | string
  readonly timeout?: Duration
  /** The most bytes that the answer may have; 32 MB where left out. */
  readonly limit?: number
  /** Ends the waiting for an answer. */
  readonly signal?: AbortSignal | undefined
}

/** A page of the PDS's own codes. */
export interface CodePage {
  readonly codes: readonly com.atproto.server.defs.InviteCode[]
  readonly cursor: string | undefined
}

/** A page of the PDS's accounts. */
export interface AccountPage {
  readonly accounts: readonly ListedAccount[]
  readonly cursor: string | undefined
}

/** The most that `admin.getInviteCodes` gives at once. */
const CODES_PER_PAGE = 500

const ANSWER_LIMIT = 32 * 1024 * 1024
const TIMEOUT: Duration = 15_000

/** `admin.getAccountInfos` takes them in the URL, which has room for this many. */
const DIDS_PER_CALL = 200

/** The most that `sync.listRepos` gives at once. */
const ACCOUNTS_PER_PAGE = 1000

/** The official PDS, reached over its inner URL. Every outgoing request of the server goes through here. */
export class PdsClient {
  readonly #settings: PdsSettings
  /** The value of an Authorization header that the PDS takes for its administrator's. */
  readonly adminAuthorization: string

  readonly #agent: Agent

  constructor(settings: PdsSettings) {
    this.#settings = settings
    this.#agent = keepAliveAgent(settings.url)
    this.adminAuthorization = `Basic ${Buffer.from(`admin:${settings.adminPassword}`).toString('base64')}`
  }

  /** Sends a caller's request on. @throws {PdsUnreachableError} when no whole answer came in time */
  async relay(request: PdsRequest): Promise<PdsAnswer> {
    const { method, path, headers, body, timeout = TIMEOUT, limit = ANSWER_LIMIT, signal } = request
    const { url } = this.#settings
    return exchange({
      url,
      path,
      method,
      headers: { ...headers, 'accept-encoding': 'identity' },
      body,
      // What can't be sent twice does not go over a connection that the PDS may be closing.
      agent: method === 'POST' ? false : this.#agent,
      timeout,
      limit,
      signal,
    })
  }

  /**
   * Sends a request of Latchkey's own, exempt from the PDS's rate limits: what is sent on for somebody else counts against their
   * own limits. @throws as `relay`
   */
  lookUp(request: PdsRequest): Promise<PdsAnswer> {
    const { rateLimitBypassKey: key } = this.#settings
    return this.relay(
      key === undefined
        ? request
        : { ...request, headers: { ...request.headers, 'x-ratelimit-bypass': key } },
    )
  }

  /** Where the PDS is reached. */
  get origin(): string {
    return this.#settings.url.origin
  }

  /** Asks the PDS who it is. */
  async describe(signal?: AbortSignal): Promise<PdsDescription> {
    const { did, inviteCodeRequired } = await this.#call(
      com.atproto.server.describeServer.main,
      {},
      { signal },
    )
    return { did, invitesRequired: inviteCodeRequired ?? false }
  }

  /** Whether the PDS has an invite code, good or not. @throws {PdsRefusedError} 401 when the admin password is wrong */
  async hasInviteCodes(signal?: AbortSignal): Promise<boolean> {
    const params = { limit: 1 }
    const { codes } = await this.#call(com.atproto.admin.getInviteCodes.main, { params }, { signal })
    return codes.length > 0
  }

  /**
   * Asks for accounts, whatever their status. Those that the PDS lacks are missing from the answer.
   *
   * @param signal ends the waiting for it, with a {@link PdsUnreachableError}; so it does wherever one is taken here
   */
  async findMembers(
    dids: readonly string[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, MemberFacts>> {
    const valid = dids.filter((did) => isDidString(did))
    const pages = Array.from({ length: Math.ceil(valid.length / DIDS_PER_CALL) }, (_, page) =>
      valid.slice(page * DIDS_PER_CALL, (page + 1) * DIDS_PER_CALL),
    )
    const answers = await Promise.all(
      pages.map((page) =>
        this.#call(com.atproto.admin.getAccountInfos.main, { params: { dids: page } }, { signal }),
      ),
    )
    return new Map(
      answers
        .flatMap(({ infos }) => infos)
        .map(({ did, handle, indexedAt }) => [did, { handle, createdAt: Date.parse(indexedAt) }]),
    )
  }

  /** What is copied of accounts, whatever their status. Those that the PDS lacks are missing from the answer. */
  async describeAccounts(dids: readonly string[], signal?: AbortSignal): Promise<readonly UpstreamAccount[]> {
    const valid = dids.filter((did) => isDidString(did))
    const described: UpstreamAccount[] = []
    for (let start = 0; start < valid.length; start += DIDS_PER_CALL) {
      const params = { dids: valid.slice(start, start + DIDS_PER_CALL) }
      const { infos } = await this.#call(com.atproto.admin.getAccountInfos.main, { params }, { signal })
      for (const { did, handle, indexedAt, invitesDisabled = false } of infos)
        described.push({ did, handle, createdAt: Date.parse(indexedAt), invitesDisabled })
    }
    return described
  }

  /** The status of an account, or undefined when the PDS has none of this DID. */
  async statusOf(did: string): Promise<AccountStatus | undefined> {
    if (!isDidString(did)) return undefined
    try {
      const { active, status } = await this.#call(com.atproto.sync.getRepoStatus.main, { params: { did } })
      return accountStatus(active, status)
    } catch (error) {
      if (error instanceof PdsRefusedError && error.status === 400) return undefined
      throw error
    }
  }

  /** One page of all accounts, whatever their status, the oldest first. @returns no cursor after the last page */
  async listAccounts(cursor: string | undefined, signal?: AbortSignal): Promise<AccountPage> {
    const params = { limit: ACCOUNTS_PER_PAGE, ...(cursor !== undefined && { cursor }) }
    const { repos, cursor: next } = await this.#call(com.atproto.sync.listRepos.main, { params }, { signal })
    const accounts = repos.map(({ did, active, status }) => ({
      did,
      status: accountStatus(active ?? true, status),
    }))
    return { accounts, cursor: repos.length === 0 ? undefined : next }
  }

  /**
   * Makes a code with one use at the PDS.
   *
   * @param owner a synthetic DID, so that no member can list the code and no takedown kills it
   * @returns the code, and when it was made by the PDS's own clock
   */
  async mintCode(owner: string): Promise<{ code: string; mintedAt: number }> {
    if (!isDidString(owner)) throw new TypeError('the host name makes no DID that a code could be minted for')
    let date: string | null = null
    const { code } = await this.#call(
      com.atproto.server.createInviteCode.main,
      { body: { useCount: 1, forAccount: owner } },
      {
        look: (headers) => {
          date = headers.get('date')
        },
      },
    )
    return { code, mintedAt: Date.parse(date ?? '') || Date.now() }
  }

  /** Closes a code for good. The PDS takes unknown ones without a word. */
  async disableCode(code: string, signal?: AbortSignal): Promise<void> {
    await this.disableCodes([code], signal)
  }

  /** Closes codes for good, some hundreds at once. */
  async disableCodes(codes: readonly string[], signal?: AbortSignal): Promise<void> {
    const body = { codes: [...codes] }
    await this.#call(com.atproto.admin.disableInviteCodes.main, { body }, { signal })
  }

  /**
   * Finds who used one of the PDS's codes. Its list is searched from its newest on, to the end when the code is not in
   * it, as after a restored backup.
   *
   * @returns the DID of the newest use; undefined when nobody used it, or the PDS does not know it
   */
  async userOf(code: string, signal?: AbortSignal): Promise<string | undefined> {
    let cursor: string | undefined
    do {
      const page = await this.listCodes(cursor, signal)
      const found = page.codes.find((listed) => listed.code === code)
      if (found !== undefined) return found.uses[0]?.usedBy
      cursor = page.cursor
    } while (cursor !== undefined)
    return undefined
  }

  /** One page of the PDS's own codes, newest first. @returns no cursor on the last page */
  async listCodes(cursor: string | undefined, signal?: AbortSignal): Promise<CodePage> {
    const params = {
      sort: 'recent',
      limit: CODES_PER_PAGE,
      ...(cursor !== undefined && { cursor }),
    } as const
    const asked = await this.#call(com.atproto.admin.getInviteCodes.main, { params }, { signal })
    // The PDS gives a cursor on its last page too.
    return { codes: asked.codes, cursor: asked.codes.length < CODES_PER_PAGE ? undefined : asked.cursor }
  }

  /** What the PDS's clock says, in whole seconds as HTTP tells it. */
  async clock(signal?: AbortSignal): Promise<Instant> {
    const { headers } = await this.relay({ method: 'GET', path: '/xrpc/_health', headers: {}, signal })
    const date = Date.parse(headers.get('date') ?? '')
    if (Number.isNaN(date)) throw new PdsUnreachableError('the PDS sends no date')
    return date
  }

  /**
   * The version that the PDS says it has; empty when it does not say.
   *
   * @throws {PdsUnreachableError} when it does not answer, {PdsRefusedError} when it is not well
   */
  async version(): Promise<string> {
    const path = '/xrpc/_health'
    const { status, body } = await this.relay({ method: 'GET', path, headers: {}, timeout: 5000 })
    if (status !== 200) throw new PdsRefusedError(status, `the PDS answered ${path} with ${status}`)
    return versionIn(Buffer.from(body).toString('utf8'))
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
    { look, signal }: { look?: (headers: Headers) => void; signal?: AbortSignal | undefined } = {},
  ) {
    const agent = {
      fetchHandler: async (path: `/${string}`, init: RequestInit) => {
        const answer = await this.lookUp({
          method: init.method === 'POST' ? 'POST' : 'GET',
          path,
          headers: {
            ...Object.fromEntries(new Headers(init.headers)),
            authorization: this.adminAuthorization,
          },
          // Of what is called here every input is JSON.
          ...(typeof init.body === 'string' && { body: init.body }),
          signal,
        })
        look?.(answer.headers)
        return asResponse(answer)
      },
    }
    const result = await xrpcSafe<M>(agent, method, options)
    if (result.success) return result.body
    throw asPdsError(method.nsid, result)
  }
}

function asResponse({ status, headers, body }: PdsAnswer): Response {
  return new Response(body.byteLength === 0 ? null : Buffer.from(body), { status, headers })
}

function versionIn(health: string): string {
  try {
    const { version } = JSON.parse(health) as { version?: unknown }
    return typeof version === 'string' ? version : ''
  } catch {
    return ''
  }
}

function asPdsError(nsid: string, failure: unknown): Error {
  if (failure instanceof XrpcResponseError) {
    const message = `the PDS answered ${nsid} with ${failure.status} ${failure.error}: ${failure.message}`
    return new PdsRefusedError(failure.status, message, { cause: failure })
  }
  return new PdsUnreachableError(`the PDS did not answer ${nsid}`, { cause: failure })
}
