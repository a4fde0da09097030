import { posix } from 'node:path'

/** Targets that every server reads alike: no empty or dot segments, nothing escaped, nothing to cut but a query. */
const PLAIN_PATH = /^(?:\/[\w~@-][\w.~@-]*)+$/

const AUTHORITY = /^[a-z0-9.+-]+:\/\/[^/?#\\]*/i
const USER_AT_HOST = /^\/\/[^/]*@[^/]*/

/**
 * Brings all spellings of a route onto one: lower case, no query, no fragment, no trailing slash. Whatever the PDS
 * takes for `/xrpc/<nsid>` comes out as `/xrpc/<nsid>` in lower case, so that no spelling passes a route by. The
 * reverse does not hold: what comes out so may be unknown to the PDS, which is safe where we answer instead of it.
 *
 * The PDS's rules are those of Express 4: any letter case, one trailing slash, absolute form; and, where the target
 * holds a `#`, those of Node's legacy `url.parse`: backslashes are slashes and `//user@host` is cut off. Escapes,
 * empty and dot segments and `;` parameters mean nothing to it and are resolved for what may stand before us.
 *
 * @param requestTarget the request line's target as received
 */
export function canonicalPath(requestTarget: string): string {
  const queryAt = requestTarget.indexOf('?')
  const path = queryAt === -1 ? requestTarget : requestTarget.slice(0, queryAt)
  return PLAIN_PATH.test(path) ? path.toLowerCase() : resolveSpelling(requestTarget)
}

function resolveSpelling(requestTarget: string): string {
  const path = pathOf(originForm(requestTarget)).replaceAll('\\', '/').replace(USER_AT_HOST, '')
  const unescaped = path.replace(/%([2-7][0-9a-f])/gi, decodeByte).replaceAll('\\', '/')
  const withoutParameters = unescaped.replace(/;[^/]*/g, '')
  const resolved = posix.normalize(`/${withoutParameters}`).toLowerCase()
  return resolved.replace(/(?<=.)\/$/, '')
}

/** Legacy parsing trims white space at both ends; none of it is printable ASCII. */
function pathOf(target: string): string {
  const end = target.search(/[?#]/)
  return (end === -1 ? target : target.slice(0, end)).replace(/[^!-~]+$/, '')
}

function decodeByte(_escape: string, hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16))
}

/**
 * The target as an origin server wants it: path and query. An absolute-form target loses its scheme and authority
 * (RFC 9112 section 3.2.2); any other is returned as it is.
 *
 * @param requestTarget the request line's target as received
 */
export function originForm(requestTarget: string): string {
  if (requestTarget.startsWith('/')) return requestTarget
  const authority = AUTHORITY.exec(requestTarget)?.[0]
  if (authority === undefined) return requestTarget
  const rest = requestTarget.slice(authority.length)
  return rest.startsWith('/') ? rest : `/${rest}`
}
