/**
 * What Latchkey puts into the `Via` header (RFC 9110 section 7.6.3) of every answer that went through its own routes, and
 * of none that it only forwards: so it shows from outside whether a route reaches Latchkey. Proxies on the way may put
 * names of their own beside it.
 */
export const VIA = '1.1 latchkey'

/** The value of a `Via` header with ours behind what others put there. */
export function withVia(others: string | null): string {
  return others === null || others === '' ? VIA : `${others}, ${VIA}`
}
