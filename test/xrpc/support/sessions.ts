import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { type Member, postJson, type World } from '../../support/pds.ts'
import type { Sent } from './exchange.ts'

/** How a forged token differs from a session's. */
export interface Forgery {
  /** Laid over the claims of a full session; undefined leaves one out. */
  readonly claims?: JWTPayload
  readonly header?: { typ?: string; alg?: string }
  /** Default: the PDS's own, so that only the claims can give the token away. */
  readonly secret?: string
}

const HOUR = 3600

/** Makes a token as the PDS makes those of full sessions, but for what is said otherwise. */
export function forgeToken(
  { pds, secrets }: World,
  sub: string,
  { claims = {}, header = {}, secret = secrets.jwtSecret }: Forgery = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const session = { scope: 'com.atproto.access', sub, aud: pds.did, iat: now, exp: now + 2 * HOUR }
  return new SignJWT({ ...session, ...claims })
    .setProtectedHeader({ typ: 'at+jwt', alg: 'HS256', ...header })
    .sign(new TextEncoder().encode(secret))
}

/** Signs in with an app password made for it. @returns an access token */
export async function appPasswordToken({ pds }: World, member: Member, privileged: boolean): Promise<string> {
  const made = await postJson<{ password: string }>(
    `${pds.url}/xrpc/com.atproto.server.createAppPassword`,
    { name: randomUUID().slice(0, 20), privileged },
    `Bearer ${member.accessJwt}`,
  )
  return signIn(pds.url, member.handle, made.password)
}

/** Signs in, even to an account that was taken down. @returns an access token */
export async function signIn(url: string, identifier: string, password: string): Promise<string> {
  const session = await postJson<{ accessJwt: string }>(`${url}/xrpc/com.atproto.server.createSession`, {
    identifier,
    password,
    allowTakendown: true,
  })
  return session.accessJwt
}

/** An OAuth client's session. */
export interface OAuthSession {
  readonly token: string
  /** A request with a proof of its own, which is good once. @param nonce the PDS's; none where undefined */
  request(path: string, nonce: string | undefined): Promise<Sent>
}

/** Gives an account an OAuth session as it is after sign-in and consent: a row in the PDS's database and its token. */
export async function openOAuthSession(world: World, did: string): Promise<OAuthSession> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwk = await exportJWK(publicKey)
  const jkt = await calculateJwkThumbprint(jwk)
  const jti = `tok-${randomBytes(16).toString('hex')}`
  insertOAuthToken(world, did, jti, jkt)
  const token = await forgeToken(world, did, {
    claims: { scope: undefined, iss: world.publicUrl, jti, cnf: { jkt } },
  })
  const ath = createHash('sha256').update(token).digest('base64url')
  return {
    token,
    request: async (path, nonce) => {
      const htu = `${world.publicUrl}${path}`
      const dpop = await new SignJWT({ htm: 'GET', htu, ath, jti: randomUUID(), nonce })
        .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
        .setIssuedAt()
        .sign(privateKey)
      return { path, headers: { authorization: `DPoP ${token}`, dpop } }
    },
  }
}

function insertOAuthToken({ dataDir }: World, did: string, tokenId: string, jkt: string): void {
  using database = new DatabaseSync(join(dataDir, 'pds', 'account.sqlite'))
  const now = new Date().toISOString()
  const row = {
    did,
    tokenId,
    createdAt: now,
    updatedAt: now,
    expiresAt: new Date(Date.now() + HOUR * 1000).toISOString(),
    clientId: 'http://localhost',
    clientAuth: JSON.stringify({ method: 'none' }),
    parameters: JSON.stringify({ client_id: 'http://localhost', dpop_jkt: jkt, scope: 'atproto' }),
    scope: 'atproto',
  }
  const columns = Object.keys(row)
  database
    .prepare(`INSERT INTO token (${columns.join()}) VALUES (${columns.map((name) => `:${name}`).join()})`)
    .run(row)
}
