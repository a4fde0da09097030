import { Command } from 'commander'
import { openWorkbench, refuseEjected } from '../../workbench.ts'
import type { Config } from '../../config.ts'
import { reachedAt } from '../../doctor/address.ts'
import { type ApiEjected, ejectByApi } from '../../transfer/eject/eject-api.ts'
import { ejectAsSql, type SqlEjected } from '../../transfer/eject/eject-sql.ts'
import { TransferError } from '../../transfer/transfer-error.ts'
import { deedOfCommand } from '../deed.ts'
import { openKnownStore } from '../known-store.ts'
import { showProgress } from '../progress.ts'
import { withSettings } from '../settings.ts'
import { untilAskedToEnd } from '../signals.ts'

type Own = Readonly<Record<string, string | true>>

const HELP = `
--sql writes a script for the account.sqlite of the official PDS, while that is stopped: codes keep their names and
uses, so that what was handed out stays good. The PDS need not run meanwhile.
--api makes a new code at any PDS for each one that is still good, and lists old and new ones in a file.
Pause sign-ups (latchkey signups pause), wait for those in progress, and stop Latchkey before either. Latchkey does not
serve from this database afterwards; --withdraw lets it, if the script was never applied and no code was made.`

/** `latchkey eject --sql <file>`, `--api --csv <file>` and `--withdraw`: gives the invite codes back to the PDS. */
export function ejectCommand(): Command {
  const command = new Command('eject')
    .description('Give the invite codes back to the PDS, to go on without Latchkey.')
    .option('--sql <file>', 'write an SQL script that restores codes and uses in the official PDS')
    .option('--api', 'make new codes at the PDS, whatever PDS it is')
    .option('--csv <file>', 'with --api: where old and new codes are listed')
    .option('--resume', 'with --api: go on with the file of a run that broke off')
    .option('--anyway', 'also while Latchkey runs, or sign-ups are open or in progress')
    .option('--withdraw', 'take it back that the codes were given back: nothing of it came to the PDS')
    .addHelpText('after', HELP)
  return withSettings(command, eject)
}

async function eject(config: Config, own: Own): Promise<void> {
  const { sql, csv } = own
  if (own['withdraw'] === true) {
    refuseMisfits(own, 'withdraw', ['sql', 'api', 'csv', 'resume', 'anyway'])
    return withdraw(config)
  }
  if (typeof sql === 'string') {
    refuseMisfits(own, 'sql', ['api', 'csv', 'resume'])
    return writeSql(config, sql, own)
  }
  if (own['api'] === true && typeof csv === 'string') return makeCodes(config, csv, own)
  throw new TransferError('Say how: either --sql <file>, or --api with --csv <file>.')
}

/** @throws {TransferError} when one of these flags was given along with the first */
function refuseMisfits(own: Own, flag: string, others: readonly string[]): void {
  const given = others.find((other) => own[other] !== undefined)
  if (given !== undefined) throw new TransferError(`--${flag} and --${given} do not go together.`)
}

async function withdraw(config: Config): Promise<void> {
  await using store = await openKnownStore(config)
  const { hostname } = config.publicUrl
  const host = await store.host(hostname)
  if (host === undefined || host.ejectedAt === null)
    return say([`The invite codes of ${hostname} were not given back: nothing was changed.`])
  await store.setEjected(hostname, null, deedOfCommand())
  return say([
    `The invite codes of ${hostname} are Latchkey's again. Apply no script that was written before.`,
  ])
}

async function writeSql(config: Config, file: string, own: Own): Promise<void> {
  const anyway = own['anyway'] === true
  if (!anyway) await requireStopped(config)
  await using store = await openKnownStore(config)
  const { hostname } = config.publicUrl
  refuseEjected(await store.host(hostname))
  using progress = showProgress()
  const deed = deedOfCommand()
  const ejected = await ejectAsSql({
    store,
    hostname,
    now: deed.at,
    deed,
    file,
    anyway,
    progress,
    signal: untilAskedToEnd(),
  })
  const { codes, uses, accounts } = ejected
  await store.recordEvent({
    ...deed,
    action: 'eject',
    subject: hostname,
    detail: { by: 'sql', codes, accounts },
  })
  say([
    `${file}: invite codes ${codes}, their uses ${uses}, accounts ${accounts}.`,
    ...sqlNotes(ejected),
    'What happens at Latchkey from now on is not in it: keep Latchkey stopped.',
    `Next, with the PDS stopped: sqlite3 -bail account.sqlite < ${file}`,
  ])
}

function sqlNotes({ expired, restricted, ownerDeleted, expiring }: SqlEjected): string[] {
  return notes([
    ['Disabled in it because they have expired', expired],
    ['Disabled in it because they are for one person only, which the PDS does not know', restricted],
    ['Disabled in it because their owners are deleted', ownerDeleted],
    ['Good without end, since the PDS knows no expiry', expiring],
  ])
}

async function makeCodes(config: Config, file: string, own: Own): Promise<void> {
  const anyway = own['anyway'] === true
  if (!anyway) await requireStopped(config)
  // What a run that broke off has made is not made again.
  const resume = own['resume'] === true
  await using workbench = await openWorkbench(config, { alsoEjected: resume })
  using progress = showProgress()
  const deed = deedOfCommand()
  const { store, host } = workbench
  const { hostname } = host
  const ejected = await ejectByApi({
    store,
    hostname,
    pds: workbench.pds,
    rateLimitBypassKey: config.pdsRateLimitBypassKey,
    now: deed.at,
    deed,
    file,
    resume,
    anyway,
    progress,
    signal: untilAskedToEnd(),
  })
  const { made: codes, interrupted } = ejected
  const detail = { by: 'api', codes, ...(interrupted && { finished: false }) }
  await store.recordEvent({ ...deed, action: 'eject', subject: hostname, detail })
  say([`${file}: new codes ${codes + ejected.madeBefore}, of them just made ${codes}.`, ...apiNotes(ejected)])
  if (!interrupted) return
  throw new TransferError('It was ended before all codes were made: go on with --resume.')
}

function apiNotes({ theirs, restricted, ownerGone, expiring }: ApiEjected): string[] {
  return notes([
    ['Still redeemed by the PDS under their own names, and left as they are', theirs],
    ['Left out because they are for one person only, which the PDS does not know', restricted],
    ['Left out because their owners are not active', ownerGone],
    ['Good without end, since the PDS knows no expiry', expiring],
  ])
}

/** A running Latchkey spends uses, takes new codes of the PDS for its own, and disables them there. */
async function requireStopped({ bind, port }: Config): Promise<void> {
  // Another port at each start, which nobody knows.
  if (port === 0) return
  const origin = `http://${reachedAt(bind)}:${port}`
  const answer = await fetch(`${origin}/_latchkey/live`, { signal: AbortSignal.timeout(2000) }).catch(
    () => undefined,
  )
  if (answer?.ok !== true) return
  throw new TransferError(
    `Latchkey runs at ${origin}, where codes could be spent as well as at the PDS: stop it first; or give --anyway.`,
  )
}

function notes(counted: readonly (readonly [what: string, codes: number])[]): string[] {
  return counted.filter(([, codes]) => codes > 0).map(([what, codes]) => `${what}: ${codes}.`)
}

function say(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}
