#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { devCommand } from './dev.ts'
import { serveCommand } from './serve.ts'
import { explain } from './explain.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

const program = new Command('latchkey')
  .description('The invitation server for AT Protocol hosts.')
  .version(version)
  .configureHelp({ sortSubcommands: false })
  .showHelpAfterError('Try again with --help.')
  .exitOverride()
  .addCommand(devCommand())
  .addCommand(serveCommand())

try {
  await program.parseAsync()
} catch (error) {
  // Commander has told its own errors, and help is none.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    process.stderr.write(`${explain(error)}\n`)
    process.exitCode = 1
  }
}
