import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import { isDidString } from '@atproto/lex-schema'
import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose'
import type { Instant } from '../invites/types.ts'

/** What verifying a session token without asking the PDS takes. */
export interface TokenSecret {
  readonly jwtSecret: string
  /** The PDS's service DID. */
  readonly audience: string
}

/** What a good token says. */
export interface Session {
  readonly did: string
  /** When the token runs out, in seconds since the Unix epoch; undefined for never. */
  readonly exp: number | undefined
}

/** The scope of a full session; app passwords have others, OAuth tokens none. */
const FULL_SESSION = 'com.atproto.access'

/**
 * Verifies the tokens of full sessions as the PDS does. Whatever is not exactly what a PDS makes is left to its judgement,
 * and nothing here is refused. `jose` reads tokens; their code is computed here, because `jose` leaves that to another
 * thread, which takes longer than all the rest.
 */
export class SessionTokens {
  readonly #key: KeyObject
  readonly #audience: string

  constructor({ jwtSecret, audience }: TokenSecret) {
    this.#key = createSecretKey(jwtSecret, 'utf8')
    this.#audience = audience
  }

  /** @returns undefined when it can't be said that the token is good */
  verify(token: string, now: Instant): Session | undefined {
    if (!this.#isSigned(token)) return undefined
    // Only what knew the secret gets here, and that can be something else than a token all the same.
    try {
      const { typ, alg, crit } = decodeProtectedHeader(token)
      if (typ !== 'at+jwt' || alg !== 'HS256' || crit !== undefined) return undefined
      return this.#sessionOf(decodeJwt(token), now)
    } catch {
      return undefined
    }
  }

  /** HMAC with SHA-256 whatever the token says of itself, so that it can't choose. */
  #isSigned(token: string): boolean {
    const end = token.lastIndexOf('.')
    if (end === -1) return false
    // Compared as they are written: bytes can be written in several ways, and the PDS uses one.
    const given = Buffer.from(token.slice(end + 1))
    const expected = Buffer.from(
      createHmac('sha256', this.#key).update(token.slice(0, end)).digest('base64url'),
    )
    return given.length === expected.length && timingSafeEqual(given, expected)
  }

  #sessionOf({ sub, aud, scope, cnf, lxm, jti, iat, nbf, exp }: JWTPayload, now: Instant) {
    // OAuth tokens are signed with the same secret for the same audience: they carry `cnf`, and no scope.
    if (scope !== FULL_SESSION || cnf !== undefined || lxm !== undefined) return undefined
    // A list of audiences is none that the PDS makes.
    if (aud !== this.#audience || sub === undefined || !isDidString(sub)) return undefined
    if (jti !== undefined && typeof jti !== 'string') return undefined
    if (![iat, nbf, exp].every((time) => time === undefined || Number.isFinite(time))) return undefined
    if (nbf !== undefined && nbf * 1000 > now) return undefined
    if (exp !== undefined && exp * 1000 <= now) return undefined
    return { did: sub, exp }
  }
}
