import { dirname } from 'node:path'
import type { UpstreamCounts } from '../invites/imports.ts'
import type { InviteStore } from '../invites/store.ts'
import type { Host } from '../invites/types.ts'
import { all, failed, type Outcome, type Outcomes, PASSED, reasonOf, skipped } from './checks.ts'
import type { Patient } from './patient.ts'

/** What the database knows, for the other checks. */
export interface Memory {
  readonly host: Host
  readonly upstream: UpstreamCounts
  /** The handle of a member that is a subdomain of the host; undefined when there is none. */
  readonly handle: string | undefined
}

type Checked = Outcomes<'database' | 'disk' | 'resync'>

/** So much has to be free, in bytes and as a share of the whole. */
const LEAST_FREE = 200 * 1024 * 1024
const LEAST_SHARE = 0.05

/** Among so many members one with a handle under the host name is looked for. */
const MEMBERS = 500

/** Looks at the database. Nothing is written to it. @returns no memory when it can't be read or never knew the host */
export async function examineDatabase(
  patient: Patient,
): Promise<{ readonly outcomes: Checked; readonly memory: Memory | undefined }> {
  const disk = await examineDisk(patient)
  const { databasePath, publicUrl } = patient.config
  const tried = `to open the database ${databasePath} and to begin a write`
  try {
    await using store = await patient.openDatabase()
    const host = await store.host(publicUrl.hostname)
    if (host === undefined) {
      const database = failed(
        tried,
        `it knows no host ${publicUrl.hostname}: Latchkey never served it from there`,
      )
      return {
        outcomes: { database, disk, resync: skipped('the database knows no such host') },
        memory: undefined,
      }
    }
    const memory = await remember(store, host)
    const resync = await examineResync(store, host)
    const database = await store.check().then(
      () => PASSED,
      (error: unknown) => failed(tried, reasonOf(error)),
    )
    return { outcomes: { database, disk, resync }, memory }
  } catch (error) {
    const database = failed(tried, reasonOf(error))
    return {
      outcomes: { ...all(['resync'], skipped("the database can't be read")), database, disk },
      memory: undefined,
    }
  }
}

async function examineDisk({ config, machine }: Patient): Promise<Outcome> {
  const folder = dirname(config.databasePath)
  try {
    const { free, total } = await machine.space(folder)
    if (free >= LEAST_FREE && free >= LEAST_SHARE * total) return PASSED
    const share = total === 0 ? 0 : Math.floor((100 * free) / total)
    return failed(
      `how much is free where ${folder} is: at least ${megabytes(LEAST_FREE)} and ${100 * LEAST_SHARE} %`,
      `${megabytes(free)} are free, ${share} %`,
    )
  } catch (error) {
    return skipped(reasonOf(error))
  }
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / 1024 / 1024)} MB`
}

async function examineResync(store: InviteStore, { hostname }: Host): Promise<Outcome> {
  const resync = await store.resync(hostname)
  if (resync === undefined || resync.missing === null || resync.accepted) return PASSED
  return failed(
    'whether a comparison with the accounts of the PDS waits for a word',
    `${resync.missing} accounts that Latchkey knows are missing at the PDS, and nothing is changed until somebody says so`,
  )
}

async function remember(store: InviteStore, host: Host): Promise<Memory> {
  const { hostname } = host
  return {
    host,
    upstream: await store.countUpstream(hostname),
    handle: await handleUnder(store, hostname),
  }
}

/** Finds the handle of a member that is a subdomain of the host. @returns undefined when there is none */
export async function handleUnder(
  store: Pick<InviteStore, 'knownAccounts' | 'memberRecords'>,
  hostname: string,
): Promise<string | undefined> {
  const { dids } = await store.knownAccounts(hostname)
  const records = await store.memberRecords(dids.slice(-MEMBERS))
  const handles = [...records.values()].map(({ account }) => account?.handle)
  return handles.find((handle) => handle?.endsWith(`.${hostname}`)) ?? undefined
}
