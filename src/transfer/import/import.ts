import type { ImportCounts, ImportStore, UpstreamAccount, UpstreamCode } from '../../invites/imports.ts'
import type { InviteStore } from '../../invites/store.ts'
import { ADMIN, type Instant } from '../../invites/types.ts'
import type { PdsClient } from '../../pds/client.ts'
import { inParts } from '../parts.ts'
import type { Progress } from '../progress.ts'
import { judgeFlags } from './flags.ts'
import { inOrderOfCreation, listUpstreamCodes } from './upstream-codes.ts'

/** What an import works with. */
export interface ImportPorts {
  readonly store: Pick<ImportStore, 'importAccounts' | 'importCodes' | 'openTheirs' | 'countUpstream'> &
    Pick<InviteStore, 'host'>
  readonly pds: Pick<PdsClient, 'listCodes' | 'listAccounts' | 'describeAccounts'>
  readonly hostname: string
  readonly now: () => Instant
  readonly progress: Progress
  /** Ends it at the next page or part, with an error. What was copied until then stays. */
  readonly signal?: AbortSignal | undefined
}

/** What an import found. */
export interface ImportReport {
  readonly atThePds: ImportCounts
  /** Of that, what was not here yet; it is by now, unless it was a dry run. */
  readonly added: ImportCounts
}

/** How an import goes. */
export interface ImportOptions {
  /** Counts, and changes nothing. */
  readonly dryRun: boolean
  /**
   * Whether codes that the PDS disabled since they were copied are disabled here, asked before anything is written. Where
   * left out they are, unless that is in doubt.
   */
  readonly followsFlags?: (codes: readonly UpstreamCode[]) => Promise<boolean>
}

/**
 * Copies the accounts of a PDS and all its own codes with their uses. What was copied before stays as it is, except that
 * uses which came since are added, and that what was disabled at the PDS since is disabled here too for as long as the
 * codes are the PDS's; so it can be repeated at any time, also after it died half-way.
 *
 * @throws {PdsUnreachableError} or {PdsRefusedError} when a page can't be had; the errors of the store; the reason of the
 *   signal
 */
export async function importUpstream(
  ports: ImportPorts,
  { dryRun, followsFlags = async (codes) => (await judgeFlags(ports, codes)).follow }: ImportOptions,
): Promise<ImportReport> {
  // In this order, so that whoever used one of the codes is among the accounts.
  const codes = await readCodes(ports)
  const followFlags = await followsFlags(codes)
  const accounts = await readAccounts(ports)
  // And these in that order, so that whoever came by a code is known when it is copied.
  const addedAccounts = await copyAccounts(ports, accounts, dryRun)
  const added = await copyCodes(ports, codes, { dryRun, followFlags })
  return {
    atThePds: { accounts: accounts.length, codes: codes.length, uses: countUses(codes) },
    added: { accounts: addedAccounts, ...added },
  }
}

/**
 * Copies those of the PDS's own codes that were made between two instants of its clock, and whoever used them. Routine
 * ones are told apart: a PDS makes none unless it has an invite interval of its own.
 */
export async function importNewer(
  ports: ImportPorts,
  { since, until }: { readonly since: Instant; readonly until: Instant },
): Promise<{ readonly codes: number; readonly routine: number }> {
  const listed: UpstreamCode[] = []
  for await (const page of listUpstreamCodes({ ...ports, since }))
    listed.push(...page.filter(({ createdAt }) => createdAt <= until))
  const codes = inOrderOfCreation(listed)
  await importUsers(ports, codes)
  const gifted = codes.filter((code) => !isRoutine(code))
  const given = await copyCodes(ports, gifted, AS_THEY_ARE)
  const earned = await copyCodes(ports, codes.filter(isRoutine), AS_THEY_ARE)
  return { codes: given.codes + earned.codes, routine: earned.codes }
}

/** Copies the accounts that used codes, so that it can be recorded that these invited them. */
export async function importUsers(
  {
    store,
    pds,
    hostname,
    now,
    signal,
  }: { readonly store: Pick<ImportStore, 'importAccounts'> } & Pick<
    ImportPorts,
    'pds' | 'hostname' | 'now' | 'signal'
  >,
  codes: readonly Pick<UpstreamCode, 'uses'>[],
): Promise<void> {
  const dids = [...new Set(codes.flatMap(({ uses }) => uses.map(({ usedBy }) => usedBy)))]
  if (dids.length === 0) return
  const accounts = await pds.describeAccounts(dids, signal)
  for await (const part of inParts(accounts))
    await store.importAccounts(hostname, part, { at: now(), dryRun: false })
}

const AS_THEY_ARE = { dryRun: false, followFlags: false }

async function readCodes(ports: ImportPorts): Promise<readonly UpstreamCode[]> {
  using step = ports.progress.begin('Reading codes')
  // A page may repeat a code of the one before.
  const codes = new Map<string, UpstreamCode>()
  for await (const page of listUpstreamCodes(ports)) {
    for (const code of page) codes.set(code.code, code)
    step.advance(page.length)
  }
  return inOrderOfCreation(codes.values())
}

async function readAccounts({ pds, progress, signal }: ImportPorts): Promise<readonly UpstreamAccount[]> {
  using step = progress.begin('Reading accounts')
  const accounts = new Map<string, UpstreamAccount>()
  let cursor: string | undefined
  do {
    signal?.throwIfAborted()
    const page = await pds.listAccounts(cursor, signal)
    const dids = page.accounts.map(({ did }) => did)
    for (const account of await pds.describeAccounts(dids, signal)) accounts.set(account.did, account)
    step.advance(page.accounts.length)
    if (page.cursor === cursor) break
    cursor = page.cursor
  } while (cursor !== undefined)
  return [...accounts.values()]
}

async function copyAccounts(
  { store, hostname, now, progress, signal }: ImportPorts,
  accounts: readonly UpstreamAccount[],
  dryRun: boolean,
): Promise<number> {
  using step = progress.begin(dryRun ? 'Comparing accounts' : 'Copying accounts', accounts.length)
  let added = 0
  for await (const part of inParts(accounts)) {
    signal?.throwIfAborted()
    added += await store.importAccounts(hostname, part, { at: now(), dryRun })
    step.advance(part.length)
  }
  return added
}

async function copyCodes(
  { store, hostname, now, progress, signal }: ImportPorts,
  codes: readonly UpstreamCode[],
  { dryRun, followFlags }: { readonly dryRun: boolean; readonly followFlags: boolean },
): Promise<Pick<ImportCounts, 'codes' | 'uses'>> {
  using step = progress.begin(dryRun ? 'Comparing codes' : 'Copying codes', codes.length)
  const added = { codes: 0, uses: 0 }
  for await (const part of inParts(codes)) {
    signal?.throwIfAborted()
    const counts = await store.importCodes(hostname, part, { at: now(), dryRun, followFlags })
    added.codes += counts.codes
    added.uses += counts.uses
    step.advance(part.length)
  }
  return added
}

function countUses(codes: readonly Pick<UpstreamCode, 'uses'>[]): number {
  return codes.reduce((sum, { uses }) => sum + uses.length, 0)
}

function isRoutine({ createdBy }: Pick<UpstreamCode, 'createdBy'>): boolean {
  return createdBy !== ADMIN
}
