import { fastify } from 'fastify'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ConfigError, readConfig } from '../../src/config.ts'
import { type AddressLimiter, createAddressLimiter } from '../../src/gate/doors/address-limiter.ts'

const MINUTE = 60_000
const LIMITS = { times: 10, window: 10 * MINUTE }

async function failTimes(limiter: AddressLimiter, times: number, address: string): Promise<void> {
  for (let failure = 0; failure < times; failure++) await limiter.count(address)
}

describe('the limit on guessing', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('ten failures in ten minutes block an address for what is left of them, and no other', async () => {
    const limiter = createAddressLimiter(LIMITS)
    await failTimes(limiter, 9, '192.0.2.1')
    expect(await limiter.blockedFor('192.0.2.1')).toBeUndefined()
    vi.advanceTimersByTime(4 * MINUTE)
    await limiter.count('192.0.2.1')
    expect(await limiter.blockedFor('192.0.2.1')).toBe(6 * 60)
    expect(await limiter.blockedFor('192.0.2.2')).toBeUndefined()
    vi.advanceTimersByTime(6 * MINUTE - 1)
    expect(await limiter.blockedFor('192.0.2.1')).toBe(1)
    vi.advanceTimersByTime(1)
    expect(await limiter.blockedFor('192.0.2.1')).toBeUndefined()
  })

  test('what is counted and taken back again is nothing, also when the window ended meanwhile', async () => {
    const limiter = createAddressLimiter({ ...LIMITS, times: 2 })
    const counted = [
      await limiter.count('192.0.2.1'),
      await limiter.count('192.0.2.1'),
      await limiter.count('192.0.2.1'),
    ]
    expect(counted).toEqual([false, false, true])
    await limiter.takeBack('192.0.2.1')
    expect(await limiter.blockedFor('192.0.2.1')).toBe(600)
    await limiter.takeBack('192.0.2.1')
    expect(await limiter.blockedFor('192.0.2.1')).toBeUndefined()
    vi.advanceTimersByTime(10 * MINUTE)
    await limiter.takeBack('192.0.2.1')
    await failTimes(limiter, 2, '192.0.2.1')
    expect(await limiter.blockedFor('192.0.2.1')).toBe(600)
  })

  test('failures while blocked do not make the wait longer', async () => {
    const limiter = createAddressLimiter(LIMITS)
    await failTimes(limiter, 10, '192.0.2.1')
    vi.advanceTimersByTime(9 * MINUTE)
    await failTimes(limiter, 100, '192.0.2.1')
    expect(await limiter.blockedFor('192.0.2.1')).toBe(60)
  })

  test('failures count from the first on, and are forgotten together', async () => {
    const limiter = createAddressLimiter(LIMITS)
    await failTimes(limiter, 9, '192.0.2.1')
    vi.advanceTimersByTime(10 * MINUTE)
    await failTimes(limiter, 9, '192.0.2.1')
    expect(await limiter.blockedFor('192.0.2.1')).toBeUndefined()
  })

  test.each([
    ['the addresses of one IPv6 /64', '2001:db8:0:1::1', '2001:DB8:0:1:ffff:ffff:ffff:ffff'],
    ['an IPv4 address in the two ways it is written', '192.0.2.1', '::ffff:192.0.2.1'],
    ['a link-local address on any link', 'fe80::1%eth0', 'fe80::2'],
    ['all that show no address', 'unknown', '_hidden'],
  ])('%s are one client', async (_what, one, other) => {
    const limiter = createAddressLimiter({ ...LIMITS, times: 2 })
    await limiter.count(one)
    await limiter.count(other)
    expect(await limiter.blockedFor(one)).toBe(600)
    expect(await limiter.blockedFor(other)).toBe(600)
  })

  test.each([
    ['neighbouring /64s', '2001:db8:0:1::1', '2001:db8:0:2::1'],
    ['IPv4 addresses written as IPv6', '::ffff:192.0.2.1', '::ffff:192.0.2.2'],
    ['an address and none', '192.0.2.1', 'unknown'],
  ])('%s are two clients', async (_what, one, other) => {
    const limiter = createAddressLimiter({ ...LIMITS, times: 1 })
    await limiter.count(one)
    expect(await limiter.blockedFor(other)).toBeUndefined()
  })

  test('with too many clients the one whose last failure is longest ago is forgotten', async () => {
    const limiter = createAddressLimiter({ times: 2, window: 10 * MINUTE, mostClients: 2 })
    await failTimes(limiter, 2, '192.0.2.1')
    await failTimes(limiter, 2, '192.0.2.2')
    await limiter.count('192.0.2.1')
    await failTimes(limiter, 2, '192.0.2.3')
    expect(await limiter.blockedFor('192.0.2.1')).toBe(600)
    expect(await limiter.blockedFor('192.0.2.2')).toBeUndefined()
    expect(await limiter.blockedFor('192.0.2.3')).toBe(600)
    expect(vi.getTimerCount()).toBe(2)
  })
})

describe('the settings', () => {
  const NEEDED = { publicUrl: 'http://pds.test', pdsUrl: 'http://pds.test', pdsAdminPassword: 'secret' }

  test('allow 10 failures in 10 minutes, and trust proxies on this machine and in private networks', () => {
    expect(readConfig(NEEDED, {})).toMatchObject({
      guessing: { failures: 10, window: 10 * MINUTE },
      trustedProxies: ['loopback', 'linklocal', 'uniquelocal'],
    })
  })

  test.each([
    'yes',
    '10.0.0.0/33',
    '10.0.0.0/0',
    '::/0',
    '10.0.0.1,',
    '10.1',
    'localhost',
    'none,loopback',
    '300.1.1.1',
  ])('"%s" is no list of proxies', (given) => {
    const sentence = `--trusted-proxies is "${given}", expected addresses and networks with commas between them, such as 192.0.2.7,2001:db8::/32, the names loopback, linklocal, uniquelocal, or none.`
    expect(() => readConfig({ ...NEEDED, trustedProxies: given }, {})).toThrow(new ConfigError([sentence]))
  })

  test('a window longer than a timer is refused', () => {
    expect(() => readConfig({ ...NEEDED, guessWindow: '4w' }, {})).toThrow(
      '--guess-window is "4w", expected a length of time of 1d at most.',
    )
  })

  test.each([
    ['none', '127.0.0.1', '198.51.100.9', '127.0.0.1'],
    ['loopback', '127.0.0.1', '198.51.100.9', '198.51.100.9'],
    ['loopback', '127.0.0.1', '203.0.113.1, 198.51.100.9', '198.51.100.9'],
    ['loopback, 198.51.100.0/24', '127.0.0.1', '203.0.113.1, 198.51.100.9', '203.0.113.1'],
    ['loopback,2001:db8::/32', '::1', '203.0.113.1, 2001:db8::7', '203.0.113.1'],
    ['192.0.2.7', '127.0.0.1', '198.51.100.9', '127.0.0.1'],
  ])('trusting %s, what %s says of %s comes from %s', async (proxies, peer, forwardedFor, client) => {
    const { trustedProxies } = readConfig({ ...NEEDED, trustedProxies: proxies }, {})
    const app = fastify({ trustProxy: [...trustedProxies] })
    app.get('/', async ({ ip }) => ip)
    const headers = { 'x-forwarded-for': forwardedFor }
    expect((await app.inject({ url: '/', remoteAddress: peer, headers })).body).toBe(client)
  })
})
