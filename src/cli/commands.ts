import type { Command } from 'commander'
import { devCommand } from './dev.ts'
import { resyncCommand } from './resync.ts'
import { serveCommand } from './serve.ts'
import { signupsCommand } from './signups.ts'

/** All commands of `latchkey`, as its help and the reference list them. */
export function allCommands(): readonly Command[] {
  return [devCommand(), serveCommand(), signupsCommand(), resyncCommand()]
}
