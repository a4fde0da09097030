import ipaddr from 'ipaddr.js'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { Duration } from '../../invites/types.ts'

/** Slows down whoever does too much of something, address by address. */
export interface AddressLimiter {
  /** In how many whole seconds this client may go on; undefined when it may now. */
  readonly blockedFor: (address: string) => Promise<number | undefined>
  /** Counts once against this client. @returns whether that was once too often */
  readonly count: (address: string) => Promise<boolean>
  /** Takes one time back that was counted. */
  readonly takeBack: (address: string) => Promise<void>
}

/**
 * How often one address may come with a code that is good: as often as the PDS lets it call createAccount. Each time
 * costs a code at the PDS and a row here, whatever the PDS then says of handle and e-mail.
 */
export const ATTEMPTS = { times: 100, window: 5 * 60_000 } as const

/** Clients to remember. With more of them at once, those that were counted longest ago are forgotten. */
const MOST_CLIENTS = 100_000

/** Whoever hides its address shares it with all others who do. */
const NO_ADDRESS = 'none'

/**
 * Makes a limiter that lives in this process's memory, some 50 MB of it at the very most.
 *
 * @param limits.times from this many on a client is blocked
 * @param limits.window counted from the first time, at most 24 days; at its end all is forgotten
 */
export function createAddressLimiter(limits: {
  readonly times: number
  readonly window: Duration
  readonly mostClients?: number
}): AddressLimiter {
  const { times, window, mostClients = MOST_CLIENTS } = limits
  const limiter = new RateLimiterMemory({ points: times, duration: window / 1000 })
  /** In the order of their last times. Those whose window has ended stay until they are pushed out. */
  const remembered = new Set<string>()

  return {
    blockedFor: async (address) => {
      const record = await limiter.get(clientOf(address))
      if (record === null || record.consumedPoints < times || record.msBeforeNext <= 0) return undefined
      return Math.ceil(record.msBeforeNext / 1000)
    },
    count: async (address) => {
      const client = clientOf(address)
      remembered.delete(client)
      remembered.add(client)
      const [oldest] = remembered
      if (oldest !== undefined && remembered.size > mostClients) {
        remembered.delete(oldest)
        await limiter.delete(oldest)
      }
      const { consumedPoints } = await limiter.penalty(client)
      return consumedPoints > times
    },
    takeBack: async (address) => {
      const client = clientOf(address)
      const { consumedPoints } = await limiter.reward(client)
      // Its window had ended, and nothing was left to take back.
      if (consumedPoints < 0) await limiter.penalty(client)
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
