import type { WebAnswer, WebRequest } from '../routing.ts'
import { formToken } from './form-token.ts'
import { type Joined, keepsJoined, readJoined } from './joined-cookie.ts'
import { doneOf, linkOf } from './link.ts'
import type { HostOffer, JoinPorts } from './ports.ts'
import type { Closed, FormErrors, Inviter, JoinProps } from './props.ts'

export const NOTHING_TYPED: JoinProps['values'] = { name: '', domain: '', email: '', consent: false }

/** Where the host does not tell what it offers, nobody can be let in. */
const NOT_NOW: Closed = { message: null, isPaused: false, migrationsGoOn: false }

/** The one answer to every code that lets nobody in. */
export const NOT_GOOD: WebAnswer = { status: 404, page: 'refused', props: { why: 'not good' } }

/** How a form went that did not work: what goes back with it. */
export interface Sent {
  readonly values: JoinProps['values']
  readonly errors: FormErrors
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Whether the door has counted the code as a guess, if it is one. */
  readonly isCounted?: boolean
  /** What is said where the code lets nobody in any more; that it doesn't, where left out. */
  readonly spent?: WebAnswer | undefined
}

/**
 * Who signed up with this code in this browser, not long ago. Of one that nobody was sure of it is looked up whether the
 * account has come since.
 */
export async function joinedWith(
  ports: JoinPorts,
  { headers }: WebRequest,
  code: string,
): Promise<Joined | undefined> {
  // Most have no such cookie, and cost no look at the database.
  if (!keepsJoined(headers.cookie, code, ports.webUrl)) return undefined
  const joined = readJoined(headers.cookie, code, { ...ports, key: await ports.key() })
  if (joined === undefined || joined.isSure) return joined
  return { ...joined, isSure: await ports.cameWith(code, joined.handle) }
}

/** The page of an invite, as it is at first and as it is after a form that did not work. */
export async function invite(
  ports: JoinPorts,
  request: WebRequest,
  code: string,
  sent?: Sent,
): Promise<WebAnswer> {
  const joined = await joinedWith(ports, request, code)
  const isNoGuess = joined !== undefined || sent?.isCounted === true
  const [check, told, closed] = await Promise.all([
    isNoGuess ? ports.lookAtCode(code) : ports.checkCode(code, request.address),
    ports.host(),
    // Whoever has filled in the form keeps it, and reads there what is wrong.
    sent === undefined ? ports.closed() : null,
  ])
  const isLooked = 'good' in check
  if (!isLooked || !check.good) {
    if (isLooked && sent?.spent !== undefined) return sent.spent
    // Back to the invite that they came by: it was theirs.
    if (joined !== undefined) return { place: doneOf(code) }
    if (isLooked) return NOT_GOOD
    if (sent === undefined) return tooMany(check.retryAfter)
  }
  const host = told ?? offerAs(sent?.values.domain)
  // Of a code that was not looked at the form tells nothing, good or not.
  const { left, inviter, expiresAt } =
    isLooked && check.good ? check : { left: null, inviter: null, expiresAt: null }
  const domains = host.needsPhone ? [] : host.domains
  const nobodyNow = told === undefined && sent === undefined ? (closed ?? NOT_NOW) : closed
  const hasForm = domains.length > 0 && nobodyNow === null
  const token = hasForm ? formToken(request.headers.cookie, ports.webUrl, ports.random) : null
  return {
    status: sent?.status ?? 200,
    headers: sent?.headers ?? {},
    cookies: token === null ? [] : [token.cookie],
    page: 'join',
    props: {
      code,
      link: new URL(linkOf(code), ports.webUrl).href,
      inviter: inviter && (await describe(ports, inviter)),
      left,
      expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
      domains,
      terms: host.terms,
      privacy: host.privacy,
      contact: host.contact,
      closed: nobodyNow,
      joined: joined === undefined ? null : { ...joined, place: doneOf(code) },
      values: sent?.values ?? NOTHING_TYPED,
      errors: sent?.errors ?? {},
      csrf: token?.csrf ?? null,
    },
  }
}

/** What is left of an offer that is not known: the ending that a form came with goes back with it. */
function offerAs(domain: string | undefined): HostOffer {
  const domains = domain === undefined || domain === '' ? [] : [domain]
  return { domains, terms: null, privacy: null, contact: null, needsPhone: false }
}

/** What is known of somebody who invites. A PDS that does not answer takes away their face, not their invite. */
async function describe(
  { profile }: JoinPorts,
  { did, handle, status }: { did: string; handle: string | null; status: string },
): Promise<Inviter> {
  const shown = status === 'active' ? await profile(did).catch(() => undefined) : undefined
  return {
    did,
    handle: handle ?? shown?.handle ?? null,
    name: shown?.name ?? null,
    hasAvatar: (shown?.avatar ?? null) !== null,
  }
}

function tooMany(retryAfter: number): WebAnswer {
  return { status: 429, headers: retryAfterOf(retryAfter), page: 'refused', props: { why: 'too many' } }
}

export function retryAfterOf(seconds: number) {
  return { 'retry-after': String(seconds) }
}
