import { isDidString } from '@atproto/lex-schema'
import { decodeJwt } from 'jose'
import type { AccountStanding } from '../invites/store.ts'
import type { Instant } from '../invites/types.ts'
import { com } from '../lexicons/index.ts'
import type { PdsClient } from '../pds/client.ts'
import { type Credentials, credentialHeaders, type Refusal } from './credentials.ts'
import { SessionTokens, type TokenSecret } from './session-token.ts'
import type { Verdicts } from './verdicts.ts'

/** A caller who proved to be a member. */
export interface Member {
  readonly did: string
  /** The version of the account, read since the request began; undefined where it was not read. */
  readonly version?: number
}

export interface MemberAuthPorts {
  readonly pds: Pick<PdsClient, 'relay' | 'statusOf'>
  readonly store: { readonly standing: (did: string) => Promise<AccountStanding | undefined> }
  readonly verdicts: Verdicts
  readonly now: () => Instant
  /** Whether the firehose is connected, and less than 5 s behind. */
  readonly isFollowing: () => boolean
  /** With it, session tokens are verified here, and the PDS is asked at most for the account's status. */
  readonly secret: TokenSecret | undefined
}

/** Asks the PDS for the codes it would list itself, without letting it make any of its own. */
const PROBE = `/xrpc/${com.atproto.server.getAccountInviteCodes.$nsid}?includeUsed=false&createAvailable=false`

/** Tells members by the full session of their PDS. */
export class MemberAuth {
  readonly #ports: MemberAuthPorts
  readonly #tokens: SessionTokens | undefined

  constructor(ports: MemberAuthPorts) {
    this.#ports = ports
    this.#tokens = ports.secret && new SessionTokens(ports.secret)
  }

  /**
   * Finds out who calls. Nobody is refused here by a judgement of our own: whoever can't be verified is sent to the
   * PDS, so that every refusal is the PDS's, whatever its version. What was found of a token is remembered for a while; how
   * the account stands is read each time, so that a takedown counts as soon as the firehose has brought it.
   */
  async identify(credentials: Credentials): Promise<Member | Refusal> {
    const token = bearerToken(credentials)
    if (token === undefined) return this.#probe(credentials)
    return (
      (await this.#known(token)) ?? (await this.#verify(token)) ?? (await this.#probe(credentials, token))
    )
  }

  async #known(token: string): Promise<Member | undefined> {
    const did = this.#ports.verdicts.get(token)
    if (did === undefined) return undefined
    const standing = await this.#ports.store.standing(did)
    return standing?.status === 'active' ? { did, version: standing.version } : undefined
  }

  /** @param token where what is found of it may be remembered: one that is good without a proof of its own each time */
  async #probe(credentials: Credentials, token?: string): Promise<Member | Refusal> {
    const { pds, now } = this.#ports
    const askedAt = now()
    const answer = await pds.relay({ method: 'GET', path: PROBE, headers: credentialHeaders(credentials) })
    if (answer.status !== 200) return { refusal: answer }
    // The PDS has verified the token, so its subject can be read.
    const { sub, exp } = decodeJwt(credentials.authorization?.split(' ')[1] ?? '')
    if (sub === undefined || !isDidString(sub)) throw new Error('the PDS accepted a token without a DID')
    if (token !== undefined) this.#remember(token, sub, askedAt, exp)
    return { did: sub }
  }

  /** Verifies a session token here, as the PDS does. @returns undefined when that can't be done: ask the PDS */
  async #verify(token: string): Promise<Member | undefined> {
    const { now, pds } = this.#ports
    const askedAt = now()
    const session = this.#tokens?.verify(token, askedAt)
    if (session === undefined) return undefined
    const { did, exp } = session
    const member = (await this.#follow(did)) ?? ((await pds.statusOf(did)) === 'active' ? { did } : undefined)
    if (member !== undefined) this.#remember(token, did, askedAt, exp)
    return member
  }

  /** An account that the firehose has told of, and would have told more if there were more. */
  async #follow(did: string): Promise<Member | undefined> {
    if (!this.#ports.isFollowing()) return undefined
    const standing = await this.#ports.store.standing(did)
    if (standing?.status !== 'active' || !standing.isConfirmed) return undefined
    return { did, version: standing.version }
  }

  #remember(token: string, did: string, askedAt: Instant, exp: number | undefined): void {
    if (exp !== undefined) this.#ports.verdicts.remember(token, did, askedAt, exp)
  }
}

/** The token of a session. One that goes with a proof is good with a new proof only, and none for what is remembered. */
function bearerToken({ authorization, dpop }: Credentials): string | undefined {
  if (authorization === undefined || dpop !== undefined) return undefined
  return /^bearer ([^ ]+)$/i.exec(authorization)?.[1]
}
