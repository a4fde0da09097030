import { type Command, Option } from 'commander'
import { type Config, type FlagValues, readConfig, SETTINGS_FILE, settingsPath } from '../config.ts'
import { type Setting, SETTINGS } from '../settings.ts'
import { readSettingsFile } from './settings-file.ts'

/**
 * Gives a command all settings as flags, and `--settings` for a file of them.
 *
 * @param run gets the settings, from flags first, the environment second and the file third, and the command's own options
 * @param unused stands in for settings that the command has no use for, so that it runs without them
 */
export function withSettings(
  command: Command,
  run: (config: Config, own: Readonly<Record<string, string | true>>) => Promise<void>,
  unused: FlagValues = {},
): Command {
  const names = new Map<string, string>()
  for (const [name, setting] of Object.entries<Setting<unknown>>(SETTINGS)) {
    const option = asOption(setting)
    names.set(option.attributeName(), name)
    command.addOption(option)
  }
  return command
    .option(
      '--settings <file>',
      `a file of settings, one VARIABLE=value a line; variables and flags win over it (${SETTINGS_FILE})`,
    )
    .addHelpText(
      'after',
      '\nPasswords and secrets are better given as variables or in the file: flags can be seen by others.',
    )
    .action(async () => {
      const { settings, ...given } = command.opts<Record<string, string | true>>()
      const own: Record<string, string | true> = {}
      const flags: Record<string, string> = { ...unused }
      for (const [attribute, value] of Object.entries(given)) {
        const name = names.get(attribute)
        if (name === undefined) own[attribute] = value
        else flags[name] = String(value)
      }
      const path = settingsPath(settings === undefined ? undefined : String(settings))
      await run(readConfig(flags, undefined, path === undefined ? undefined : readSettingsFile(path)), own)
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
