import { Command } from 'commander'
import { restore } from '../../workbench.ts'
import type { Config } from '../../config.ts'
import { withSettings } from '../settings.ts'

/** `latchkey restore <file>`: a backup in the place of the database, while Latchkey does not run. */
export function restoreCommand(): Command {
  const command = new Command('restore')
    .description('Put a backup in the place of the database, which is set aside. Latchkey must not run.')
    .argument('<file>', 'what latchkey backup wrote; it stays as it is')
  return withSettings(command, (config) => putBack(config, command.args[0] ?? ''))
}

async function putBack(config: Config, file: string): Promise<void> {
  const { accounts, codes, uses, setAside } = await restore(config, file)
  const lines = [
    `${config.databasePath} is as it was: accounts ${accounts}, invite codes ${codes}, uses ${uses}.`,
    ...(setAside === undefined ? [] : [`What was there before is ${setAside}.`]),
    'Before Latchkey serves from it: latchkey reconcile --preview tells what it does not know.',
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
