/** What pages may load and do: their own files, and nothing that stands in the page itself. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Sent with all that the pages answer. Addresses hold codes, and no other site gets to see one. */
const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'private, no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex, nofollow',
}

/**
 * The headers of a page.
 *
 * @param origin of the PDS: the form that signs in ends there, and browsers hold a form to where it is led on to as well
 */
export function pageHeaders(origin: string): Readonly<Record<string, string>> {
  return { ...PAGE_HEADERS, 'content-security-policy': `${POLICY}; form-action 'self' ${origin}` }
}
