#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { allCommands } from './commands.ts'
import { explain } from './explain.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

const program = new Command('latchkey')
  .description('The invitation server for AT Protocol hosts.')
  .version(version)
  .showHelpAfterError('Try again with --help.')
for (const command of allCommands()) program.addCommand(command.copyInheritedSettings(program))

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${explain(error)}\n`)
  process.exitCode = 1
}
