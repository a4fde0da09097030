import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Logger } from 'pino'
import { AdministratorAuth } from './auth/administrator.ts'
import { MemberAuth } from './auth/member.ts'
import { ModeratorAuth } from './auth/moderator.ts'
import type { Config } from './config.ts'
import { type Patient, THIS_MACHINE } from './doctor/patient.ts'
import { startFirstWrites } from './start/first-writes.ts'
import { ATTEMPTS, createAddressLimiter } from './gate/doors/address-limiter.ts'
import { checkArrangement } from './gate/arrangement.ts'
import { createProxy } from './gate/proxy/proxy.ts'
import { startSettler } from './gate/settling/settler.ts'
import { SignUps } from './gate/doors/sign-up.ts'
import { type GateTimings, TIMINGS } from './gate/timings.ts'
import { type Arrangement, watchArrangement } from './gate/watch.ts'
import { firehoseHealth } from './http/health.ts'
import { createMetrics } from './http/metrics.ts'
import { startMetricsServer } from './http/metrics-server.ts'
import { startServer } from './http/server.ts'
import {
  type Redeemer,
  redeemedUpstream,
  type RedemptionRefusal,
  refuseRedemption,
} from './invites/predicates.ts'
import { InviteService } from './invites/service.ts'
import type { CodeStanding, InviteStore, Pause } from './invites/store.ts'
import type { Host } from './invites/types.ts'
import { openHost } from './start/open-host.ts'
import { PdsClient } from './pds/client.ts'
import { startFeed } from './pds/feed.ts'
import { watchInterval } from './pds/interval.ts'
import { openSqliteStore } from './store/sqlite.ts'
import { CopyMismatchError } from './store/sqlite/file/backup.ts'
import { MIGRATIONS } from './store/sqlite/migrations.ts'
import { isNewest, UnfitDatabaseError } from './store/sqlite/file/open.ts'
import { type Restored, restoreDatabase } from './store/sqlite/file/restore.ts'
import { type Contents, CopyRefusedError, copySnapshot, openOurs } from './store/sqlite/file/snapshot.ts'
import { startAdoption } from './transfer/import/adoption.ts'
import { METHOD_NSIDS, xrpcMethods } from './xrpc/methods.ts'

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
  const { pdsJwtSecret } = config
  const members = new MemberAuth(
    pds,
    pdsJwtSecret === undefined ? undefined : { jwtSecret: pdsJwtSecret, audience: host.did },
  )
  const invites = new InviteService({
    store,
    host,
    findMembers: (dids) => pds.findMembers(dids),
    now,
    random: randomBytes,
    limits: config.limits,
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
      randomId: randomUUID,
      guesses: createAddressLimiter({ times: config.guessing.failures, window: config.guessing.window }),
      attempts: createAddressLimiter(ATTEMPTS),
      doors: () => arrangement.doors,
    }),
  )
  const server = opened.use(
    await listen(config, 'PORT', () =>
      startServer({
        methods: xrpcMethods({ invites, members, moderators, administrators }),
        doors: { signUps, pds: behindTheDoors(pds, config), timings: gate.timings },
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

/** What commands work with that look at the PDS and the database and do not serve. */
export interface Workbench extends AsyncDisposable {
  readonly store: InviteStore
  readonly pds: PdsClient
  readonly host: Host
}

/**
 * Opens the database and makes its host known, as a start does. A Latchkey may be serving from it meanwhile.
 *
 * @param options.asItIs as for {@link openStore}
 * @param options.alsoEjected whether the codes may have been given back
 * @throws {StartError} when the PDS is not in order, or is not the one of the database, or the codes were given back
 */
export async function openWorkbench(
  config: Config,
  { asItIs = false, alsoEjected = false }: { readonly asItIs?: boolean; readonly alsoEjected?: boolean } = {},
): Promise<Workbench> {
  await using opened = new AsyncDisposableStack()
  const pds = pdsOf(config)
  const store = opened.use(await openStore(config, { asItIs }))
  const name = config.publicUrl.hostname
  const known = await store.host(name)
  if (!alsoEjected) refuseEjected(known)
  const finding = await checkArrangement(pds, known?.did)
  if (finding.fault !== null) throw new StartError(finding.fault.sentence)
  const host = known ?? (await store.openHost({ hostname: name, did: finding.did }))
  const closing = opened.move()
  return { store, pds, host, [Symbol.asyncDispose]: () => closing.disposeAsync() }
}

/** @throws {StartError} when the codes are the PDS's again: each could be redeemed on both sides */
export function refuseEjected(host: Host | undefined): void {
  const { ejectedAt = null } = host ?? {}
  if (host === undefined || ejectedAt === null) return
  throw new StartError(
    `The invite codes of ${host.hostname} were given back to the PDS on ${new Date(ejectedAt).toISOString()}: ` +
      'to begin anew with Latchkey, use an empty database; if the script was never applied and no code was made, say latchkey eject --withdraw.',
  )
}

/** What `latchkey doctor` looks at. Nothing is changed by it, and any part may be out of order. */
export function patientOf(config: Config): Patient {
  const { databasePath } = config
  return {
    config,
    pds: pdsOf(config),
    openDatabase: () =>
      withStartErrors(async () => {
        if (!existsSync(databasePath)) throw new StartError(`there is no database ${databasePath}`)
        return openStore(config, { asItIs: true })
      }),
    nsids: METHOD_NSIDS,
    machine: THIS_MACHINE,
  }
}

/** Where sign-ups are sent on to. Minting, the fence and everything else stay with the PDS itself. */
function behindTheDoors(pds: PdsClient, config: Config): PdsClient {
  const { doorsUrl } = config
  return doorsUrl === undefined ? pds : pdsOf({ ...config, pdsUrl: doorsUrl })
}

function pdsOf({ pdsUrl, pdsAdminPassword, pdsRateLimitBypassKey }: Config): PdsClient {
  return new PdsClient({
    url: pdsUrl,
    adminPassword: pdsAdminPassword,
    rateLimitBypassKey: pdsRateLimitBypassKey,
  })
}

interface StoreOptions {
  readonly log?: Logger
  readonly signal?: AbortSignal
  readonly asItIs?: boolean
}

/**
 * Opens the database of the settings.
 *
 * @param options.log told when the database can only be read
 * @param options.signal ends the waiting for a lock
 * @param options.asItIs refuses a database of an older version, which would be changed
 * @throws {StartError} when it is of a newer Latchkey, or not one of ours; the reason of the signal
 */
export async function openStore(
  { databasePath }: Config,
  { log, signal, asItIs = false }: StoreOptions = {},
): Promise<InviteStore> {
  const watcher = {
    unwritable: (error: Error) =>
      log?.error(
        { err: error },
        'the database can only be read: sign-ups are closed until it can be written',
      ),
    writable: () => log?.info('the database can be written again'),
  }
  try {
    if (asItIs && existsSync(databasePath)) refuseOlder(databasePath)
    return await openSqliteStore({ path: databasePath, signal, watcher })
  } catch (error) {
    if (!(error instanceof UnfitDatabaseError)) throw error
    throw new StartError(error.message, { cause: error })
  }
}

function refuseOlder(databasePath: string): void {
  using db = openOurs(databasePath)
  if (isNewest(db, MIGRATIONS)) return
  throw new StartError(
    `The database ${databasePath} is of an older version: start Latchkey with it once first, which changes it.`,
  )
}

/** What an administrator learns of a code. */
export interface CodeReport extends CodeStanding {
  /** Why it can't be redeemed now; null when it can. */
  readonly refusal: RedemptionRefusal | null
  /** Whether the PDS redeems it rather than Latchkey, which takes its codes over: `closing` while it does. */
  readonly redeemedUpstream: 'upstream' | 'closing' | null
  /** How sign-ups are paused; undefined when they are not. */
  readonly pause: Pause | undefined
}

/** What is said of a code that is not known here: the PDS may redeem it until its codes are taken over. */
export interface UnknownCode {
  readonly code: undefined
  readonly mayBeUpstream: boolean
}

/** Looks at a code by the rule of the doors. */
export async function reportCode(
  store: InviteStore,
  { hostname: name }: Pick<Host, 'hostname'>,
  code: string,
  redeemer: Redeemer,
): Promise<CodeReport | UnknownCode> {
  const [host, found, pause] = await Promise.all([
    store.host(name),
    store.codeStanding(code, name),
    store.pause(name),
  ])
  if (host === undefined || found === undefined)
    return {
      code: undefined,
      mayBeUpstream: host !== undefined && redeemedUpstream(undefined, host) === 'upstream',
    }
  return {
    ...found,
    refusal: refuseRedemption(found.code, found.ownerStatus, redeemer, Date.now()),
    redeemedUpstream: redeemedUpstream(found.code, host),
    pause,
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
 * Copies the database of the settings, which may be in use, to a file that must not be there yet; see `copySnapshot`.
 *
 * @throws {StartError} when it can't be copied; nothing is left then
 */
export function backUp(
  { databasePath }: Config,
  copy: string,
  progress: (done: number) => void,
): Promise<Contents> {
  return withStartErrors(() => copySnapshot({ original: databasePath, copy, progress }))
}

/**
 * Puts a backup in the place of the database of the settings, which nobody may have open; see `restoreDatabase`.
 *
 * @throws {StartError} when that can't be done; nothing was changed then
 */
export function restore({ databasePath }: Config, backup: string): Promise<Restored> {
  return withStartErrors(() => restoreDatabase({ path: databasePath, backup, now: Date.now }))
}

async function withStartErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const expected = [UnfitDatabaseError, CopyMismatchError, CopyRefusedError]
    if (!(error instanceof Error && expected.some((kind) => error instanceof kind))) throw error
    throw new StartError(error.message, { cause: error })
  }
}
