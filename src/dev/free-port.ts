import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Finds a port of 127.0.0.1 that nothing listens on, for servers that must know each other's address before they
 * start. Nothing holds the port, so another process may take it first; that server's start then fails with EADDRINUSE.
 */
export async function freePort(): Promise<number> {
  await using server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return portOf(server)
}

/** @returns the port that a listening TCP server really has, also when it was asked for port 0 */
export function portOf(server: { address(): string | { port: number } | null }): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no TCP port')
  return address.port
}
