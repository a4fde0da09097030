import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { AuditEvent } from '../invites/audit.ts'
import type { RandomBytes } from '../invites/code.ts'
import { StoreBusyError, StoreUnavailableError } from '../invites/store.ts'
import { ADMIN, type Duration, type Instant } from '../invites/types.ts'
import { isOver, type StandingSession, type WebStore } from '../invites/web.ts'
import type { WebSessionReader } from './callers.ts'
import type { Credentials } from './credentials.ts'
import type { WebCookies } from './web-cookies.ts'

const HOUR: Duration = 3_600_000
const DAY: Duration = 24 * HOUR

/** How long sessions last: whatever happens, and without being used. That of the password is for emergencies. */
const LENGTHS = {
  account: { whole: 30 * DAY, idle: 7 * DAY },
  admin: { whole: HOUR, idle: HOUR },
} as const

/** A session's use is written down so often; a write for every request would be one too many. */
const EXTEND_EVERY: Duration = HOUR

/** 256 bits: nobody guesses one. */
const TOKEN_BYTES = 32

export interface WebSessionPorts {
  readonly store: WebStore
  readonly cookies: WebCookies
  readonly now: () => Instant
  /** A cryptographic source. */
  readonly random: RandomBytes
}

/** Who looks at a page. */
export interface Visitor {
  /** A DID, or `admin` for who knew the password. */
  readonly actor: string
  /** What the page has to send along with whatever changes something, as the header `CSRF_HEADER` or a form's `csrf`. */
  readonly csrf: string
}

/**
 * Who signed in to the pages. A browser holds a random token in a cookie, the store its hash: whoever reads the database
 * can't sign in with it.
 */
export class WebSessions implements WebSessionReader {
  readonly #ports: WebSessionPorts

  constructor(ports: WebSessionPorts) {
    this.#ports = ports
  }

  /**
   * Signs a browser in, in the place of whoever was signed in there before.
   *
   * @param event recorded with it
   * @returns the value of `Set-Cookie`
   */
  async open(actor: string, cookie: string | undefined, event?: AuditEvent): Promise<string> {
    const { store, cookies, now, random } = this.#ports
    const token = newToken(random)
    const before = cookies.read(cookie, 'session')
    const replaces = before === undefined ? undefined : hashOf(before)
    const openedAt = now()
    const { whole, idle } = lengthsOf(actor)
    const session = { actor, openedAt, endsAt: openedAt + whole, idleAt: openedAt + idle }
    await store.openWebSession({ ...session, hash: hashOf(token) }, { replaces, event })
    return cookies.set('session', token, whole)
  }

  /** Whose session a request's cookie is. @returns undefined when there is none, or it is over */
  async visitor(cookie: string | undefined): Promise<Visitor | undefined> {
    const { store, cookies, now } = this.#ports
    const token = cookies.read(cookie, 'session')
    if (token === undefined) return undefined
    const hash = hashOf(token)
    const session = await store.webSession(hash)
    if (session === undefined) return undefined
    if (isOver(session, now())) {
      await attempt(store.endWebSession(hash))
      return undefined
    }
    await this.#extend(hash, session)
    return { actor: session.actor, csrf: csrfOf(token) }
  }

  async read(
    { cookie, csrf }: Pick<Credentials, 'cookie' | 'csrf'>,
    verb: 'GET' | 'POST',
  ): Promise<{ readonly did: string } | typeof ADMIN | 'forged' | undefined> {
    const visitor = await this.visitor(cookie)
    if (visitor === undefined) return undefined
    if (verb === 'POST' && !isCsrf(visitor, csrf)) return 'forged'
    return visitor.actor === ADMIN ? ADMIN : { did: visitor.actor }
  }

  /** Signs a browser out. @param event recorded with it @returns the value of `Set-Cookie` */
  async end(cookie: string | undefined, event?: AuditEvent): Promise<string> {
    const { store, cookies } = this.#ports
    const token = cookies.read(cookie, 'session')
    if (token !== undefined) await store.endWebSession(hashOf(token), event)
    return cookies.clear('session')
  }

  /** Signs somebody out in all their browsers. @returns the value of `Set-Cookie` */
  async endAll(actor: string, event: AuditEvent): Promise<string> {
    const { store, cookies } = this.#ports
    await store.endWebSessions(actor, event)
    return cookies.clear('session')
  }

  async #extend(hash: string, { actor, endsAt, idleAt }: StandingSession): Promise<void> {
    const { store, now } = this.#ports
    const extended = Math.min(now() + lengthsOf(actor).idle, endsAt)
    if (extended - idleAt >= EXTEND_EVERY) await attempt(store.extendWebSession(hash, extended))
  }
}

/** Whether a request proves that it comes from a page that this visitor got, compared in constant time. */
export function isCsrf({ csrf }: Pick<Visitor, 'csrf'>, given: string | null | undefined): boolean {
  const [known, proof] = [Buffer.from(csrf), Buffer.from(given ?? '')]
  return known.length === proof.length && timingSafeEqual(known, proof)
}

/** What a browser is known by. */
export function newToken(random: RandomBytes): string {
  return Buffer.from(random(TOKEN_BYTES)).toString('base64url')
}

/** SHA-256: what is hashed here is random, so that nothing slower is needed. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}

/** Known to whoever got a page with the token's cookie, and no way back to the token. */
export function csrfOf(token: string): string {
  return createHmac('sha256', token).update('a form of the pages').digest('base64url')
}

function lengthsOf(actor: string) {
  return actor === ADMIN ? LENGTHS.admin : LENGTHS.account
}

/** A database that can only be read does not sign anybody out. What is over stays over by its time. */
async function attempt(write: Promise<void>): Promise<void> {
  await write.catch((error: unknown) => {
    if (!(error instanceof StoreBusyError || error instanceof StoreUnavailableError)) throw error
  })
}
