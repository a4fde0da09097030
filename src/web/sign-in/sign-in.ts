import type { Logger } from 'pino'
import type { AdministratorAuth } from '../../auth/administrator.ts'
import type { Role } from '../../auth/callers.ts'
import { type OAuthSignIn, SIGN_IN_TIME } from '../../auth/oauth-sign-in.ts'
import type { WebCookies } from '../../auth/web-cookies.ts'
import { PasswordTries } from '../../auth/password-tries.ts'
import { RefusedSignIns, type RefusedSignInsPorts } from '../../auth/refused-sign-ins.ts'
import { isCsrf, type WebSessions } from '../../auth/web-sessions.ts'
import {
  type AuditAction,
  type AuditEvent,
  type AuditStore,
  makeDeed,
  SOMEBODY,
} from '../../invites/audit.ts'
import { ADMIN, type AccountStatus } from '../../invites/types.ts'
import type { WebStore } from '../../invites/web.ts'
import { asDestination, type Destination, type SignInProblem } from './problems.ts'

/** Slows down whoever tries too often, address by address. */
interface AddressLimiter {
  readonly blockedFor: (address: string) => Promise<number | undefined>
  readonly count: (address: string) => Promise<unknown>
}

export interface SignInPorts extends RefusedSignInsPorts {
  readonly oauth: Pick<OAuthSignIn, 'begin' | 'finish'>
  readonly sessions: WebSessions
  readonly cookies: WebCookies
  readonly store: AuditStore & Pick<WebStore, 'webStanding'>
  readonly administrators: AdministratorAuth
  /** The operators among the accounts. */
  readonly operators: ReadonlyMap<string, Role>
  /** Asks the PDS. @returns undefined for a DID that is no account of its */
  readonly statusOf: (did: string) => Promise<AccountStatus | undefined>
  /** How often an address may set out for the PDS. */
  readonly starts: AddressLimiter
  /** How often an address may be wrong about the password. */
  readonly guesses: AddressLimiter
  readonly log: Logger
}

/** Where the browser goes now, and what it keeps. */
export type Outcome = { readonly cookies: readonly string[] } & (
  | { readonly place: URL }
  | { readonly to: Destination; readonly problem?: SignInProblem }
)

const BROWSER_BYTES = 32

/** Signing in to the pages and out again. */
export class SignIn {
  readonly #ports: SignInPorts
  readonly #tries: PasswordTries
  readonly #refused: RefusedSignIns

  constructor(ports: SignInPorts) {
    this.#ports = ports
    this.#tries = new PasswordTries(ports)
    this.#refused = new RefusedSignIns(ports)
  }

  /** Sends a browser to the PDS. It keeps something by which it is known when it comes back. */
  async begin(to: Destination, cookie: string | undefined, address: string): Promise<Outcome> {
    const { oauth, cookies, random, starts } = this.#ports
    // The same for all its windows, so that two of them can be at the PDS at once.
    const browser =
      cookies.read(cookie, 'browser') ?? Buffer.from(random(BROWSER_BYTES)).toString('base64url')
    try {
      if ((await starts.blockedFor(address)) !== undefined) return await this.#turnAway(to, 'wait', address)
      await starts.count(address)
      const place = await oauth.begin(browser, to)
      return { place, cookies: [cookies.set('browser', browser, SIGN_IN_TIME)] }
    } catch (error) {
      return this.#unavailable(to, error)
    }
  }

  /** Takes a browser back from the PDS. Only accounts of our host get in, and only while they are active. */
  async finish(answer: URLSearchParams, cookie: string | undefined, address: string): Promise<Outcome> {
    const { oauth, cookies, sessions, operators, log } = this.#ports
    let to: Destination = 'invites'
    try {
      const returned = await oauth.finish(answer, cookies.read(cookie, 'browser'))
      if (returned === 'unknown') return await this.#turnAway(to, 'again', address)
      to = asDestination(returned.note)
      if ('refused' in returned) {
        if (returned.refused === 'failed')
          log.warn({ reason: returned.reason }, 'a sign-in to the pages failed')
        return await this.#turnAway(to, returned.refused, address)
      }
      const { did } = returned
      const role = operators.get(did)
      const problem = await this.#problemOf(did)
      if (problem !== undefined) {
        await this.#refused.record(did, { by: 'account', problem })
        return stop(to, problem)
      }
      const event = this.#event('signIn', did, { by: 'account', ...(role !== undefined && { role }) })
      const session = await sessions.open(did, cookie, event)
      // What it is known by stays, for its other windows; it ends with the time that a sign-in has.
      return { to, cookies: [session] }
    } catch (error) {
      return this.#unavailable(to, error)
    }
  }

  /** Why an account of the PDS's word may not come in. @returns undefined when it may */
  async #problemOf(did: string): Promise<SignInProblem | undefined> {
    const { statusOf, store } = this.#ports
    const status = await statusOf(did)
    if (status === undefined) return 'stranger'
    if (status !== 'active') return 'inactive'
    // Of an account that is active again the firehose tells in a moment. Until then its session would be over at once, and
    // nobody but the firehose writes how an account stands.
    return (await store.webStanding(did)) === 'active' ? undefined : 'unavailable'
  }

  /** Lets in who knows the admin password, for when the PDS's OAuth server does not work. */
  async withPassword(password: string, cookie: string | undefined, address: string): Promise<Outcome> {
    const { administrators, sessions } = this.#ports
    const detail = { by: 'password', address }
    try {
      const judged = await this.#tries.judge(administrators.isPassword(password), address)
      if (judged !== 'right') return stop('admin', judged === 'wrong' ? 'password' : 'wait')
      const session = await sessions.open(ADMIN, cookie, this.#event('signIn', ADMIN, detail))
      return { to: 'admin', cookies: [session] }
    } catch (error) {
      return this.#unavailable('admin', error)
    }
  }

  /**
   * Signs out.
   *
   * @param csrf what the form brought along; without it somebody else's page sent it
   * @param everywhere in all browsers, and not in this one only
   */
  async end(
    to: Destination,
    cookie: string | undefined,
    csrf: string | null,
    everywhere = false,
  ): Promise<Outcome> {
    const { sessions, cookies } = this.#ports
    try {
      const visitor = await sessions.visitor(cookie)
      if (visitor === undefined) return { to, cookies: [cookies.clear('session')] }
      if (!isCsrf(visitor, csrf)) return stop(to, 'again')
      const { actor } = visitor
      if (everywhere) {
        const event = this.#event('signOut', actor, { everywhere })
        return { to, cookies: [await sessions.endAll(actor, event)] }
      }
      return { to, cookies: [await sessions.end(cookie, this.#event('signOut', actor))] }
    } catch (error) {
      return this.#unavailable(to, error)
    }
  }

  /** Refuses whoever does not get as far as being somebody. */
  async #turnAway(to: Destination, problem: SignInProblem, address: string): Promise<Outcome> {
    await this.#refused.recordSome(SOMEBODY, address, { by: 'account', problem })
    return stop(to, problem)
  }

  #event(action: AuditAction, actor: string, detail: AuditEvent['detail'] = {}): AuditEvent {
    return { ...makeDeed(actor, this.#ports), action, subject: this.#ports.hostname, detail }
  }

  #unavailable(to: Destination, error: unknown): Outcome {
    this.#ports.log.error({ err: error }, 'signing in to the pages does not work')
    return stop(to, 'unavailable')
  }
}

function stop(to: Destination, problem: SignInProblem): Outcome {
  return { to, problem, cookies: [] }
}
