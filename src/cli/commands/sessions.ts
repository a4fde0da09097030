import { Command } from 'commander'
import type { Config } from '../../config.ts'
import { deedOfCommand } from '../deed.ts'
import { openKnownStore } from '../known-store.ts'
import { withSettings } from '../settings.ts'

/** `latchkey sessions end <actor>`: signs somebody out of the pages in all browsers. */
export function sessionsCommand(): Command {
  const end = new Command('end')
    .description('Sign somebody out of the pages at once, in all browsers.')
    .argument('<actor>', 'a DID, or admin for whoever signed in with the password')
  return new Command('sessions')
    .description('End sessions of the pages.')
    .addCommand(withSettings(end, (config) => endSessions(config, end.args[0] ?? '')))
}

async function endSessions(config: Config, actor: string): Promise<void> {
  await using store = await openKnownStore(config)
  const event = { ...deedOfCommand(), action: 'endSessions', subject: actor, detail: {} } as const
  const ended = await store.endWebSessions(actor, event)
  if (ended === 0) {
    process.stderr.write(`${actor} is signed in nowhere: nothing was changed.\n`)
    process.exitCode = 1
    return
  }
  process.stdout.write(`${actor} is signed out in ${ended === 1 ? '1 browser' : `${ended} browsers`}.\n`)
}
