import type { Command } from 'commander'
import { codeCommand } from './commands/code.ts'
import { backupCommand } from './commands/backup.ts'
import { devCommand } from './commands/dev.ts'
import { doctorCommand } from './commands/doctor.ts'
import { ejectCommand } from './commands/eject.ts'
import { importCommand } from './commands/import.ts'
import { initCommand } from './commands/init.ts'
import { reconcileCommand } from './commands/reconcile.ts'
import { resyncCommand } from './commands/resync.ts'
import { restoreCommand } from './commands/restore.ts'
import { routesCommand } from './commands/routes.ts'
import { serveCommand } from './commands/serve.ts'
import { sessionsCommand } from './commands/sessions.ts'
import { signupsCommand } from './commands/signups.ts'

/** All commands of `latchkey`, as its help and the reference list them. */
export function allCommands(): readonly Command[] {
  return [
    devCommand(),
    initCommand(),
    serveCommand(),
    signupsCommand(),
    sessionsCommand(),
    resyncCommand(),
    codeCommand(),
    importCommand(),
    backupCommand(),
    restoreCommand(),
    reconcileCommand(),
    routesCommand(),
    doctorCommand(),
    ejectCommand(),
  ]
}
