import { webCookies } from '../../auth/web-cookies.ts'
import { csrfOf, isCsrf, newToken } from '../../auth/web-sessions.ts'
import type { RandomBytes } from '../../invites/code.ts'
import type { Duration } from '../../invites/types.ts'

/** How long a form may stay open before it is sent: whoever is invited may think about it for some days. */
const KEPT: Duration = 7 * 24 * 3_600_000

/** What a page has to give its form where nobody is signed in. */
export interface FormToken {
  /** The form's hidden field `csrf`. */
  readonly csrf: string
  /** A value of `Set-Cookie`, which has to go out with the page. */
  readonly cookie: string
}

/**
 * Ties a form to the browser that gets it: what is in the form is derived from a random cookie, and no other site can read
 * either. A browser has one cookie for all its windows, so that none takes another's form away.
 *
 * @param header the `Cookie` header
 * @param webUrl where the pages are
 * @param random a cryptographic source
 */
export function formToken(header: string | undefined, webUrl: URL, random: RandomBytes): FormToken {
  const cookies = webCookies(webUrl)
  const token = cookies.read(header, 'form') ?? newToken(random)
  return { csrf: csrfOf(token), cookie: cookies.set('form', token, KEPT) }
}

/**
 * Whether a form comes from a page that this browser got, compared in constant time.
 *
 * @param header the `Cookie` header
 * @param given the form's field `csrf`
 */
export function isFormOf(header: string | undefined, given: string | null, webUrl: URL): boolean {
  const token = webCookies(webUrl).read(header, 'form')
  return token !== undefined && isCsrf({ csrf: csrfOf(token) }, given)
}
