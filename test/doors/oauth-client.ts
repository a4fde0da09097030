import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { portOf } from '../../src/dev/free-port.ts'

/** An application on the person's machine, which OAuth servers know without asking anybody. */
export interface OAuthClient extends AsyncDisposable {
  /** Where browsers are sent back to. */
  readonly redirectUri: string
  /** @param prompt `create` opens the sign-up page, `login` the sign-in page */
  readonly ask: (prompt: 'create' | 'login') => Promise<Authorization>
}

/** A sign-in that the client has asked for. */
export interface Authorization {
  /** What the person opens in the browser. */
  readonly pageUrl: string
  /** Redeems what came back to the redirect address. @returns the DID that signed in @throws when refused */
  readonly redeem: (callback: URL) => Promise<string>
}

/** Starts a public client with PKCE and DPoP. */
export async function startOAuthClient(issuer: string): Promise<OAuthClient> {
  const server = createServer((_request, response) => response.end('Welcome back'))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const redirectUri = `http://127.0.0.1:${portOf(server)}/callback`
  const self = new URLSearchParams({ redirect_uri: redirectUri, scope: 'atproto' })
  const clientId = `http://localhost?${self.toString()}`

  async function ask(prompt: 'create' | 'login'): Promise<Authorization> {
    const verifier = randomBytes(32).toString('base64url')
    const state = randomBytes(16).toString('base64url')
    const { request_uri: requestUri } = await post<{ request_uri: string }>(`${issuer}/oauth/par`, {
      client_id: clientId,
      redirect_uri: redirectUri,
      scope: 'atproto',
      response_type: 'code',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      state,
      prompt,
    })

    async function redeem(callback: URL): Promise<string> {
      const answer = Object.fromEntries(callback.searchParams)
      if (answer['state'] !== state || answer['iss'] !== issuer || answer['code'] === undefined) {
        throw new Error(`not an answer to this sign-in: ${callback.href}`)
      }
      const url = `${issuer}/oauth/token`
      const fields = {
        client_id: clientId,
        redirect_uri: redirectUri,
        grant_type: 'authorization_code',
        code: answer['code'],
        code_verifier: verifier,
      }
      const { sub } = await post<{ sub: string }>(url, fields, await dpopSigner(url))
      return sub
    }

    const query = new URLSearchParams({ client_id: clientId, request_uri: requestUri })
    return { pageUrl: `${issuer}/oauth/authorize?${query.toString()}`, redeem }
  }

  return {
    redirectUri,
    ask,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await server[Symbol.asyncDispose]()
    },
  }
}

type ProofSigner = (nonce: string | undefined) => Promise<string>

async function dpopSigner(url: string): Promise<ProofSigner> {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwk = await exportJWK(publicKey)
  return (nonce) =>
    new SignJWT({ htm: 'POST', htu: url, jti: randomBytes(16).toString('base64url'), nonce })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
      .setIssuedAt()
      .sign(privateKey)
}

/** Posts a form; once more when the server wants its nonce in the proof. */
async function post<T>(
  url: string,
  fields: Record<string, string>,
  sign?: ProofSigner,
  nonce?: string,
): Promise<T> {
  const headers: Record<string, string> = sign === undefined ? {} : { dpop: await sign(nonce) }
  const response = await fetch(url, { method: 'POST', headers, body: new URLSearchParams(fields) })
  const fresh = response.headers.get('dpop-nonce') ?? undefined
  if (!response.ok && sign !== undefined && nonce === undefined && fresh !== undefined) {
    return post(url, fields, sign, fresh)
  }
  if (!response.ok) throw new Error(`POST ${url}: ${response.status} ${await response.text()}`)
  return (await response.json()) as T
}
