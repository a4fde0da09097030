import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../src/dev/free-port.ts'
import { HOSTNAME, INTERVAL } from '../data/sets.ts'
import type { TokenIssuer } from '../data/tokens.ts'
import type { Cores } from '../machine.ts'
import type { PdsProcessOptions } from './pds-process.ts'
import type { Processes, Server } from './processes.ts'

const PROGRAM = fileURLToPath(new URL('pds-process.ts', import.meta.url))

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

export interface PdsOptions {
  /** What the file of its output is called. */
  readonly name: string
  readonly dataDir: string
  readonly secrets: Secrets
  /** Which core it is on; that of the servers where unset. */
  readonly side?: keyof Cores
}

/** Starts the official PDS over a folder that has its databases, or none yet. */
export async function startPds(
  processes: Processes,
  { name, dataDir, secrets, side }: PdsOptions,
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
    inviteInterval: INTERVAL,
  }
  const args = [PROGRAM, JSON.stringify(options)]
  const place = side === undefined ? {} : { side }
  return await processes.start({ name, args, env: {}, port, ready: '/xrpc/_health', ...place })
}
