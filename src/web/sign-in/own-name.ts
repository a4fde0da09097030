import type { WebAnswer, WebRequest } from '../routing.ts'

/**
 * What the pages say of themselves to their own origin alone. Under `no-referrer` browsers send a form with
 * `Origin: null` (Fetch Standard, "append a request `Origin` header"), and those without Fetch Metadata could not sign in.
 */
export const PAGE_HEADERS = { 'referrer-policy': 'same-origin' } as const

/** The name that a request came to, without a port. */
export function hostOf({ host }: WebRequest['headers']): string | undefined {
  return host?.replace(/:\d+$/, '').toLowerCase()
}

/**
 * Leads to where a page can be signed in to, when it was asked for under a name of the PDS's that is not the pages': its own,
 * or a handle's. Under any other name the page is shown: a reverse proxy that keeps the name to itself must not lead its
 * visitors in a circle.
 *
 * @param path of the page
 * @param places.origin the public address of the PDS
 * @returns undefined where the page is to be shown
 */
export function leadToOwnName(
  path: string,
  { headers, query }: Pick<WebRequest, 'headers' | 'query'>,
  { webUrl, origin }: { readonly webUrl: URL; readonly origin: string },
): WebAnswer | undefined {
  const host = hostOf(headers)
  const pds = new URL(origin).hostname
  if (host === undefined || host === webUrl.hostname) return undefined
  if (host !== pds && !host.endsWith(`.${pds}`)) return undefined
  const place = new URL(path, webUrl)
  place.search = query.toString()
  return { status: 302, place: place.href }
}
