import { isDidString } from '@atproto/lex-schema'
import { decodeJwt, jwtVerify } from 'jose'
import { com } from '../lexicons/index.ts'
import type { PdsClient } from '../pds/client.ts'
import { type Credentials, credentialHeaders, type Refusal } from './credentials.ts'

/** A caller who proved to be a member. */
export interface Member {
  readonly did: string
}

/** What verifying a session token without asking the PDS takes. */
export interface TokenSecret {
  readonly jwtSecret: string
  /** The PDS's service DID. */
  readonly audience: string
}

/** Asks the PDS for the codes it would list itself, without letting it make any of its own. */
const PROBE = `/xrpc/${com.atproto.server.getAccountInviteCodes.$nsid}?includeUsed=false&createAvailable=false`

/** The scope of a full session; app passwords have others, OAuth tokens none. */
const FULL_SESSION = 'com.atproto.access'

/** Tells members by the full session of their PDS. */
export class MemberAuth {
  readonly #pds: PdsClient
  readonly #secret: { key: Uint8Array; audience: string } | undefined

  /** @param secret with it, session tokens are verified here and the PDS is only asked for the account's status */
  constructor(pds: PdsClient, secret: TokenSecret | undefined) {
    this.#pds = pds
    this.#secret = secret && {
      key: new TextEncoder().encode(secret.jwtSecret),
      audience: secret.audience,
    }
  }

  /**
   * Finds out who calls. Nobody is refused here by a judgement of our own: whoever can't be verified is sent to the
   * PDS, so that every refusal is the PDS's, whatever its version.
   */
  async identify(credentials: Credentials): Promise<Member | Refusal> {
    return (await this.#verify(credentials)) ?? (await this.#probe(credentials))
  }

  async #probe(credentials: Credentials): Promise<Member | Refusal> {
    const answer = await this.#pds.relay({
      method: 'GET',
      path: PROBE,
      headers: credentialHeaders(credentials),
    })
    if (answer.status !== 200) return { refusal: answer }
    // The PDS has verified the token, so its subject can be read.
    const { sub } = decodeJwt(credentials.authorization?.split(' ')[1] ?? '')
    if (sub === undefined || !isDidString(sub)) throw new Error('the PDS accepted a token without a DID')
    return { did: sub }
  }

  /** Verifies a session token here, as the PDS does. @returns undefined when that can't be done: ask the PDS */
  async #verify({ authorization }: Credentials): Promise<Member | undefined> {
    const token = /^bearer ([^ ]+)$/i.exec(authorization ?? '')?.[1]
    if (this.#secret === undefined || token === undefined) return undefined
    const { key, audience } = this.#secret
    const verified = await jwtVerify(token, key, { audience, typ: 'at+jwt', algorithms: ['HS256'] }).catch(
      () => undefined,
    )
    if (verified === undefined) return undefined
    const { sub, aud, scope, cnf, lxm, jti } = verified.payload
    // OAuth tokens are signed with the same secret for the same audience: they carry `cnf`, and no scope.
    if (scope !== FULL_SESSION || cnf !== undefined || lxm !== undefined) return undefined
    if (typeof aud !== 'string' || sub === undefined || !isDidString(sub)) return undefined
    if (jti !== undefined && typeof jti !== 'string') return undefined
    return (await this.#pds.statusOf(sub)) === 'active' ? { did: sub } : undefined
  }
}
