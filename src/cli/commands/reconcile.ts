import { Command } from 'commander'
import { openWorkbench } from '../../workbench.ts'
import { type Config, ConfigError } from '../../config.ts'
import { type LostUse, reconcile, type Reconciliation } from '../../transfer/reconcile.ts'
import { sayingWhy } from '../../transfer/transfer-error.ts'
import { recording } from '../deed.ts'
import { openKnownStore } from '../known-store.ts'
import { showProgress } from '../progress.ts'
import { withSettings } from '../settings.ts'
import { untilAskedToEnd } from '../signals.ts'

/** `latchkey reconcile`: finds what a restored backup has forgotten, here or at the PDS, and mends it with `--apply`. */
export function reconcileCommand(): Command {
  const command = new Command('reconcile')
    .description(
      'After a backup of Latchkey or of the PDS was restored: compare the two, and count what one of them has forgotten.',
    )
    .option('--preview', 'only tell what would be done; this is what happens without a flag')
    .option('--apply', 'do it')
    .option('--give-back', 'with --apply: give back the uses of accounts that the PDS has lost')
    .option('--json', 'print one line of JSON on standard output')
    .addHelpText('after', '\nWhat it prints names invite codes that may be good: keep it to yourself.')
  return withSettings(command, (config, { preview, apply, giveBack, json }) => {
    if (preview === true && apply === true)
      throw new ConfigError(['--preview and --apply exclude each other: nothing was changed.'])
    if (giveBack === true && apply !== true)
      throw new ConfigError(['--give-back needs --apply: nothing was changed.'])
    return run(config, { apply: apply === true, giveBack: giveBack === true, json: json === true })
  })
}

async function run(
  config: Config,
  { json, ...options }: { apply: boolean; giveBack: boolean; json: boolean },
): Promise<void> {
  // A preview would otherwise make a database where there is none, or change one.
  const asItIs = !options.apply
  await using _known = await openKnownStore(config, { asItIs })
  await using workbench = await openWorkbench(config, { asItIs })
  const { store, pds, host } = workbench
  using progress = showProgress()
  const signal = untilAskedToEnd()
  const ports = { store, pds, hostname: host.hostname, now: () => Date.now(), progress, signal }
  const state = options.apply
    ? 'What was done until then stays: run it again to go on.'
    : 'Nothing was changed.'
  const work = () => reconcile(ports, options)
  const result = await sayingWhy(signal, state, () =>
    options.apply ? recording(ports, 'reconcile', work, summaryOf) : work(),
  )
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${describe(result).join('\n')}\n`)
}

/** What the audit log keeps. */
function summaryOf({ lost, open: closed, vanished, givenBack }: Reconciliation) {
  return { lost: lost.length, closed: closed.length, vanished: vanished.length, givenBack }
}

const KINDS: Record<LostUse['kind'], string> = {
  lost: '',
  'lost with its code': ', and the code is not known here either',
  released: ', and the use was given back',
  upstream: ', which the PDS redeemed',
}

function describe(result: Reconciliation): readonly string[] {
  const { applied, lost, unfinished, open, vanished } = result
  const lines = [
    ...section(
      applied ? 'Uses that Latchkey did not know of, and counts now' : 'Uses that Latchkey does not know of',
      lost.map(
        ({ did, handle, code, usedAt, kind, exists }) =>
          `${nameOf(did, handle)} came by ${code} on ${timeOf(usedAt)}${KINDS[kind]}${exists ? '' : '; the PDS has no such account any more'}`,
      ),
    ),
    ...section(
      applied
        ? 'Codes that were open at the PDS, and are disabled there now'
        : 'Codes that are open at the PDS and must not be',
      open,
    ),
    ...section(
      'Accounts that came by Latchkey and that the PDS has lost',
      vanished.map(
        ({ usedBy, handle, code, usedAt }) => `${nameOf(usedBy, handle)} by ${code} on ${timeOf(usedAt)}`,
      ),
    ),
  ]
  if (unfinished > 0) lines.push(`Sign-ups that Latchkey finishes by itself, once it runs: ${unfinished}.`)
  return [...lines, ...conclusion(result)]
}

function section(title: string, items: readonly string[]): readonly string[] {
  return items.length === 0 ? [] : [`${title}: ${items.length}`, ...items.map((item) => `  ${item}`)]
}

function conclusion({ applied, lost, open, vanished, givenBack }: Reconciliation): readonly string[] {
  if (lost.length + open.length + vanished.length === 0) return ['Latchkey and the PDS agree.']
  if (!applied) return [`Nothing was changed. --apply does it${giveBackToo(vanished.length)}.`]
  if (givenBack > 0) return [`The uses of ${givenBack} lost accounts were given back.`]
  return vanished.length === 0
    ? []
    : ['The uses of the lost accounts still count: --apply --give-back gives them back.']
}

function giveBackToo(vanished: number): string {
  return vanished === 0 ? '' : '; with --give-back, the uses of the lost accounts are given back as well'
}

function nameOf(did: string, handle: string | null): string {
  return handle === null ? did : `${handle} (${did})`
}

function timeOf(instant: number): string {
  return new Date(instant).toISOString()
}
