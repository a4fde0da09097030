import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the ports that systems give to outgoing connections, so that none of those takes the port meanwhile. */
const RANGE = { from: 12_000, to: 32_000 }
const TRIES = 50

/**
 * Finds a port of 127.0.0.1 that nothing listens on, for servers that must know each other's address before they
 * start. Nothing holds the port, so another process may take it first; that server's start then fails with EADDRINUSE.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const port = randomInt(RANGE.from, RANGE.to)
    if (await isFree(port)) return port
  }
  throw new Error(`None of ${TRIES} ports tried on 127.0.0.1 is free`)
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
