import { Command, Option } from 'commander'
import { pino } from 'pino'
import { openApp } from '../app.ts'
import { type FlagValues, readConfig, SETTINGS, type Setting } from '../config.ts'
import { aborted, untilAskedToEnd } from './signals.ts'

/** `latchkey serve`: Latchkey in front of a PDS given by settings, until a signal ends it. */
export function serveCommand(): Command {
  const command = new Command('serve')
    .description('Stand in front of a PDS. Every setting is a variable or a flag; flags win.')
    .addHelpText(
      'after',
      '\nPasswords and secrets are better given as variables: flags can be seen by others.',
    )
  const names = new Map<string, string>()
  for (const [name, setting] of Object.entries<Setting<unknown>>(SETTINGS)) {
    const option = asOption(setting)
    names.set(option.attributeName(), name)
    command.addOption(option)
  }
  return command.action(async (given: Record<string, string | true>) => {
    const flags = Object.fromEntries(
      Object.entries(given).map(([attribute, value]) => [names.get(attribute) ?? attribute, String(value)]),
    )
    await serve(flags)
  })
}

function asOption({
  flag,
  placeholder,
  description,
  variable,
  fallback,
  required,
}: Setting<unknown>): Option {
  const notes = [variable, required === true ? 'required' : fallback && `default: ${fallback}`]
  return new Option(
    placeholder === '' ? `--${flag}` : `--${flag} <${placeholder}>`,
    `${description} (${notes.filter(Boolean).join(', ')})`,
  )
}

async function serve(flags: FlagValues): Promise<void> {
  const end = untilAskedToEnd()
  const config = readConfig(flags)
  const log = pino({ level: config.logLevel })
  await using app = await openApp(config, log)
  const { hostname, did } = app.host
  log.info({ port: app.port, bind: config.bind, host: hostname, did }, 'Latchkey is listening')
  await aborted(end)
  log.info('ending: requests in flight may finish')
}
