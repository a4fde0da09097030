import { randomUUID } from 'node:crypto'
import { existsSync, linkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { Command } from 'commander'
import { openStore } from '../../workbench.ts'
import { type Config, ConfigError, type FlagValues, readConfig } from '../../config.ts'
import { SETTINGS } from '../../settings.ts'
import { readText } from '../settings-file.ts'

interface InitFlags {
  readonly pdsEnv: string
  readonly pdsUrl?: string
  readonly database?: string
  readonly out: string
  readonly withJwtSecret?: true
}

type Variables = Readonly<Record<string, string | undefined>>

/** What the official distribution's image sets where `pds.env` does not. */
const PDS_PORT = '3000'

const HOUR = 3_600_000

/** `latchkey init`: Latchkey's settings, taken once from those of a PDS. */
export function initCommand(): Command {
  return new Command('init')
    .description("Write a file of settings from a PDS's own, its pds.env. Run once, before anything else.")
    .requiredOption('--pds-env <file>', "the PDS's settings; only read, and only what is needed is taken")
    .option(
      '--pds-url <url>',
      `where Latchkey reaches the PDS (default: http://127.0.0.1 and its PDS_PORT, or ${PDS_PORT})`,
    )
    .option('--database <sqlite:PATH>', `where invitations are kept (default: ${SETTINGS.database.fallback})`)
    .option('--out <file>', 'the file to write, for its owner alone; nothing is overwritten', 'latchkey.env')
    .option('--with-jwt-secret', 'take PDS_JWT_SECRET too: Latchkey then verifies session tokens itself')
    .action(init)
}

async function init(given: InitFlags): Promise<void> {
  const out = resolve(given.out)
  const pdsEnv = resolve(given.pdsEnv)
  const pds: Variables = parseEnv(readText(pdsEnv, 'The settings of the PDS'))
  refuseUnfit(pds, pdsEnv)
  const interval = milliseconds(pds, 'PDS_INVITE_INTERVAL', 1)
  const epoch = milliseconds(pds, 'PDS_INVITE_EPOCH', 0)
  const taken = settingsFrom(pds, { ...given, pdsEnv })
  const config = readConfig(taken, {})
  const databasePath = resolve(config.databasePath)
  const settings = { ...taken, database: `sqlite:${databasePath}` }
  const text = asText(settings)
  refuseTaken(out)

  const partial = `${out}.partial-${randomUUID()}`
  try {
    write(partial, text)
    await withPolicy(config, { interval, epoch }, () => putInPlace(partial, out))
  } finally {
    rmSync(partial, { force: true })
  }
  report({ out, pdsEnv, settings, databasePath, interval })
}

/** @throws {ConfigError} when something is there, which may be dear to somebody */
function refuseTaken(out: string): void {
  const found = statSync(out, { throwIfNoEntry: false })
  if (found === undefined) return
  throw new ConfigError([
    found.isDirectory()
      ? `${out} is a folder: give --out the name of a file in it.`
      : `${out} is there already, and nothing is overwritten: give another --out, or move it away.`,
  ])
}

/** Unlike renaming, this overwrites nothing that came meanwhile. */
function putInPlace(partial: string, out: string): void {
  try {
    linkSync(partial, out)
  } catch (error) {
    refuseTaken(out)
    throw unwritable(error)
  }
}

/**
 * Keeps in the database what the PDS says of earning, and does the rest.
 *
 * @throws what the database or the rest does; the database is as it was then, and gone if there was none
 */
async function withPolicy(
  config: Config,
  { interval, epoch }: Partial<Record<'interval' | 'epoch', number | undefined>>,
  rest: () => void,
): Promise<void> {
  const { databasePath, publicUrl } = config
  const isNew = !existsSync(databasePath)
  try {
    await using store = await openStore(config)
    const before = await store.policy(publicUrl.hostname)
    const policy = { interval: interval ?? before.interval, epoch: epoch ?? before.epoch, cap: before.cap }
    const isSet = interval !== undefined || epoch !== undefined
    if (isSet) await store.setPolicy(publicUrl.hostname, policy)
    try {
      rest()
    } catch (error) {
      if (isSet) await store.setPolicy(publicUrl.hostname, before)
      throw error
    }
  } catch (error) {
    if (isNew) for (const suffix of ['', '-wal', '-shm']) rmSync(`${databasePath}${suffix}`, { force: true })
    throw error
  }
}

/** @throws {ConfigError} when Latchkey can't stand in front of such a PDS */
function refuseUnfit(pds: Variables, path: string): void {
  const sentences: string[] = []
  for (const name of ['PDS_HOSTNAME', 'PDS_ADMIN_PASSWORD'])
    if (!pds[name]) sentences.push(`${path} does not set ${name}: is it the pds.env of a PDS?`)
  if (pds['PDS_ENTRYWAY_URL'])
    sentences.push(
      `${path} sets PDS_ENTRYWAY_URL: such a PDS leaves accounts and invites to an entryway, and Latchkey can't stand in front of it.`,
    )
  // The PDS requires invites unless it is told otherwise, in one of these two spellings.
  if (['false', '0'].includes(pds['PDS_INVITE_REQUIRED'] ?? ''))
    sentences.push(
      `${path} sets PDS_INVITE_REQUIRED=${pds['PDS_INVITE_REQUIRED']}, so that anyone can sign up past Latchkey: set PDS_INVITE_REQUIRED=true and restart the PDS.`,
    )
  if (sentences.length > 0) throw new ConfigError(sentences)
}

/** Reads a number as the PDS does. @returns undefined when it is not set or none */
function milliseconds(pds: Variables, name: string, least: number): number | undefined {
  const value = Number.parseInt(pds[name] ?? '', 10)
  if (Number.isNaN(value)) return undefined
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new ConfigError([`${name} is "${pds[name]}", expected milliseconds from ${least} on.`])
}

function settingsFrom(pds: Variables, { pdsEnv, pdsUrl, database, withJwtSecret }: InitFlags): FlagValues {
  const settings: Record<string, string | undefined> = {
    publicUrl: `https://${pds['PDS_HOSTNAME']}`,
    pdsUrl: pdsUrl ?? `http://127.0.0.1:${pds['PDS_PORT'] || PDS_PORT}`,
    pdsAdminPassword: pds['PDS_ADMIN_PASSWORD'],
    pdsJwtSecret: withJwtSecret === true ? pds['PDS_JWT_SECRET'] : undefined,
    pdsRateLimitBypassKey: pds['PDS_RATE_LIMIT_BYPASS_KEY'],
    pdsEnv,
    database,
  }
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => Boolean(value)))
}

