import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../src/dev/free-port.ts'
import { READY_PATH } from '../../src/http/health.ts'
import { HOSTNAME, INTERVAL } from '../data/sets.ts'
import type { Secrets } from './pds.ts'
import type { Processes, Server } from './processes.ts'

/** As it is published: built. */
const PROGRAM = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface LatchkeyOptions {
  /** What the file of its log is called. */
  readonly name: string
  readonly databasePath: string
  readonly pdsUrl: string
  readonly secrets: Secrets
  /** `secret`: session tokens are verified by Latchkey; `probe`: the PDS is asked. */
  readonly verifies: 'secret' | 'probe'
  /** Settings beside those that have to be, by variable. */
  readonly settings?: Readonly<Record<string, string>>
  /** Arguments of Node itself. */
  readonly nodeArgs?: readonly string[]
}

const DAY = 86_400_000

/** The firehose counts as caught up when it was silent for a second. */
const CATCHING_UP = 20_000

/**
 * Starts `latchkey serve` as a user does: the built program, settings from the environment, all else as it is by itself, and
 * so a log line for each request. Its log goes to a file.
 *
 * @returns once it has caught up with its PDS
 */
export async function startLatchkey(processes: Processes, options: LatchkeyOptions): Promise<Server> {
  if (!existsSync(PROGRAM)) throw new Error('Latchkey is not built: start the benchmark by `npm run bench`')
  const { name, databasePath, pdsUrl, secrets, verifies, settings, nodeArgs = [] } = options
  const port = await freePort()
  const server = await processes.start({
    name,
    args: [...nodeArgs, PROGRAM, 'serve'],
    env: {
      LATCHKEY_PUBLIC_URL: `https://${HOSTNAME}`,
      LATCHKEY_PDS_URL: pdsUrl,
      LATCHKEY_PDS_ADMIN_PASSWORD: secrets.adminPassword,
      ...(verifies === 'secret' && { LATCHKEY_PDS_JWT_SECRET: secrets.jwtSecret }),
      LATCHKEY_DATABASE: `sqlite:${databasePath}`,
      LATCHKEY_PORT: String(port),
      LATCHKEY_INVITE_INTERVAL: `${INTERVAL / DAY}d`,
      ...settings,
    },
    port,
    ready: READY_PATH,
  })
  await caughtUp(server)
  return server
}

async function caughtUp({ url }: Server): Promise<void> {
  for (const deadline = Date.now() + CATCHING_UP; Date.now() < deadline; await sleep(50)) {
    const answer = await fetch(url + READY_PATH)
    const { firehose } = (await answer.json()) as { firehose?: string }
    if (firehose === 'ok') return
  }
  throw new Error('Latchkey does not catch up with its PDS')
}
