import type { AuditEvent } from './audit.ts'
import type { AccountStatus, Instant } from './types.ts'

/** Who signed in to the pages in one browser, and until when that holds. */
export interface WebSession {
  /** A DID, or `admin` for who knew the password. */
  readonly actor: string
  readonly openedAt: Instant
  /** The first instant at which it is over, whatever happens. */
  readonly endsAt: Instant
  /** The first instant at which it is over unless it is used before. */
  readonly idleAt: Instant
}

/** A session with how its account stands; `active` for `admin` and for accounts not seen yet. */
export interface StandingSession extends WebSession {
  readonly status: AccountStatus
}

/** A session to keep, under the hash of what its browser holds. */
export interface NewWebSession extends WebSession {
  readonly hash: string
}

/** What is remembered of a sign-in while its person is at the PDS. */
export interface PendingSignIn {
  /** Random; goes through the PDS and comes back. */
  readonly key: string
  /** The hash of what the browser holds that began it. */
  readonly browser: string
  /** What it takes to finish it. */
  readonly value: string
  /** The first instant at which it can't be finished any more. */
  readonly endsAt: Instant
}

/** A key by which Latchkey proves to the PDS that it is the client which signs people in. */
export interface WebKey {
  readonly id: string
  /** The private key as a JWK. */
  readonly jwk: string
  readonly madeAt: Instant
}

/** So many browsers can one account be signed in with; the one that signed in longest ago goes. */
export const SESSIONS_PER_ACTOR = 10

/** So many people can be at the PDS at once; whoever set out first then has to begin anew. */
export const MOST_PENDING = 10_000

/** Whether a session is over: too old, not used for too long, or its account not active. */
export function isOver({ endsAt, idleAt, status }: StandingSession, now: Instant): boolean {
  return now >= endsAt || now >= idleAt || status !== 'active'
}

/** What signing in to the pages keeps. Part of the store: its rules hold here too. */
export interface WebStore {
  /**
   * Keeps a session, forgets those that are over by age, and those of its actor beyond {@link SESSIONS_PER_ACTOR}.
   *
   * @param options.replaces the hash of the session that the same browser had before
   * @param options.event recorded with it, when an operator signed in
   */
  openWebSession(
    session: NewWebSession,
    options?: { readonly replaces?: string | undefined; readonly event?: AuditEvent | undefined },
  ): Promise<void>
  /** Reads a session, over or not. */
  webSession(hash: string): Promise<StandingSession | undefined>
  /** Records that a session was used. It never gets shorter by it. */
  extendWebSession(hash: string, idleAt: Instant): Promise<void>
  /** Forgets a session, and records the event if there is one; a session that is not there is passed over. */
  endWebSession(hash: string, event?: AuditEvent): Promise<void>
  /** Forgets every session of an actor, and records the event where there was a session to forget. @returns how many */
  endWebSessions(actor: string, event: AuditEvent): Promise<number>
  /** How an account stands, as its sessions tell it. */
  webStanding(actor: string): Promise<AccountStatus>

  /** Remembers a sign-in that began; forgets those that are too old, and the oldest beyond {@link MOST_PENDING}. */
  keepPendingSignIn(pending: PendingSignIn, now: Instant): Promise<void>
  /**
   * Takes a sign-in that comes back, for one caller only.
   *
   * @returns its value; undefined, and nothing changed, when it is unknown, taken, too old, or another browser's
   */
  takePendingSignIn(key: string, browser: string, now: Instant): Promise<string | undefined>

  /** The keys of a host, the oldest first. */
  webKeys(host: string): Promise<readonly WebKey[]>
  /** Keeps the first key of a host, unless another process was faster. @returns the keys that the host now has */
  keepFirstWebKey(host: string, key: WebKey): Promise<readonly WebKey[]>
  /** Keeps the secret by which the pages of a host sign what browsers keep, unless it has one. @returns what it now has */
  keepFirstWebSecret(host: string, secret: string): Promise<string>
}
