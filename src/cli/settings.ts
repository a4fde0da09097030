import { type Command, Option } from 'commander'
import { type Config, readConfig, SETTINGS, type Setting } from '../config.ts'

/**
 * Gives a command all settings as flags.
 *
 * @param run gets the settings, from flags first and the environment second, and the command's own options
 */
export function withSettings(
  command: Command,
  run: (config: Config, own: Readonly<Record<string, string | true>>) => Promise<void>,
): Command {
  const names = new Map<string, string>()
  for (const [name, setting] of Object.entries<Setting<unknown>>(SETTINGS)) {
    const option = asOption(setting)
    names.set(option.attributeName(), name)
    command.addOption(option)
  }
  return command
    .addHelpText(
      'after',
      '\nPasswords and secrets are better given as variables: flags can be seen by others.',
    )
    .action(async (given: Record<string, string | true>) => {
      const own: Record<string, string | true> = {}
      const flags: Record<string, string> = {}
      for (const [attribute, value] of Object.entries(given)) {
        const name = names.get(attribute)
        if (name === undefined) own[attribute] = value
        else flags[name] = String(value)
      }
      await run(readConfig(flags), own)
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
