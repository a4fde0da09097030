import type { Fetch, OAuthClient } from '@atproto/oauth-client-node'
import type { PdsClient } from '../pds/client.ts'

type IdentityResolver = OAuthClient['identityResolver']

/** The statuses of answers that can't have a body. */
const BODILESS = new Set([204, 205, 304])

/**
 * A `fetch` that reaches the PDS and nothing else: requests to its public URL go to its inner one, as the reverse proxy
 * sends them, and all others fail before they are sent. So whatever a visitor or the PDS says, nobody else is called.
 */
export function pdsFetch(pds: PdsClient, publicUrl: URL): Fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const { origin, pathname, search } = new URL(request.url)
    if (origin !== publicUrl.origin) throw new TypeError(`signing in calls nobody but ${publicUrl.origin}`)
    const { method } = request
    if (method !== 'GET' && method !== 'POST') throw new TypeError(`signing in sends no ${method}`)
    const { status, headers, body } = await pds.relay({
      method,
      path: pathname + search,
      headers: { ...Object.fromEntries(request.headers), host: publicUrl.host },
      ...(method === 'POST' && { body: new Uint8Array(await request.arrayBuffer()) }),
      signal: request.signal,
    })
    return new Response(BODILESS.has(status) ? null : Buffer.from(body), { status, headers })
  }
}

/**
 * Says of every DID that it lives at the PDS. The OAuth client wants to know whether the PDS may speak for a DID, and a
 * DID document says that. Here the question is another one, whether the DID is an account of the PDS, and the PDS itself
 * answers it when the client is done. So no server is called that a `did:web` names.
 */
export function identityAtPds({ origin }: URL): IdentityResolver {
  return {
    resolve: async (did) => {
      if (!isAtprotoDid(did)) throw new TypeError('the PDS named no DID')
      return {
        did,
        handle: 'handle.invalid',
        didDoc: {
          '@context': ['https://www.w3.org/ns/did/v1'],
          id: did,
          service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: origin }],
        },
      }
    },
  }
}

function isAtprotoDid(did: string): did is `did:plc:${string}` | `did:web:${string}` {
  return /^did:(plc|web):[\w.:%-]+$/.test(did)
}
