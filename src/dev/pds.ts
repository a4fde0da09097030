import type * as AtprotoPds from '@atproto/pds'
import type { PDS, ServerEnvironment } from '@atproto/pds'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { importDevelopmentPackage } from './development-package.ts'
import { portOf } from './free-port.ts'
import { bindToLoopback } from './loopback.ts'
import type { DevSecrets } from './secrets.ts'

/** How a development PDS runs. */
export interface PdsOptions extends DevSecrets {
  /** 0 for any free one. */
  readonly port: number
  /** What accounts and OAuth clients see, `http://localhost:<port of the front door>`. */
  readonly publicUrl: string
  readonly plcUrl: string
  /** The PDS lives in its `pds` folder; created when missing. */
  readonly dataDir: string
  /** Default: required. */
  readonly inviteRequired?: boolean
  /** Milliseconds for the PDS's own earning; members earn nothing from it where unset. */
  readonly inviteInterval?: number
  /** Milliseconds since the Unix epoch, for the PDS's own earning. */
  readonly inviteEpoch?: number
  /** Default: `.test`. Each begins with a dot. */
  readonly handleDomains?: readonly string[]
  /** Default: `did:web:localhost`; two servers of one PLC directory need different ones. */
  readonly serviceDid?: string
  /** Leaves accounts and invites to an entryway that does not exist, for tests of how that is noticed. */
  readonly behindEntryway?: boolean
  /** Another release line of the same package; the one that is installed as `@atproto/pds` where unset. */
  readonly load?: () => Promise<PdsPackage>
}

/** What starting a PDS takes from its package. */
export type PdsPackage = Pick<typeof AtprotoPds, 'PDS' | 'envToCfg' | 'envToSecrets'>

/** A running PDS. Disposal stops it; what it answered is on disk by then. */
export interface RunningPds extends AsyncDisposable {
  /** Its own door, `http://localhost:<port>`; 127.0.0.1 answers too. */
  readonly url: string
  /** Its service DID. */
  readonly did: string
  /** The embedded server, for tests that change `ctx.cfg`. */
  readonly pds: PDS
}

/**
 * Starts the real, unmodified PDS on loopback, without mail, crawlers, app view, rate limits or log.
 *
 * @throws MissingPackageError in a production install; also when the port is taken
 */
export async function startPds(options: PdsOptions): Promise<RunningPds> {
  const { PDS, envToCfg, envToSecrets } = await importDevelopmentPackage(
    '@atproto/pds',
    options.load ?? (() => import('@atproto/pds')),
  )
  const directory = join(options.dataDir, 'pds')
  await mkdir(join(directory, 'blobs'), { recursive: true })
  const env = environment(options, directory)
  const cfg = envToCfg(env)
  // Clients follow the DID document, so it must name the front door and not the port that the PDS listens on.
  cfg.service.publicUrl = options.publicUrl
  cfg.oauth.issuer = options.publicUrl
  const pds = await PDS.create(cfg, envToSecrets(env))
  bindToLoopback(pds.app)
  try {
    const server = await pds.start()
    return {
      url: `http://localhost:${portOf(server)}`,
      did: cfg.service.did,
      pds,
      [Symbol.asyncDispose]: () => pds.destroy(),
    }
  } catch (error) {
    await pds.destroy()
    throw error
  }
}

/** The key is the curve's own generator, with which nobody signs anything. */
const ENTRYWAY = {
  entrywayUrl: 'http://localhost:9',
  entrywayDid: 'did:web:entryway.test',
  entrywayJwtVerifyKeyK256PublicKeyHex: '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
  entrywayPlcRotationKey: 'did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme',
}

function environment(options: PdsOptions, directory: string): ServerEnvironment {
  return {
    port: options.port,
    // A public URL with plain http is accepted in dev mode with this host name only.
    hostname: 'localhost',
    serviceDid: options.serviceDid,
    devMode: true,
    disableSsrfProtection: true,
    dataDirectory: directory,
    blobstoreDiskLocation: join(directory, 'blobs'),
    blobstoreDiskTmpLocation: join(directory, 'blobs-temp'),
    didPlcUrl: options.plcUrl,
    serviceHandleDomains: [...(options.handleDomains ?? ['.test'])],
    inviteRequired: options.inviteRequired ?? true,
    inviteInterval: options.inviteInterval,
    inviteEpoch: options.inviteEpoch,
    adminPassword: options.adminPassword,
    jwtSecret: options.jwtSecret,
    plcRotationKeyK256PrivateKeyHex: options.plcRotationKeyHex,
    crawlers: [],
    rateLimitsEnabled: false,
    ...(options.behindEntryway === true && ENTRYWAY),
  }
}
