import { createServer } from 'node:http'
import { createProxy } from '../../src/gate/proxy/proxy.ts'

/** What the proxy's process tells of its resident memory, in bytes. */
export interface Memory {
  readonly now: number
  /** The most it ever was. */
  readonly peak: number
}

const [, , upstream = ''] = process.argv
const proxy = createProxy({ upstream: new URL(upstream) })
const server = createServer(proxy.web).on('upgrade', proxy.upgrade)

process.on('message', () => {
  const memory: Memory = { now: process.memoryUsage.rss(), peak: process.resourceUsage().maxRSS * 1024 }
  process.send?.(memory)
})
process.once('disconnect', () => process.exit())
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address !== 'string') process.send?.(address.port)
})
