import { randomBytes } from 'node:crypto'
import {
  JoseKey,
  type NodeSavedSession,
  type NodeSavedState,
  NodeOAuthClient,
  requestLocalLock,
} from '@atproto/oauth-client-node'
import { exportJWK, generateKeyPair } from 'jose'
import type { Duration, Instant } from '../invites/types.ts'
import type { WebKey, WebStore } from '../invites/web.ts'
import type { PdsClient } from '../pds/client.ts'
import { clientMetadata, type OAuthPlaces } from './oauth-metadata.ts'
import { identityAtPds, pdsFetch } from './oauth-pds.ts'
import { isLoopback } from './web-cookies.ts'
import { hashOf } from './web-sessions.ts'

/** So long somebody may be at the PDS: time enough to look for a password. */
export const SIGN_IN_TIME: Duration = 3_600_000

export interface OAuthSignInPorts extends OAuthPlaces {
  readonly store: WebStore
  /** The host whose keys are used. */
  readonly hostname: string
  readonly pds: PdsClient
  readonly now: () => Instant
}

/** What came of a sign-in that came back from the PDS. */
export type Returned =
  | { readonly did: string; readonly note: string }
  /** Unknown, taken before, too old, or begun in another browser. */
  | 'unknown'
  /** The person did not want to, or the PDS did not. */
  | { readonly refused: 'denied' | 'failed'; readonly note: string; readonly reason: string }

/**
 * The client of the PDS's OAuth server, for nothing but learning who somebody is: it asks for no right beyond that, and
 * gives its tokens back at once.
 */
export class OAuthSignIn {
  readonly #ports: OAuthSignInPorts
  #clients: Promise<Clients> | undefined
  /** Those that are just being finished, by their keys: whoever took one from the store is alone with it. */
  readonly #taken = new Map<string, NodeSavedState>()

  constructor(ports: OAuthSignInPorts) {
    this.#ports = ports
  }

  /**
   * Begins a sign-in at the PDS.
   *
   * @param browser what this browser alone holds
   * @param note comes back with the answer
   * @returns where to send the browser
   * @throws when the PDS can't be reached, or does not take Latchkey as a client
   */
  async begin(browser: string, note: string): Promise<URL> {
    const { client } = await this.#open()
    const state = JSON.stringify({ browser: hashOf(browser), note } satisfies OwnState)
    return client.authorize(this.#ports.publicUrl.origin, { state })
  }

  /**
   * Finishes a sign-in with what came back. Only the browser that began it can, and only once.
   *
   * @param browser what the browser holds; undefined when it holds nothing
   * @throws when the database can't be used
   */
  async finish(answer: URLSearchParams, browser: string | undefined): Promise<Returned> {
    const { store, now } = this.#ports
    const key = answer.get('state')
    if (key === null || browser === undefined) return 'unknown'
    const value = await store.takePendingSignIn(key, hashOf(browser), now())
    if (value === undefined) return 'unknown'
    const state = JSON.parse(value) as NodeSavedState
    const { note } = ownState(state)
    const error = answer.get('error')
    if (error !== null) {
      return {
        refused: error === 'access_denied' ? 'denied' : 'failed',
        note,
        reason: `OAuth error ${error}`,
      }
    }
    this.#taken.set(key, state)
    try {
      const { another } = await this.#open()
      const { session } = await another().callback(answer)
      // Who it is was all there is to learn.
      await session.signOut().catch(() => undefined)
      return { did: session.did, note }
    } catch (cause) {
      // The error itself holds what came back, and with it secrets.
      return { refused: 'failed', note, reason: messageOf(cause) }
    } finally {
      this.#taken.delete(key)
    }
  }

  /** What the PDS reads about this client. */
  async metadata(): Promise<unknown> {
    return (await this.#open()).client.clientMetadata
  }

  /** The public keys by which the PDS knows this client. */
  async jwks(): Promise<unknown> {
    return (await this.#open()).client.jwks
  }

  /** Keys need a database that can be written, the first time: what fails is tried again. */
  #open(): Promise<Clients> {
    this.#clients ??= this.#prepare().catch((error: unknown) => {
      this.#clients = undefined
      throw error
    })
    return this.#clients
  }

  async #prepare(): Promise<Clients> {
    const keys = isLoopback(this.#ports.webUrl) ? [] : await this.#keys()
    const keyset = await Promise.all(keys.map(({ jwk, id }) => JoseKey.fromJWK(jwk, id)))
    return { client: this.#construct(keyset), another: () => this.#construct(keyset) }
  }

  #construct(keyset: readonly JoseKey[]): NodeOAuthClient {
    const { publicUrl, webUrl, pds } = this.#ports
    const tokens = new Map<string, NodeSavedSession>()
    return new NodeOAuthClient({
      clientMetadata: clientMetadata({ publicUrl, webUrl }),
      ...(keyset.length > 0 && { keyset: [...keyset] }),
      allowHttp: publicUrl.protocol === 'http:',
      fetch: pdsFetch(pds, publicUrl),
      identityResolver: identityAtPds(publicUrl),
      requestLock: requestLocalLock,
      stateStore: {
        set: (key, state) => this.#keep(key, state),
        get: (key) => this.#taken.get(key),
        del: (key) => void this.#taken.delete(key),
      },
      // For the moment between their coming and their going back.
      sessionStore: {
        set: (did, session) => void tokens.set(did, session),
        get: (did) => tokens.get(did),
        del: (did) => void tokens.delete(did),
      },
    })
  }

  async #keep(key: string, state: NodeSavedState): Promise<void> {
    const { store, now } = this.#ports
    const at = now()
    const { browser } = ownState(state)
    const value = JSON.stringify(state)
    await store.keepPendingSignIn({ key, browser, value, endsAt: at + SIGN_IN_TIME }, at)
  }

  /** Several processes on one database use the key of whoever was first. */
  async #keys(): Promise<readonly WebKey[]> {
    const { store, hostname, now } = this.#ports
    const known = await store.webKeys(hostname)
    if (known.length > 0) return known
    const id = randomBytes(8).toString('hex')
    const { privateKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = { ...(await exportJWK(privateKey)), alg: 'ES256', key_ops: ['sign'], kid: id }
    return store.keepFirstWebKey(hostname, { id, jwk: JSON.stringify(jwk), madeAt: now() })
  }
}

interface Clients {
  readonly client: NodeOAuthClient
  /**
   * Makes one for a single sign-in. A client keeps one session for each account: of two sign-ins of an account that end at
   * once, it would forget the tokens of one without giving them back.
   */
  readonly another: () => NodeOAuthClient
}

/** What Latchkey adds to a sign-in that is under way. */
interface OwnState {
  /** The hash of what the browser holds. */
  readonly browser: string
  readonly note: string
}

function ownState({ appState }: NodeSavedState): OwnState {
  return JSON.parse(appState ?? '{}') as OwnState
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return 'an unknown failure'
  return error.cause instanceof Error && error.cause.message !== error.message
    ? `${error.message}: ${error.cause.message}`
    : error.message
}
