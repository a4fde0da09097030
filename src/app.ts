import { randomBytes, randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { AdministratorAuth } from './auth/administrator.ts'
import { MemberAuth } from './auth/member.ts'
import { ModeratorAuth } from './auth/moderator.ts'
import type { Config } from './config.ts'
import { checkArrangement, type Fault, type Finding, watchArrangement } from './gate/arrangement.ts'
import { createGuessLimiter } from './gate/guessing.ts'
import { createProxy } from './gate/proxy/proxy.ts'
import { startSettler } from './gate/settler.ts'
import { SignUps } from './gate/sign-up.ts'
import { type GateTimings, TIMINGS } from './gate/timings.ts'
import { createMetrics } from './http/metrics.ts'
import { startMetricsServer } from './http/metrics-server.ts'
import { startServer } from './http/server.ts'
import { InviteService } from './invites/service.ts'
import type { InviteStore } from './invites/store.ts'
import type { Duration, Host } from './invites/types.ts'
import { PdsClient } from './pds/client.ts'
import { startFeed } from './pds/feed.ts'
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
  ENOTFOUND: 'is no address of this machine',
}

/**
 * Constructs and wires everything, and listens. Disposing of the result undoes it in the opposite order.
 *
 * @param timings for tests; the usual ones where left out
 * @throws {StartError} when the PDS or the database can't be used as they are set
 */
export async function openApp(config: Config, log: Logger, timings: Partial<GateTimings> = {}): Promise<App> {
  await using opened = new AsyncDisposableStack()
  const pds = new PdsClient({
    url: config.pdsUrl,
    adminPassword: config.pdsAdminPassword,
    rateLimitBypassKey: config.pdsRateLimitBypassKey,
  })
  const store = opened.use(await openStore(config))
  const { host, fault } = await openHost(store, pds, config, log)
  const arrangement = opened.use(watchArrangement({ pds, did: host.did, fault, log }))
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
  const feed = opened.use(startFeed({ store, host, pds, pdsUrl: config.pdsUrl, now, log }))
  const metrics = createMetrics()
  const { observer } = metrics
  const gate = {
    store,
    host,
    pds,
    now,
    holder: `${hostname()}:${process.pid}:${randomUUID()}`,
    timings: { ...TIMINGS, ...timings },
    log,
    observer,
  }
  opened.use(startSettler({ ...gate, isSound: () => arrangement.fault === null }))
  const signUps = opened.use(
    new SignUps({
      ...gate,
      randomId: randomUUID,
      guesses: createGuessLimiter(config.guessing),
      fault: () => arrangement.fault?.sentence,
    }),
  )
  const server = opened.use(
    await listen(config, 'PORT', () =>
      startServer({
        methods: xrpcMethods({ invites, members, moderators, administrators }),
        doors: { signUps, pds, timings: gate.timings },
        proxy: createProxy({
          upstream: config.pdsUrl,
          onFailure: (error) => log.error({ err: error }, 'the PDS did not take a forwarded request'),
        }),
        health: { database: () => store.check(), pds: () => pds.isUp() },
        log,
        port: config.port,
        bind: config.bind,
        trustedProxies: config.trustedProxies,
        shutdownTimeout: config.shutdownTimeout,
      }),
    ),
  )
  if (config.metrics !== undefined) {
    const { metrics: address } = config
    metrics.readFrom({
      openSignUps: () => store.countOpen(host.hostname),
      isPaused: async () => (await store.pause(host.hostname)) !== undefined,
      fault: () => arrangement.fault,
      firehose: () => ({
        connected: feed.connected,
        lag: feed.lagMs,
        resyncWaiting: feed.missing !== undefined,
      }),
    })
    const served = opened.use(
      await listen(address, 'METRICS_PORT', () => startMetricsServer({ ...address, metrics, log })),
    )
    log.info({ port: served.port, bind: address.bind }, 'metrics are served')
  }
  const closing = opened.move()
  return { port: server.port, host, [Symbol.asyncDispose]: () => closing.disposeAsync() }
}

/** Opens the database of the settings. @throws {StartError} when it is of a newer Latchkey, or not one of ours */
export async function openStore({ databasePath }: Config): Promise<InviteStore> {
  try {
    return await openSqliteStore({ path: databasePath })
  } catch (error) {
    if (!(error instanceof UnfitDatabaseError)) throw error
    throw new StartError(error.message, { cause: error })
  }
}

/** Starts listening, or says in a sentence why that address can't be had. */
async function listen<T>(
  { port, bind }: { port: number; bind: string },
  setting: 'PORT' | 'METRICS_PORT',
  start: () => Promise<T>,
): Promise<T> {
  try {
    return await start()
  } catch (error) {
    const reason = error instanceof Error && 'code' in error && ADDRESS_ERRORS[String(error.code)]
    if (!reason) throw error
    const flag = `--${setting.toLowerCase().replace('_', '-')}`
    throw new StartError(
      `Port ${port} of ${bind} ${reason}: choose another with LATCHKEY_${setting} or ${flag}, or mend the address to bind.`,
      { cause: error },
    )
  }
}

/**
 * Makes the host known to the database. At its first start nothing may be wrong with the PDS; later only another PDS
 * stops the start, since reading and forwarding do not need the rest.
 */
async function openHost(
  store: InviteStore,
  pds: PdsClient,
  { publicUrl, fresh }: Config,
  log: Logger,
): Promise<{ host: Host; fault: Fault | null }> {
  const known = await store.host(publicUrl.hostname)
  const finding = known === undefined ? await waitForPds(pds, log) : await checkArrangement(pds, known.did)
  const { fault } = finding
  if (fault !== null) {
    if (known === undefined || fault.kind === 'another PDS') throw new StartError(fault.sentence)
    return { host: known, fault }
  }
  const { did, hasInviteCodes } = finding
  const host = await store.openHost({ hostname: publicUrl.hostname, did })
  if (host.earningSince !== null) return { host, fault }
  if (hasInviteCodes && !fresh) {
    log.warn(
      'the PDS has invite codes that Latchkey does not know, so members earn none yet; set LATCHKEY_FRESH=true to leave them out',
    )
    return { host, fault }
  }
  await store.openEarning(host.hostname, Date.now())
  return { host: await store.openHost({ hostname: host.hostname, did }), fault }
}

/** Looks at the PDS, for a while also when it does not answer yet: both may be starting. */
async function waitForPds(pds: PdsClient, log: Logger): Promise<Finding> {
  const deadline = Date.now() + PDS_PATIENCE
  for (let attempt = 0; ; attempt++) {
    const finding = await checkArrangement(pds)
    if (finding.fault?.kind !== 'unreachable' || Date.now() > deadline) return finding
    if (attempt === 0) log.warn(`waiting for the PDS at ${pds.origin}`)
    await sleep(PDS_RETRY)
  }
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
