import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { parseCookie, stringifySetCookie } from 'cookie'
import { cookieRules } from '../../auth/web-cookies.ts'
import type { Duration, Instant } from '../../invites/types.ts'

/** How long the page after a sign-up can be loaded again. */
const KEPT: Duration = 3_600_000

/** So many sign-ups does one browser keep: each goes along with every request, and a server reads only so much. */
const MOST = 10

const NAME = 'latchkey-joined-'

/** In characters. Two codes of one browser hardly ever share so many, and then the later sign-up is kept. */
const NAMED_BY = 12

interface Keeping {
  readonly key: Uint8Array
  readonly webUrl: URL
  readonly now: () => Instant
}

/** A sign-up, as the browser that sent it keeps it. */
export interface Joined {
  readonly handle: string
  /** Whether the account is known to exist. */
  readonly isSure: boolean
}

/**
 * What a browser keeps for the page after a sign-up: the handle, and under a name that tells of the invite by its hash, so
 * that nothing in it opens anything. It is signed, so that nobody is congratulated on an account that they don't have.
 *
 * @returns a value of `Set-Cookie`
 */
export function joinedCookie(
  { handle, isSure }: Joined,
  code: string,
  { key, webUrl, now }: Keeping,
): string {
  const told = [now() + KEPT, isSure ? 'is' : 'maybe', handle].join(' ')
  return stringifySetCookie({
    name: nameOf(code, webUrl),
    value: `${told} ${signature(told, code, key).toString('base64url')}`,
    maxAge: KEPT / 1000,
    ...cookieRules(webUrl).attributes,
  })
}

/**
 * Takes the oldest sign-ups away that a browser keeps, where another would be too many.
 *
 * @param header the `Cookie` header, in which browsers name the oldest first (RFC 6265 section 5.4)
 * @returns values of `Set-Cookie`
 */
export function forgetOldest(header: string | undefined, webUrl: URL): readonly string[] {
  const { prefix, attributes } = cookieRules(webUrl)
  return Object.keys(parseCookie(header ?? ''))
    .filter((name) => name.startsWith(prefix + NAME))
    .slice(0, 1 - MOST)
    .map((name) => stringifySetCookie({ name, value: '', maxAge: 0, ...attributes }))
}

/** Whether a browser keeps a sign-up with this code, true or made up. @param header the `Cookie` header */
export function keepsJoined(header: string | undefined, code: string, webUrl: URL): boolean {
  return header !== undefined && parseCookie(header)[nameOf(code, webUrl)] !== undefined
}

/**
 * Reads it back.
 *
 * @param header the `Cookie` header
 * @returns undefined when it is missing, made up, too old, or about another invite
 */
export function readJoined(
  header: string | undefined,
  code: string,
  { key, webUrl, now }: Keeping,
): Joined | undefined {
  const [until = '', state = '', handle = '', signed = ''] =
    parseCookie(header ?? '')[nameOf(code, webUrl)]?.split(' ') ?? []
  const given = Buffer.from(signed, 'base64url')
  const right = signature([until, state, handle].join(' '), code, key)
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined
  return Number(until) > now() ? { handle, isSure: state === 'is' } : undefined
}

function nameOf(code: string, webUrl: URL): string {
  const hash = createHash('sha256').update(code).digest('base64url')
  return cookieRules(webUrl).prefix + NAME + hash.slice(0, NAMED_BY)
}

function signature(told: string, code: string, key: Uint8Array): Buffer {
  return createHmac('sha256', key).update(`${told} ${code}`).digest()
}