/** @throws {ConfigError} for a value that no quotes can hold */
function asText(settings: FlagValues): string {
  const lines = Object.entries(settings).map(([name, value]) => {
    const { variable } = SETTINGS[name as keyof FlagValues]
    const line = `${variable}=${quoted(value)}`
    if (parseEnv(line)[variable] === value) return line
    throw new ConfigError([
      `${variable} would hold a quote or a line break: such a value can't be written to the file.`,
    ])
  })
  return `# Settings of Latchkey, written by latchkey init.\n${lines.join('\n')}\n`
}

/** Shells, systemd, Docker Compose and Node all take what is in single quotes as it is. */
function quoted(value: string): string {
  return /^[\w./:@%+-]*$/.test(value) ? value : `'${value}'`
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600, flag: 'wx', flush: true })
  } catch (error) {
    throw unwritable(error)
  }
}

function unwritable(error: unknown): ConfigError {
  const reason = error instanceof Error ? error.message : String(error)
  return new ConfigError([`The settings can't be written: ${reason}.`])
}

function report(done: {
  readonly out: string
  readonly pdsEnv: string
  readonly settings: FlagValues
  readonly databasePath: string
  readonly interval: number | undefined
}): void {
  const { out, pdsEnv, settings, databasePath, interval } = done
  const names = Object.keys(settings).map((name) => SETTINGS[name as keyof FlagValues].variable)
  const lines = [`${out} has ${names.join(', ')}.`]
  if (interval !== undefined)
    lines.push(
      `Members earn a code every ${interval / HOUR} hours, as at the PDS so far: kept in ${databasePath}.`,
      `Once Latchkey stands in front of the PDS, remove PDS_INVITE_INTERVAL from ${pdsEnv} and restart the PDS.`,
    )
  lines.push(`Next: latchkey import --settings ${out}`, `Then: latchkey routes --settings ${out}`)
  process.stdout.write(`${lines.join('\n')}\n`)
}
