import { readFileSync, statSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { ConfigError, type SettingsFile } from '../config.ts'

/** Others than the owner may read. */
const READABLE_BY_OTHERS = 0o044

/**
 * Reads a file of settings, and says on standard error when others can read it too.
 *
 * @throws {ConfigError} when it can't be read
 */
export function readSettingsFile(path: string): SettingsFile {
  const text = readText(path, 'The settings')
  if ((statSync(path).mode & READABLE_BY_OTHERS) !== 0) {
    process.stderr.write(
      `Others than its owner can read ${path}, and it holds passwords: chmod 600 ${path} mends that.\n`,
    )
  }
  return { path, values: parseEnv(text) }
}

/**
 * Reads a file of text.
 *
 * @param what begins the sentence when it can't be read
 * @throws {ConfigError} with that sentence
 */
export function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigError([`${what} can't be read: ${reason}.`])
  }
}
