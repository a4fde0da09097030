import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'

/** The longest that an idle connection to the PDS is kept, in milliseconds; less where the PDS announces less. */
const IDLE_CONNECTION_MS = 60_000

/** Keeps connections to a PDS. It heeds the `Keep-Alive` answer header, to close before the PDS does, only when it has a limit itself. */
export function keepAliveAgent(upstream: URL): HttpAgent {
  const options = { keepAlive: true, timeout: IDLE_CONNECTION_MS }
  return upstream.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options)
}
