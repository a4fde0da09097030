import { Command } from 'commander'
import type { Config } from '../../config.ts'
import { deedOfCommand } from '../deed.ts'
import { openKnownStore } from '../known-store.ts'
import { withSettings } from '../settings.ts'

/** `latchkey resync [--accept]`: what a running Latchkey knows of accounts is compared with the PDS's own list. */
export function resyncCommand(): Command {
  const command = new Command('resync')
    .description('Compare the accounts that Latchkey knows with those of the PDS.')
    .option('--accept', 'let a comparison go through that waits because too many accounts are missing')
  return withSettings(command, (config, { accept }) => resync(config, accept === true))
}

async function resync(config: Config, accept: boolean): Promise<void> {
  await using store = await openKnownStore(config)
  const { hostname } = config.publicUrl
  if (!accept) {
    await store.wantResync(hostname, Date.now())
    process.stdout.write(`The accounts of ${hostname} are compared within seconds, or once Latchkey runs.\n`)
    return
  }
  const missing = await store.acceptResync(hostname, deedOfCommand())
  if (missing === null) {
    process.stderr.write(`No comparison of the accounts of ${hostname} waits: nothing was changed.\n`)
    process.exitCode = 1
    return
  }
  process.stdout.write(
    `The ${missing} missing accounts of ${hostname} count as deleted within seconds, or once Latchkey runs.\n`,
  )
}
