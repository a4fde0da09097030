import { randomBytes, randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { AdministratorAuth } from './auth/administrator.ts'
import { Callers, rolesOf } from './auth/callers.ts'
import { MemberAuth } from './auth/member.ts'
import { Verdicts } from './auth/verdicts.ts'
import { ModeratorAuth } from './auth/moderator.ts'
import { REFUSALS_NOTED } from './auth/refused-sign-ins.ts'
import { PasswordTries } from './auth/password-tries.ts'
import { type Config, policySettings } from './config.ts'
import { startFirstWrites } from './start/first-writes.ts'
import { ATTEMPTS, createAddressLimiter } from './gate/doors/address-limiter.ts'
import { createProxy } from './gate/proxy/proxy.ts'
import { startSettler } from './gate/settling/settler.ts'
import { SignUps } from './gate/doors/sign-up.ts'
import { type GateTimings, TIMINGS } from './gate/timings.ts'
import { type Arrangement, watchArrangement } from './gate/watch.ts'
import { firehoseHealth } from './http/health.ts'
import { createMetrics } from './http/metrics.ts'
import { startMetricsServer } from './http/metrics-server.ts'
import { openPages } from './http/open-pages.ts'
import { startServer } from './http/server.ts'
import { makeId } from './invites/audit.ts'
import { GivingService } from './invites/giving-service.ts'
import { BREATH } from './invites/batches.ts'
import { Operations } from './invites/operations.ts'
import { OverviewService } from './invites/overview-service.ts'
import { InviteService } from './invites/service.ts'
import type { Host } from './invites/types.ts'
import { openHost } from './start/open-host.ts'
import type { PdsClient } from './pds/client.ts'
import { startFeed } from './pds/feed.ts'
import { watchInterval } from './pds/interval.ts'
import { startAdoption } from './transfer/import/adoption.ts'
import { openSignIn, PASSWORD_GUESSES, STARTS } from './web/sign-in/open-sign-in.ts'
import { ReadyAnswers } from './xrpc/kit/ready-answers.ts'
import { xrpcMethods } from './xrpc/methods.ts'
import { openStore, pdsOf, refuseEjected, StartError } from './workbench.ts'

/** A running Latchkey. */
export interface App extends AsyncDisposable {
  /** The port it listens on. */
  readonly port: number
  readonly host: Host
}

/** The firehose counts as followed while it is less far behind, in milliseconds. */
const FOLLOWING = 5000

const MEGABYTE = 1024 * 1024

/** Where the built pages are, seen from the source and from what is built of it. */
const WEB = new URL(import.meta.url.endsWith('.ts') ? '../dist/web/' : './web/', import.meta.url)

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
 * @param signal ends a start that waits for the PDS or for the database; a running Latchkey it does not end
 * @throws {StartError} when the PDS or the database can't be used as they are set; the reason of the signal
 */
export async function openApp(
  config: Config,
  log: Logger,
  timings: Partial<GateTimings> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<App> {
  await using opened = new AsyncDisposableStack()
  const pds = pdsOf(config)
  const store = opened.use(await openStore(config, { log, signal }))
  refuseEjected(await store.host(config.publicUrl.hostname))
  const { host, fault } = await openHost({ store, pds, log, signal }, config.publicUrl.hostname)
  if (host === undefined) throw new StartError(fault.sentence)
  const now = () => Date.now()
  const gateTimings = { ...TIMINGS, ...timings }
  const feed = opened.use(
    startFeed({
      store,
      host,
      pds,
      pdsUrl: config.pdsUrl,
      now,
      log,
      onConnection: () => arrangement.doubt(),
    }),
  )
  const arrangement: Arrangement = opened.use(
    watchArrangement({ pds, did: host.did, fault, lifeline: feed, timings: gateTimings, log }),
  )
  opened.use(
    await startFirstWrites({
      store,
      pds,
      hostname: host.hostname,
      config,
      isSound: () => arrangement.fault === null,
      log,
    }),
  )

  const administrators = new AdministratorAuth([config.pdsAdminPassword, config.adminPassword])
  const moderators = new ModeratorAuth(pds, administrators)
  const { pdsJwtSecret, cacheMegabytes } = config
  const isFollowing = () => feed.isCaughtUp && (feed.lagMs ?? Infinity) < FOLLOWING
  const room = cacheMegabytes * MEGABYTE
  const members = new MemberAuth({
    pds,
    store,
    verdicts: new Verdicts({ room: room / 4, now, isFollowing }),
    now,
    isFollowing,
    secret: pdsJwtSecret === undefined ? undefined : { jwtSecret: pdsJwtSecret, audience: host.did },
  })
  const operators = rolesOf(config)
  const passwords = {
    store,
    hostname: host.hostname,
    now,
    random: randomBytes,
    guesses: createAddressLimiter(PASSWORD_GUESSES),
    refusals: createAddressLimiter(REFUSALS_NOTED),
  }
  const signIn = openSignIn({
    ...passwords,
    pds,
    publicUrl: config.publicUrl,
    webUrl: config.webUrl,
    administrators,
    operators,
    starts: createAddressLimiter(STARTS),
    log,
  })
  const callers = new Callers({
    members,
    administrators,
    sessions: signIn.sessions,
    operators,
    tries: new PasswordTries(passwords),
    webUrl: config.webUrl,
  })
  const invites = new InviteService({
    store,
    host,
    findMembers: (dids) => pds.findMembers(dids),
    now,
    random: randomBytes,
    limits: config.limits,
  })
  const guesses = createAddressLimiter({
    times: config.guessing.failures,
    window: config.guessing.window,
  })
  const operations = new Operations({
    store,
    host,
    findMembers: (dids) => pds.findMembers(dids),
    now,
    random: randomBytes,
    limits: config.limits,
    breathe: () => sleep(BREATH),
    nextTurn,
  })
  const giving = new GivingService({ store, host, invites, guesses, now, random: randomBytes })
  const overview = new OverviewService({
    store,
    host,
    findMembers: (dids) => pds.findMembers(dids),
    fault: () => arrangement.fault?.sentence,
    fixed: policySettings(config),
    now,
    random: randomBytes,
    nextTurn,
  })
  if (config.pdsEnv !== undefined) opened.use(watchInterval({ path: config.pdsEnv, now, log }))
  const metrics = createMetrics()
  const { observer } = metrics
  const gate = {
    store,
    host,
    pds,
    now,
    holder: `${hostname()}:${process.pid}:${randomUUID()}`,
    timings: gateTimings,
    log,
    observer,
    isSound: () => arrangement.doors === 'open',
  }
  opened.use(startSettler(gate))
  opened.use(startAdoption(gate))
  const signUps = opened.use(
    new SignUps({
      ...gate,
      newId: () => makeId(randomBytes, now()),
      guesses,
      attempts: createAddressLimiter(ATTEMPTS),
      doors: () => arrangement.doors,
    }),
  )
  const doors = { signUps, pds: behindTheDoors(pds, config), timings: gate.timings }
  const pages = await openPages({
    store,
    host,
    pds,
    giving,
    doors,
    doorsNow: () => arrangement.doors,
    signIn,
    operators,
    now,
    log,
    publicUrl: config.publicUrl,
    webUrl: config.webUrl,
    random: randomBytes,
    folder: WEB,
  })
  const server = opened.use(
    await listen(config, 'PORT', () =>
      startServer({
        methods: xrpcMethods({
          invites,
          giving,
          overview,
          operations,
          members,
          moderators,
          administrators,
          callers,
          answers: new ReadyAnswers((3 * room) / 4),
        }),
        doors,
        pages,
        proxy: createProxy({
          upstream: config.pdsUrl,
          onFailure: (error) => log.error({ err: error }, 'the PDS did not take a forwarded request'),
        }),
        health: {
          database: () => store.check(),
          pds: () => pds.isUp(),
          firehose: () => firehoseHealth(feed),
          installation: host.installation,
        },
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

/** Where sign-ups are sent on to. Minting, the fence and everything else stay with the PDS itself. */
function behindTheDoors(pds: PdsClient, config: Config): PdsClient {
  const { doorsUrl } = config
  return doorsUrl === undefined ? pds : pdsOf({ ...config, pdsUrl: doorsUrl })
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
