import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { parseCookie, stringifySetCookie } from 'cookie'
import type { Duration, Instant } from '../../invites/types.ts'
import { JOIN_PATH } from './paths.ts'

/** How long the page after a sign-up can be loaded again. */
const KEPT: Duration = 3_600_000

const NAME = 'latchkey-joined'

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
 * What a browser keeps for the page after a sign-up: the handle, and which invite it was, as a hash, so that nothing in it
 * opens anything. It is signed, so that nobody is congratulated on an account that they don't have.
 *
 * @returns a value of `Set-Cookie`
 */
export function joinedCookie(
  { handle, isSure }: Joined,
  code: string,
  { key, webUrl, now }: Keeping,
): string {
  const told = [now() + KEPT, isSure ? 'is' : 'maybe', handle, hashOf(code)].join(' ')
  return stringifySetCookie({
    name: NAME,
    value: `${told} ${signature(told, key).toString('base64url')}`,
    path: JOIN_PATH,
    httpOnly: true,
    sameSite: 'lax',
    secure: webUrl.protocol === 'https:',
    maxAge: KEPT / 1000,
  })
}

/** Whether a browser keeps a sign-up at all, true or made up. @param header the `Cookie` header */
export function keepsJoined(header: string | undefined): boolean {
  return parseCookie(header ?? '')[NAME] !== undefined
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
  { key, now }: Omit<Keeping, 'webUrl'>,
): Joined | undefined {
  const [until = '', state = '', handle = '', hash = '', signed = ''] =
    parseCookie(header ?? '')[NAME]?.split(' ') ?? []
  const given = Buffer.from(signed, 'base64url')
  const right = signature([until, state, handle, hash].join(' '), key)
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined
  if (hash !== hashOf(code) || Number(until) <= now()) return undefined
  return { handle, isSure: state === 'is' }
}

function hashOf(code: string): string {
  return createHash('sha256').update(code).digest('base64url')
}

function signature(text: string, key: Uint8Array): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
