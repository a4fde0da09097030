import { buildAtprotoLoopbackClientMetadata, type OAuthClientMetadataInput } from '@atproto/oauth-client-node'
import { isLoopback } from './web-cookies.ts'

/** Where the PDS says what Latchkey is; the address is its name as an OAuth client as well. */
export const METADATA_PATH = '/oauth-client-metadata.json'

export const JWKS_PATH = '/_latchkey/jwks.json'

/** Where the PDS sends browsers back to. */
export const CALLBACK_PATH = '/_latchkey/callback'

export interface OAuthPlaces {
  /** The PDS's, whose OAuth server it is. */
  readonly publicUrl: URL
  /** Where the pages are. */
  readonly webUrl: URL
}

/** Says who somebody is, and nothing else. */
const SCOPE = 'atproto'

/**
 * What Latchkey says of itself to the PDS. On a loopback address it is a client that every OAuth server knows without
 * asking (the exception for development in the AT Protocol's OAuth profile); elsewhere one that proves with a key who it
 * is.
 */
export function clientMetadata({ publicUrl, webUrl }: OAuthPlaces): OAuthClientMetadataInput {
  const callback = new URL(CALLBACK_PATH, webUrl).href
  if (isLoopback(webUrl)) {
    return buildAtprotoLoopbackClientMetadata({ scope: SCOPE, redirect_uris: [callback] })
  }
  return {
    client_id: new URL(METADATA_PATH, webUrl).href,
    client_name: `Invitations to ${publicUrl.hostname}`,
    client_uri: webUrl.origin,
    redirect_uris: [callback],
    scope: SCOPE,
    // No refreshing: the tokens are given back at once.
    grant_types: ['authorization_code'],
    response_types: ['code'],
    application_type: 'web',
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    dpop_bound_access_tokens: true,
    jwks_uri: new URL(JWKS_PATH, webUrl).href,
  }
}
