import ipaddr from 'ipaddr.js'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { Duration } from '../invites/types.ts'

/** Slows down whoever tries codes that are not good, address by address. */
export interface GuessLimiter {
  /** In how many whole seconds this client may try a code again; undefined when it may now. */
  readonly blockedFor: (address: string) => Promise<number | undefined>
  /** Counts a code that was not good against this client. */
  readonly failed: (address: string) => Promise<void>
}

/** Clients to remember. With more of them guessing at once, those whose last failure is longest ago are forgotten. */
const MOST_CLIENTS = 100_000

/** Whoever hides its address shares it with all others who do. */
const NO_ADDRESS = 'none'

/**
 * Makes a limiter that lives in this process's memory, some 50 MB of it at the very most.
 *
 * @param limits.failures from this many on a client is blocked
 * @param limits.window counted from a client's first failure, at most 24 days; at its end all is forgotten
 */
export function createGuessLimiter(limits: {
  readonly failures: number
  readonly window: Duration
  readonly mostClients?: number
}): GuessLimiter {
  const { failures, window, mostClients = MOST_CLIENTS } = limits
  const limiter = new RateLimiterMemory({ points: failures, duration: window / 1000 })
  /** In the order of their last failures. Those whose window has ended stay until they are pushed out. */
  const remembered = new Set<string>()

  return {
    blockedFor: async (address) => {
      const record = await limiter.get(clientOf(address))
      if (record === null || record.consumedPoints < failures || record.msBeforeNext <= 0) return undefined
      return Math.ceil(record.msBeforeNext / 1000)
    },
    failed: async (address) => {
      const client = clientOf(address)
      remembered.delete(client)
      remembered.add(client)
      const [oldest] = remembered
      if (oldest !== undefined && remembered.size > mostClients) {
        remembered.delete(oldest)
        await limiter.delete(oldest)
      }
      await limiter.penalty(client)
    },
  }
}

/** Who stands behind an address: an IPv4 address, however it is written, or the /64 that one IPv6 customer has at least. */
function clientOf(address: string): string {
  if (!ipaddr.isValid(address)) return NO_ADDRESS
  const ip = ipaddr.process(address)
  if (ip.kind() === 'ipv4') return ip.toString()
  return ipaddr.IPv6.networkAddressFromCIDR(`${ip.toNormalizedString().split('%')[0]}/64`).toString()
}
