import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import { openStore, openWorkbench, type Workbench } from '../../workbench.ts'
import { type Config, ConfigError } from '../../config.ts'
import { handleUnder } from '../../doctor/database.ts'
import { doorsLeadToLatchkey, installationAt } from '../../doctor/switched.ts'
import type { SinceDisabled } from '../../transfer/import/flags.ts'
import { type ImportReport, importUpstream } from '../../transfer/import/import.ts'
import { takeOver } from '../../transfer/import/take-over.ts'
import { sayingWhy, TransferError } from '../../transfer/transfer-error.ts'
import { recording } from '../deed.ts'
import { showProgress } from '../progress.ts'
import { withSettings } from '../settings.ts'
import { untilAskedToEnd } from '../signals.ts'

/** What came of an import that is broken off. */
const COPIED = 'What was copied stays: run it again to go on.'
const NOTHING = 'Nothing was changed.'

type Own = Readonly<Record<string, string | true>>

/** `latchkey import [--dry-run | --take-over]`: brings what a running PDS has here, and makes its codes Latchkey's. */
export function importCommand(): Command {
  const command = new Command('import')
    .description('Copy accounts, invite codes and their uses from the PDS; can be repeated at any time.')
    .addOption(
      new Option('--dry-run', 'count what would be copied, and change nothing').conflicts('takeOver'),
    )
    .option(
      '--take-over',
      'once the routes are switched to Latchkey: copy the rest, disable the codes at the PDS and redeem them here',
    )
    .option('--anyway', 'with --take-over: although the routes do not seem to be switched, as seen from here')
    .option(
      '--reopen',
      'with --take-over: codes that the PDS has disabled since they were copied are good here',
    )
    .option('--keep-disabled', 'with --take-over: such codes stay disabled')
  return withSettings(command, async (config, own) => {
    refuseMisfits(own)
    if (own['dryRun'] === true) return tryImport(config)
    return own['takeOver'] === true ? runTakeOver(config, own) : runImport(config)
  })
}

/** @throws {ConfigError} when flags are given that mean nothing together */
function refuseMisfits(own: Own): void {
  const flags = { anyway: '--anyway', reopen: '--reopen', keepDisabled: '--keep-disabled' }
  const misfit = Object.entries(flags).find(([name]) => own[name] === true && own['takeOver'] !== true)
  if (misfit !== undefined)
    throw new ConfigError([`${misfit[1]} goes with --take-over only: nothing was changed.`])
  if (own['reopen'] === true && own['keepDisabled'] === true)
    throw new ConfigError(['--reopen and --keep-disabled exclude each other: nothing was changed.'])
}

async function tryImport(config: Config): Promise<void> {
  if (await isKnown(config)) return compare(config)
  // Nothing is here yet, and trying changes nothing: not even the host is made known.
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-import-'))
  try {
    await compare({ ...config, databasePath: join(folder, 'latchkey.sqlite') })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function isKnown(config: Config): Promise<boolean> {
  if (!existsSync(config.databasePath)) return false
  await using store = await openStore(config, { asItIs: true })
  return (await store.host(config.publicUrl.hostname)) !== undefined
}

async function compare(config: Config): Promise<void> {
  await using work = await startWork(config, { asItIs: true })
  print(tableOf(await sayingWhy(work.signal, NOTHING, () => importUpstream(work, { dryRun: true }))))
}

async function runImport(config: Config): Promise<void> {
  await using work = await startWork(config)
  const report = await sayingWhy(work.signal, COPIED, () =>
    recording(
      work,
      'import',
      () => importUpstream(work, { dryRun: false }),
      ({ added }) => ({ ...added }),
    ),
  )
  print([
    copied(report),
    work.host.earningSince === null
      ? 'Next: switch the routes to Latchkey, as `latchkey routes` prints them, then run `latchkey import --take-over`.'
      : 'The codes of the PDS are Latchkey’s already: a running Latchkey takes these over within two minutes.',
  ])
}

async function runTakeOver(config: Config, own: Own): Promise<void> {
  await using work = await startWork(config)
  const anyway = own['anyway'] === true
  if (!anyway && work.host.earningSince === null) await requireSwitchedRoutes(config, work)
  await requireThisDatabase(config, work, anyway)
  const said = saidOf(own)
  const { taken, ...report } = await sayingWhy(work.signal, COPIED, () =>
    recording(
      work,
      'takeOver',
      () => takeOver(work, said),
      ({ added, taken: codes }) => ({ ...added, taken: codes }),
    ),
  )
  print([
    copied(report),
    `${count(taken, 'code')} that could still be redeemed at the PDS are disabled there and Latchkey’s from now on. Members can earn.`,
    'Next: remove PDS_INVITE_INTERVAL from the settings of the PDS, if it is there, and restart the PDS.',
  ])
}

function saidOf(own: Own): SinceDisabled | undefined {
  if (own['reopen'] === true) return 'reopen'
  return own['keepDisabled'] === true ? 'keep' : undefined
}

/** Codes that are disabled at the PDS are dead at a door that still leads there. */
async function requireSwitchedRoutes({ publicUrl }: Config, { store, host }: Workbench): Promise<void> {
  const saw = await doorsLeadToLatchkey(publicUrl, await handleUnder(store, host.hostname))
  if (saw === null) return
  throw new TransferError(
    `The sign-up doors of ${publicUrl.origin} do not lead to Latchkey (${saw}): switch the routes first, as \`latchkey routes\` prints them. If they only look so from this machine, say --anyway.`,
  )
}

/** Taken over into another database than the one that is served from, the codes would be good nowhere. */
async function requireThisDatabase(
  { publicUrl, databasePath }: Config,
  { host }: Workbench,
  anyway: boolean,
): Promise<void> {
  const installation = await installationAt(publicUrl)
  if (installation === host.installation) return
  if (installation === undefined && (anyway || host.earningSince !== null)) return
  throw new TransferError(
    installation === undefined
      ? `${publicUrl.origin}/_latchkey/live does not say from which database Latchkey serves there: switch all routes first, as \`latchkey routes\` prints them. If it only looks so from this machine, say --anyway.`
      : `Latchkey serves ${publicUrl.origin} from another database than ${databasePath}: give the same LATCHKEY_DATABASE.`,
  )
}

async function startWork(config: Config, options: { readonly asItIs?: boolean } = {}) {
  await using opened = new AsyncDisposableStack()
  const signal = untilAskedToEnd()
  const bench = opened.use(await openWorkbench(config, options))
  const progress = opened.use(showProgress())
  const closing = opened.move()
  return {
    ...bench,
    hostname: config.publicUrl.hostname,
    now: () => Date.now(),
    progress,
    signal,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}

function copied({ added: { accounts, codes, uses } }: ImportReport): string {
  return `Copied ${count(accounts, 'account')}, ${count(codes, 'code')} and ${count(uses, 'use')}.`
}

function tableOf({ atThePds, added }: ImportReport): readonly string[] {
  const row = (...[name, there, missing]: readonly [string, string | number, string | number]) =>
    `${name.padEnd(8)}${String(there).padStart(12)}${String(missing).padStart(15)}`
  return [
    row('', 'at the PDS', 'not here yet'),
    ...(['accounts', 'codes', 'uses'] as const).map((name) => row(name, atThePds[name], added[name])),
    'Nothing was changed.',
  ]
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}
