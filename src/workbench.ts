import { existsSync } from 'node:fs'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { type Patient, THIS_MACHINE } from './doctor/patient.ts'
import { checkArrangement } from './gate/arrangement.ts'
import {
  type Redeemer,
  redeemedUpstream,
  type RedemptionRefusal,
  refuseRedemption,
} from './invites/predicates.ts'
import type { UseByPerson } from './invites/search.ts'
import type { CodeStanding, InviteStore, Pause } from './invites/store.ts'
import type { Host } from './invites/types.ts'
import { PdsClient } from './pds/client.ts'
import { openSqliteStore } from './store/sqlite.ts'
import { CopyMismatchError } from './store/sqlite/file/backup.ts'
import { MIGRATIONS } from './store/sqlite/migrations.ts'
import { isNewest, UnfitDatabaseError } from './store/sqlite/file/open.ts'
import { type Restored, restoreDatabase } from './store/sqlite/file/restore.ts'
import { type Contents, CopyRefusedError, copySnapshot, openOurs } from './store/sqlite/file/snapshot.ts'
import { METHOD_NSIDS } from './xrpc/methods.ts'

/** The arrangement of PDS, database and settings does not work; the message says in a sentence what to mend. */
export class StartError extends Error {
  override readonly name = 'StartError'
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

/** The PDS of the settings, at its inner address. */
export function pdsOf({ pdsUrl, pdsAdminPassword, pdsRateLimitBypassKey }: Config): PdsClient {
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
  /** Who came in with it: the newest {@link USES_REPORTED}. */
  readonly uses: readonly UseByPerson[]
}

/** So many who came in with a code are told of. */
const USES_REPORTED = 100

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
    uses: await store.usesOfCode(code, USES_REPORTED),
    refusal: refuseRedemption(found.code, found.ownerStatus, redeemer, Date.now()),
    redeemedUpstream: redeemedUpstream(found.code, host),
    pause,
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
