import { parseCookie, stringifySetCookie } from 'cookie'
import type { Duration } from '../invites/types.ts'

/** The cookies of the pages: who signed in, and which browser began a sign-in. */
export interface WebCookies {
  /** What a request brings along. @param header its `Cookie` header */
  readonly read: (header: string | undefined, which: CookieName) => string | undefined
  /** A value of `Set-Cookie`. */
  readonly set: (which: CookieName, value: string, maxAge: Duration) => string
  /** The value of `Set-Cookie` that takes it away. */
  readonly clear: (which: CookieName) => string
}

export type CookieName = 'session' | 'browser'

const NAMES: Record<CookieName, string> = { session: 'latchkey', browser: 'latchkey-browser' }

/**
 * How the cookies are named and kept. The prefix `__Host-` makes browsers refuse one that another host set, a handle's
 * subdomain for example; it takes https, so that it is left away on a loopback address without.
 */
export function webCookies(webUrl: URL): WebCookies {
  const secure = webUrl.protocol === 'https:' || !isLoopback(webUrl)
  const nameOf = (which: CookieName) => (secure ? `__Host-${NAMES[which]}` : NAMES[which])
  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure } as const

  function setCookie(which: CookieName, value: string, maxAge: Duration): string {
    return stringifySetCookie({
      name: nameOf(which),
      value,
      maxAge: Math.floor(maxAge / 1000),
      ...attributes,
    })
  }

  return {
    read: (header, which) =>
      header === undefined ? undefined : parseCookie(header)[nameOf(which)] || undefined,
    set: setCookie,
    clear: (which) => setCookie(which, '', 0),
  }
}

/** Whether a URL leads to this machine, whatever the name servers say. */
export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}
