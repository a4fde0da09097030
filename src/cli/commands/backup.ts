import { Command } from 'commander'
import { backUp } from '../../workbench.ts'
import type { Config } from '../../config.ts'
import { withSettings } from '../settings.ts'

/** `latchkey backup <file>`: a copy of the database, whether Latchkey runs or not. */
export function backupCommand(): Command {
  const command = new Command('backup')
    .description(
      'Copy the database while Latchkey runs, and prove the copy. With the settings, it is all there is.',
    )
    .argument('<file>', 'where the copy goes; nothing is overwritten')
  return withSettings(command, (config) => backup(config, command.args[0] ?? ''))
}

async function backup(config: Config, file: string): Promise<void> {
  const { bytes, accounts, codes, uses } = await backUp(config, file, showProgress)
  process.stdout.write(
    `${file} (${bytes} bytes): accounts ${accounts}, invite codes ${codes}, uses ${uses}.\n`,
  )
}

/** Only for people at a terminal, who see it go when it is done. */
function showProgress(done: number): void {
  if (!process.stderr.isTTY) return
  process.stderr.write(done < 1 ? `\r${Math.floor(100 * done)} %` : '\r\u001b[K')
}
