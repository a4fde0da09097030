import { createHmac } from 'node:crypto'

/** What session tokens are signed with and for. */
export interface TokenIssuer {
  readonly jwtSecret: string
  /** The PDS's service DID. */
  readonly audience: string
}

const HEADER = encode({ typ: 'at+jwt', alg: 'HS256' })
const LIFETIME = 7200

/**
 * A session token as the PDS issues it at sign-in.
 *
 * @param issuedAt in seconds; another second makes another token of the same member
 */
export function sessionToken(
  { jwtSecret, audience }: TokenIssuer,
  did: string,
  issuedAt = Math.floor(Date.now() / 1000),
): string {
  const claims = {
    scope: 'com.atproto.access',
    sub: did,
    iat: issuedAt,
    exp: issuedAt + LIFETIME,
    aud: audience,
  }
  const signed = `${HEADER}.${encode(claims)}`
  return `${signed}.${createHmac('sha256', jwtSecret).update(signed).digest('base64url')}`
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
