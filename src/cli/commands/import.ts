import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import { openStore, openWorkbench } from '../../app.ts'
import type { Config } from '../../config.ts'
import { doorsLeadToLatchkey } from '../../doctor/routes.ts'
import { type ImportReport, importUpstream } from '../../transfer/import/import.ts'
import { ImportError, sayingWhy } from '../../transfer/import/import-error.ts'
import { takeOver } from '../../transfer/import/take-over.ts'
import { showProgress } from '../progress.ts'
import { withSettings } from '../settings.ts'
import { untilAskedToEnd } from '../signals.ts'

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
    .option('--anyway', 'take over although the routes do not seem to be switched, as seen from here')
  return withSettings(command, (config, { dryRun, takeOver: taking, anyway }) => {
    if (dryRun === true) return tryImport(config)
    return taking === true ? runTakeOver(config, anyway === true) : runImport(config)
  })
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
  await using store = await openStore(config)
  return (await store.host(config.publicUrl.hostname)) !== undefined
}

async function compare(config: Config): Promise<void> {
  await using work = await startWork(config)
  print(tableOf(await sayingWhy(work.signal, () => importUpstream(work, { dryRun: true }))))
}

async function runImport(config: Config): Promise<void> {
  await using work = await startWork(config)
  const report = await sayingWhy(work.signal, () => importUpstream(work, { dryRun: false }))
  print([
    copied(report),
    work.host.earningSince === null
      ? 'Next: switch the routes to Latchkey, as `latchkey routes` prints them, then run `latchkey import --take-over`.'
      : 'The codes of the PDS are Latchkey’s already: a running Latchkey takes these over within two minutes.',
  ])
}

async function runTakeOver(config: Config, anyway: boolean): Promise<void> {
  await using work = await startWork(config)
  if (!anyway && work.host.earningSince === null) await requireSwitchedRoutes(config)
  const { taken, ...report } = await sayingWhy(work.signal, () => takeOver(work))
  print([
    copied(report),
    `${count(taken, 'code')} that could still be redeemed at the PDS are disabled there and Latchkey’s from now on. Members can earn.`,
    'Next: remove PDS_INVITE_INTERVAL from the settings of the PDS, if it is there, and restart the PDS.',
  ])
}

/** Codes that are disabled at the PDS are dead at a door that still leads there. */
async function requireSwitchedRoutes({ publicUrl }: Config): Promise<void> {
  const saw = await doorsLeadToLatchkey(publicUrl)
  if (saw === null) return
  throw new ImportError(
    `The sign-up doors of ${publicUrl.origin} do not lead to Latchkey (${saw}): switch the routes first, as \`latchkey routes\` prints them. If they only look so from this machine, say --anyway.`,
  )
}

async function startWork(config: Config) {
  await using opened = new AsyncDisposableStack()
  const signal = untilAskedToEnd()
  const bench = opened.use(await openWorkbench(config))
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
