import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below the ports that systems give to outgoing connections, so that none of those takes the port meanwhile. Each process
 * has a block of its own, as far as blocks go, so that two that look at the same time do not find the same port.
 */
const RANGE = { from: 12_000, to: 32_000 }
const BLOCK = 200
const BLOCKS = (RANGE.to - RANGE.from) / BLOCK

/** Nothing listens on them yet, perhaps. */
const found = new Set<number>()

/**
 * Finds a port of 127.0.0.1 that nothing listens on, for servers that must know each other's address before they
 * start; never the same twice in a process. Nothing holds the port, so another process may take it first; that server's
 * start then fails with EADDRINUSE.
 */
export async function freePort(): Promise<number> {
  const start = RANGE.from + (process.pid % BLOCKS) * BLOCK
  for (let step = 0; step < RANGE.to - RANGE.from; step++) {
    const port = RANGE.from + ((start - RANGE.from + step) % (RANGE.to - RANGE.from))
    if (found.has(port)) continue
    found.add(port)
    if (await isFree(port)) return port
  }
  throw new Error(`No port of 127.0.0.1 from ${RANGE.from} to ${RANGE.to} is free`)
}

async function isFree(port: number): Promise<boolean> {
  await using server = createServer()
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening')
    return true
  } catch {
    return false
  }
}

/** @returns the port that a listening TCP server really has, also when it was asked for port 0 */
export function portOf(server: { address(): string | { port: number } | null }): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no TCP port')
  return address.port
}
