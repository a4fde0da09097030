import { parseCookie, stringifySetCookie } from 'cookie'
import type { Duration } from '../invites/types.ts'

/** The random cookies of the pages: who signed in, which browser began to, and which one got a form to sign up with. */
export interface WebCookies {
  /** What a request brings along. @param header its `Cookie` header */
  readonly read: (header: string | undefined, which: CookieName) => string | undefined
  /** A value of `Set-Cookie`. */
  readonly set: (which: CookieName, value: string, maxAge: Duration) => string
  /** The value of `Set-Cookie` that takes it away. */
  readonly clear: (which: CookieName) => string
}

export type CookieName = 'session' | 'browser' | 'form'

const NAMES: Record<CookieName, string> = {
  session: 'latchkey',
  browser: 'latchkey-browser',
  form: 'latchkey-form',
}

/**
 * How every cookie of the pages is named and kept. The prefix `__Host-` makes browsers refuse one that another host set, a
 * handle's subdomain for example; it takes https, so that it is left away on a loopback address without.
 */
export function cookieRules(webUrl: URL) {
  const secure = webUrl.protocol === 'https:' || !isLoopback(webUrl)
  return {
    prefix: secure ? '__Host-' : '',
    attributes: { path: '/', httpOnly: true, sameSite: 'lax', secure },
  } as const
}

/** The random cookies of the pages. */
export function webCookies(webUrl: URL): WebCookies {
  const { prefix, attributes } = cookieRules(webUrl)
  const nameOf = (which: CookieName) => prefix + NAMES[which]

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
