import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../src/dev/free-port.ts'
import { HOSTNAME } from '../data/sets.ts'
import type { TokenIssuer } from '../data/tokens.ts'
import type { PdsProcessOptions } from './pds-process.ts'
import type { Processes, Server } from './processes.ts'

const PROGRAM = fileURLToPath(new URL('pds-process.ts', import.meta.url))

const DAY = 86_400_000

/** Ten years: every call works out what was earned, on both sides, and it is nothing. */
export const INTERVAL_DAYS = 3650

/** What a PDS is given, new in every run of the benchmark. */
export interface Secrets extends TokenIssuer {
  readonly adminPassword: string
  readonly plcRotationKeyHex: string
}

export function newSecrets(): Secrets {
  return {
    adminPassword: randomBytes(16).toString('hex'),
    jwtSecret: randomBytes(32).toString('hex'),
    plcRotationKeyHex: randomBytes(32).toString('hex'),
    audience: `did:web:${HOSTNAME}`,
  }
}

/** The value of the `Authorization` header that an administrator of either server sends. */
export function adminAuthorization({ adminPassword }: Secrets): string {
  return `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`
}

/** Starts the official PDS over a folder that has its databases, or none yet. */
export async function startPds(
  processes: Processes,
  { name, dataDir, secrets }: { name: string; dataDir: string; secrets: Secrets },
): Promise<Server> {
  const port = await freePort()
  const { adminPassword, jwtSecret, plcRotationKeyHex } = secrets
  const options: PdsProcessOptions = {
    port,
    dataDir,
    hostname: HOSTNAME,
    adminPassword,
    jwtSecret,
    plcRotationKeyHex,
    inviteInterval: INTERVAL_DAYS * DAY,
  }
  const args = [PROGRAM, JSON.stringify(options)]
  return await processes.start({ name, args, env: {}, port, ready: '/xrpc/_health' })
}
