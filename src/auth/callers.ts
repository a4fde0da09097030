import { ADMIN } from '../invites/types.ts'
import type { AdministratorAuth } from './administrator.ts'
import type { Credentials, Refusal } from './credentials.ts'
import type { Member, MemberAuth } from './member.ts'
import type { PasswordTries } from './password-tries.ts'

/** What an operator may do: moderators look and disable, administrators do everything. */
export type Role = 'administrator' | 'moderator'

/** The operators among the accounts, by their DIDs. Who is named as both may do more. */
export function rolesOf({
  admins,
  moderators,
}: {
  readonly admins: readonly string[]
  readonly moderators: readonly string[]
}): ReadonlyMap<string, Role> {
  const roles = new Map<string, Role>()
  for (const did of moderators) roles.set(did, 'moderator')
  for (const did of admins) roles.set(did, 'administrator')
  return roles
}

/** An operator who calls. */
export interface Operator {
  /** The DID, or `admin` for who knows the password. */
  readonly actor: string
  readonly role: Role
}

/** Who has signed in to the pages. */
export interface WebSessionReader {
  /**
   * Reads whose session a request's cookie is.
   *
   * @param verb with POST the request has to prove that it comes from a page of ours
   * @returns undefined where there is no session; `admin` for that of the password; `forged` where the proof is missing
   */
  read(
    credentials: Pick<Credentials, 'cookie' | 'csrf'>,
    verb: 'GET' | 'POST',
  ): Promise<{ readonly did: string } | typeof ADMIN | 'forged' | undefined>
}

export interface CallersPorts {
  readonly members: MemberAuth
  readonly administrators: AdministratorAuth
  readonly sessions: WebSessionReader
  /** The DIDs of operators, from the settings. */
  readonly operators: ReadonlyMap<string, Role>
  readonly tries: Pick<PasswordTries, 'judge'>
  /** Where the pages are. */
  readonly webUrl: URL
}

/** Tells who calls one of Latchkey's own methods: from the pages by their session, from elsewhere as at the PDS. */
export class Callers {
  readonly #ports: CallersPorts

  constructor(ports: CallersPorts) {
    this.#ports = ports
  }

  /** A member, by a session of the pages or of the PDS. */
  async member(credentials: Credentials, verb: 'GET' | 'POST'): Promise<Member | Refusal | 'forged'> {
    if (credentials.authorization !== undefined) return this.#ports.members.identify(credentials)
    const session = await this.#session(credentials, verb)
    // Who knows the password is nobody's account.
    return session === undefined || session === ADMIN ? this.#ports.members.identify(credentials) : session
  }

  /**
   * An operator, by the password or by a session of the pages.
   *
   * @param address the client's, by which wrong passwords are counted
   * @returns undefined for anybody else; how many seconds to wait where the password was wrong too often
   */
  async operator(
    credentials: Credentials,
    verb: 'GET' | 'POST',
    address: string,
  ): Promise<Operator | 'forged' | { readonly retryAfter: number } | undefined> {
    const { administrators, tries, operators } = this.#ports
    const { authorization } = credentials
    if (administrators.isTried(authorization)) {
      const judged = await tries.judge(administrators.isAdministrator(authorization), address)
      if (judged === 'right') return { actor: ADMIN, role: 'administrator' }
      return judged === 'wrong' ? undefined : judged
    }
    const session = await this.#session(credentials, verb)
    if (session === undefined || session === 'forged') return session
    if (session === ADMIN) return { actor: ADMIN, role: 'administrator' }
    const role = operators.get(session.did)
    return role && { actor: session.did, role }
  }

  /**
   * Whose session goes with a request. Reading takes a page of ours as well: pictures and links on any page send it with the
   * cookie, those on a handle's subdomain always, and some reading is written down or costs much.
   */
  async #session(credentials: Credentials, verb: 'GET' | 'POST') {
    const { sessions, webUrl } = this.#ports
    const session = await sessions.read(credentials, verb)
    // Whatever changes something has shown its token.
    if (session === undefined || verb === 'POST' || isFromOwnPage(credentials, webUrl)) return session
    return 'forged'
  }
}

/** Whether a page of ours sent a request, or somebody typed its address. */
function isFromOwnPage({ site, source }: Credentials, { origin }: URL): boolean {
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  return source !== undefined && URL.parse(source)?.origin === origin
}
