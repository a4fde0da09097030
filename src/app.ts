import { randomBytes, randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { AdministratorAuth } from './auth/administrator.ts'
import { MemberAuth } from './auth/member.ts'
import { ModeratorAuth } from './auth/moderator.ts'
import type { Config } from './config.ts'
import { CreateAccountDoor } from './gate/create-account.ts'
import { createProxy } from './gate/proxy.ts'
import { type RunningServer, type ServerOptions, startServer } from './http/server.ts'
import { InviteService } from './invites/service.ts'
import type { InviteStore } from './invites/store.ts'
import type { Duration, Host } from './invites/types.ts'
import { PdsRefusedError, PdsUnreachableError } from './pds/answer.ts'
import { PdsClient, type PdsDescription } from './pds/client.ts'
import { openSqliteStore } from './store/sqlite.ts'
import { UnfitDatabaseError } from './store/sqlite/open.ts'
import { xrpcMethods } from './xrpc/methods.ts'

/** A running Latchkey. */
export interface App extends AsyncDisposable {
  /** The port it listens on. */
  readonly port: number
  readonly host: Host
}

/** The arrangement of PDS, database and settings does not work; the message says in a sentence what to mend. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** How long to wait for a PDS that starts beside Latchkey. */
const PDS_PATIENCE: Duration = 30_000
const PDS_RETRY: Duration = 500

/** Why an address can't be listened on, by the system's error code. */
const ADDRESS_ERRORS: Record<string, string> = {
  EADDRINUSE: 'is taken by another program',
  EADDRNOTAVAIL: 'is no address of this machine',
  EACCES: 'may not be used without more rights',
}

/**
 * Constructs and wires everything, and listens. Disposing of the result undoes it in the opposite order.
 *
 * @throws {StartError} when the PDS or the database can't be used as they are set
 */
export async function openApp(config: Config, log: Logger): Promise<App> {
  await using opened = new AsyncDisposableStack()
  const pds = new PdsClient({
    url: config.pdsUrl,
    adminPassword: config.pdsAdminPassword,
    rateLimitBypassKey: config.pdsRateLimitBypassKey,
  })
  const description = await waitForPds(pds, config, log)
  const store = opened.use(await openStore(config))
  const host = await openHost(store, pds, description, config, log)
  await applyPolicy(store, host, config)

  const administrators = new AdministratorAuth([config.pdsAdminPassword, config.adminPassword])
  const moderators = new ModeratorAuth(pds, administrators)
  const { pdsJwtSecret } = config
  const members = new MemberAuth(
    pds,
    pdsJwtSecret === undefined ? undefined : { jwtSecret: pdsJwtSecret, audience: host.did },
  )
  const now = () => Date.now()
  const invites = new InviteService({
    store,
    host,
    findMembers: (dids) => pds.findMembers(dids),
    now,
    random: randomBytes,
    limits: config.limits,
  })
  const holder = `${hostname()}:${process.pid}:${randomUUID()}`
  const door = new CreateAccountDoor({ store, host, pds, now, randomId: randomUUID, holder, log })
  const server = opened.use(
    await listen({
      methods: xrpcMethods({ invites, members, moderators, administrators }),
      door,
      proxy: createProxy({
        upstream: config.pdsUrl,
        onFailure: (error) => log.error({ err: error }, 'the PDS did not take a forwarded request'),
      }),
      health: { database: () => store.check(), pds: () => pds.isUp() },
      log,
      port: config.port,
      bind: config.bind,
      shutdownTimeout: config.shutdownTimeout,
    }),
  )
  const closing = opened.move()
  return { port: server.port, host, [Symbol.asyncDispose]: () => closing.disposeAsync() }
}

async function openStore({ databasePath }: Config): Promise<InviteStore> {
  try {
    return await openSqliteStore({ path: databasePath })
  } catch (error) {
    if (!(error instanceof UnfitDatabaseError)) throw error
    throw new StartError(error.message, { cause: error })
  }
}

/** Starts listening, or says in a sentence why that address can't be had. */
async function listen(options: ServerOptions): Promise<RunningServer> {
  try {
    return await startServer(options)
  } catch (error) {
    const reason = error instanceof Error && 'code' in error && ADDRESS_ERRORS[String(error.code)]
    if (!reason) throw error
    const { port, bind } = options
    throw new StartError(`Port ${port} of ${bind} ${reason}: choose another with LATCHKEY_PORT or --port.`, {
      cause: error,
    })
  }
}

/** Asks the PDS who it is, for a while also when it does not answer yet: both may be starting. */
async function waitForPds(pds: PdsClient, { pdsUrl }: Config, log: Logger): Promise<PdsDescription> {
  const deadline = Date.now() + PDS_PATIENCE
  for (let attempt = 0; ; attempt++) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- each attempt waits for the one before
      return await pds.describe()
    } catch (error) {
      if (!(error instanceof PdsUnreachableError) || Date.now() > deadline) {
        const message = `LATCHKEY_PDS_URL is ${pdsUrl.origin}, where no PDS answers: ${describe(error)}.`
        throw new StartError(message, { cause: error })
      }
      if (attempt === 0) log.warn(`waiting for the PDS at ${pdsUrl.origin}`)
      // oxlint-disable-next-line no-await-in-loop -- the pause before the next attempt
      await sleep(PDS_RETRY)
    }
  }
}

/** Makes the host known to the database, and opens earning when no code of the PDS's own would be left out. */
async function openHost(
  store: InviteStore,
  pds: PdsClient,
  { did }: PdsDescription,
  { publicUrl, pdsUrl, fresh }: Config,
  log: Logger,
): Promise<Host> {
  const hasCodes = await pds.hasInviteCodes().catch((error: unknown) => {
    if (!(error instanceof PdsRefusedError)) throw error
    throw new StartError(
      `LATCHKEY_PDS_ADMIN_PASSWORD is not accepted by the PDS at ${pdsUrl.origin} as its admin password: ${error.message}.`,
      { cause: error },
    )
  })
  const host = await store.openHost({ hostname: publicUrl.hostname, did })
  if (host.did !== did) {
    throw new StartError(
      `The database belongs to the PDS ${host.did}, and the one at ${pdsUrl.origin} is ${did}: use another database, or mend LATCHKEY_PDS_URL.`,
    )
  }
  if (host.earningSince !== null) return host
  if (hasCodes && !fresh) {
    log.warn(
      'the PDS has invite codes that Latchkey does not know, so members earn none yet; set LATCHKEY_FRESH=true to leave them out',
    )
    return host
  }
  await store.openEarning(host.hostname, Date.now())
  return store.openHost({ hostname: host.hostname, did })
}

/** Puts what the settings say of the policy into the database. */
async function applyPolicy(store: InviteStore, { hostname: name }: Host, { policy }: Config): Promise<void> {
  const { interval, epoch, cap } = policy
  const before = await store.policy(name)
  await store.setPolicy(name, {
    interval: interval === undefined ? before.interval : interval,
    epoch: epoch ?? before.epoch,
    cap: cap ?? before.cap,
  })
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
