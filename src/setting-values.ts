import { isDidString } from '@atproto/lex-schema'
import ipaddr from 'ipaddr.js'
import type { Duration, Instant } from './invites/types.ts'

/** A wrong value; the message says what is expected. */
export class Expected extends Error {}

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

const DAY: Duration = 86_400_000

/** What stands for the addresses of this machine, of a link and of private networks. */
const NETWORK_NAMES = ['loopback', 'linklocal', 'uniquelocal']

/** Parses `7d`, `12h`, `500ms` … @returns milliseconds; @throws when it is not a positive whole length of time */
function parseDuration(given: string): Duration {
  const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: DAY, w: 7 * DAY }
  const match = /^(\d{1,15})(ms|s|m|h|d|w)$/.exec(given.trim())
  const duration = Number(match?.[1]) * units[(match?.[2] ?? 'ms') as keyof typeof units]
  if (Number.isSafeInteger(duration) && duration > 0) return duration
  throw new Expected('a length of time such as 7d, 12h, 10s or 500ms')
}

/** Parses a length of time of a day at most, which a timer can hold. */
export function parseShortDuration(given: string): Duration {
  const duration = parseDuration(given)
  if (duration <= DAY) return duration
  throw new Expected('a length of time of 1d at most')
}

export function parseInterval(given: string): Duration | null {
  return given === 'off' ? null : parseDuration(given)
}

export function parseInstant(given: string): Instant {
  const instant = /^\d{1,15}$/.test(given) ? Number(given) : parseIsoInstant(given)
  if (Number.isSafeInteger(instant) && instant >= 0) return instant
  throw new Expected('a date such as 2026-01-01 or 2026-01-01T12:00:00Z, or milliseconds since 1970')
}

function parseIsoInstant(given: string): number {
  const day = given.slice(0, 10)
  // Date.parse takes 31 February for 3 March.
  const exists = !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day)
  return exists && /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(given)
    ? Date.parse(given)
    : Number.NaN
}

export function parseWholeNumber(least: number, most: number): (given: string) => number {
  return (given) => {
    const value = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN
    if (value >= least && value <= most) return value
    throw new Expected(`a whole number from ${least} to ${most}`)
  }
}

export function parseOrigin(given: string): URL {
  const url = URL.canParse(given) ? new URL(given) : undefined
  const bare = url?.pathname === '/' && url.search === '' && url.hash === '' && url.username === ''
  if (url !== undefined && bare && /^https?:$/.test(url.protocol)) return url
  throw new Expected('an http or https URL without a path, such as https://pds.example.com')
}

/** Parses an origin whose host has a name, since a service DID can be made of no address. */
export function parsePublicUrl(given: string): URL {
  const url = parseOrigin(given)
  if (!ipaddr.isValid(url.hostname.replace(/^\[|\]$/g, ''))) return url
  throw new Expected('a URL with a host name instead of an address, such as https://pds.example.com')
}

/** Parses where the pages are. Browsers keep the pages' cookies over https only, and over http on this machine. */
export function parseWebUrl(given: string): URL {
  const url = URL.canParse(given) ? parseOrigin(given) : undefined
  if (url?.protocol === 'https:') return url
  if (url !== undefined && /^(127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)) return url
  throw new Expected(
    'an https URL without a path, such as https://invites.example.com, or one like http://127.0.0.1:2690 on this machine',
  )
}

/** Parses DIDs with commas between them. */
export function parseDids(given: string): readonly string[] {
  const dids = given.split(',').map((did) => did.trim())
  if (dids.every((did) => isDidString(did))) return dids
  throw new Expected('DIDs with commas between them, such as did:plc:aaaaaaaaaaaaaaaaaaaaaaaa')
}

export function parseDatabase(given: string): string {
  const path = /^sqlite:(.+)$/.exec(given)?.[1]
  if (path !== undefined && path !== ':memory:') return path
  throw new Expected('sqlite:PATH, such as sqlite:/var/lib/latchkey/latchkey.sqlite')
}

export function parseSwitch(given: string): boolean {
  if (given === 'true') return true
  if (given === 'false') return false
  throw new Expected('true or false')
}

export function parseLogLevel(given: string): LogLevel {
  const level = LOG_LEVELS.find((candidate) => candidate === given)
  if (level !== undefined) return level
  throw new Expected(`one of ${LOG_LEVELS.join(', ')}`)
}

/** Parses a list of addresses, networks and names of networks, or `none`. @returns them, as Fastify understands them */
export function parseProxies(given: string): readonly string[] {
  const proxies = given === 'none' ? [] : given.split(',').map((proxy) => proxy.trim())
  if (proxies.every((proxy) => NETWORK_NAMES.includes(proxy) || isNetwork(proxy))) return proxies
  throw new Expected(
    `addresses and networks with commas between them, such as 192.0.2.7,2001:db8::/32, the names ${NETWORK_NAMES.join(', ')}, or none`,
  )
}

/** A network of all addresses is none: with it every client could name any address as its own. */
function isNetwork(given: string): boolean {
  if (ipaddr.IPv4.isValidFourPartDecimal(given) || ipaddr.IPv6.isValid(given)) return true
  const isCidr = ipaddr.IPv4.isValidCIDRFourPartDecimal(given) || ipaddr.IPv6.isValidCIDR(given)
  return isCidr && ipaddr.parseCIDR(given)[1] > 0
}

export function parseText(given: string): string {
  return given
}
