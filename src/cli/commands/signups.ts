import { Command } from 'commander'
import type { Config } from '../../config.ts'
import { deedOfCommand } from '../deed.ts'
import { openKnownStore } from '../known-store.ts'
import { withSettings } from '../settings.ts'

/** `latchkey signups pause|resume`: closes and opens both doors of a running Latchkey. */
export function signupsCommand(): Command {
  const pause = new Command('pause')
    .description('Close both sign-up doors at once, for every process on this database, until resumed.')
    .option('--except-migrations', 'let accounts in that bring their DID from another server')
    .option('--message <text>', 'what people at the doors are told')
  const resume = new Command('resume').description('Open the doors again.')
  return new Command('signups')
    .description('Pause and resume sign-ups.')
    .addCommand(withSettings(pause, pauseSignups))
    .addCommand(withSettings(resume, resumeSignups))
}

async function pauseSignups(config: Config, own: Readonly<Record<string, string | true>>): Promise<void> {
  const exceptMigrations = own['exceptMigrations'] === true
  const message = typeof own['message'] === 'string' ? own['message'] : null
  await using store = await openKnownStore(config)
  const deed = deedOfCommand()
  await store.setPause(config.publicUrl.hostname, { since: deed.at, exceptMigrations, message }, deed)
  process.stdout.write(
    `Sign-ups to ${config.publicUrl.hostname} are paused${exceptMigrations ? ', except migrations' : ''}.\n`,
  )
}

async function resumeSignups(config: Config): Promise<void> {
  await using store = await openKnownStore(config)
  await store.setPause(config.publicUrl.hostname, undefined, deedOfCommand())
  process.stdout.write(`Sign-ups to ${config.publicUrl.hostname} are open.\n`)
}
