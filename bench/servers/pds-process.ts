/**
 * The official PDS as a process of its own and at its fastest: no rate limits, no log, no development checks of its own
 * answers: `node pds-process.ts OPTIONS_AS_JSON`. Ends by a signal.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { PDS, envToCfg, envToSecrets, type ServerEnvironment } from '@atproto/pds'
import { aborted, untilAskedToEnd } from '../../src/cli/signals.ts'
import { bindToLoopback } from '../../src/dev/loopback.ts'

/** What it is told. */
export interface PdsProcessOptions {
  readonly port: number
  readonly dataDir: string
  readonly hostname: string
  readonly adminPassword: string
  readonly jwtSecret: string
  readonly plcRotationKeyHex: string
  /** Milliseconds in which a member earns a code. */
  readonly inviteInterval: number
}

const [given] = process.argv.slice(2)
if (given === undefined) throw new Error('the options are missing')
const options = JSON.parse(given) as PdsProcessOptions
const blobs = join(options.dataDir, 'blobs')
mkdirSync(blobs, { recursive: true })
const env: ServerEnvironment = {
  port: options.port,
  hostname: options.hostname,
  dataDirectory: options.dataDir,
  blobstoreDiskLocation: blobs,
  blobstoreDiskTmpLocation: join(options.dataDir, 'blobs-temp'),
  // Nobody's identity is looked up or changed here.
  didPlcUrl: 'http://localhost:9',
  inviteRequired: true,
  inviteInterval: options.inviteInterval,
  inviteEpoch: 0,
  adminPassword: options.adminPassword,
  jwtSecret: options.jwtSecret,
  plcRotationKeyK256PrivateKeyHex: options.plcRotationKeyHex,
  crawlers: [],
  rateLimitsEnabled: false,
}
const end = untilAskedToEnd()
const pds = await PDS.create(envToCfg(env), envToSecrets(env))
bindToLoopback(pds.app)
await pds.start()
await aborted(end)
await pds.destroy()
