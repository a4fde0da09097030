import type { InviteLimits } from './invites/service.ts'
import type { Duration, Instant } from './invites/types.ts'

/** Everything `latchkey serve` is told from outside. */
export interface Config {
  readonly port: number
  readonly bind: string
  readonly publicUrl: URL
  readonly pdsUrl: URL
  readonly pdsAdminPassword: string
  /** Accepted beside the PDS's own; the same where unset. */
  readonly adminPassword: string
  readonly pdsJwtSecret: string | undefined
  readonly pdsRateLimitBypassKey: string | undefined
  /** The path of the SQLite file. */
  readonly databasePath: string
  /** What of the policy is given; undefined leaves what the database has. A null interval: nobody earns. */
  readonly policy: {
    readonly interval: Duration | null | undefined
    readonly epoch: Instant | undefined
    readonly cap: number | undefined
  }
  readonly fresh: boolean
  readonly limits: InviteLimits
  readonly shutdownTimeout: Duration
  readonly logLevel: LogLevel
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** A wrong value; the message says what is expected. */
class Expected extends Error {}

/** One setting: a variable, a flag and a row of the reference. */
export interface Setting<T> {
  readonly variable: string
  /** The name of its flag, without dashes. */
  readonly flag: string
  /** How the value is shown in help: `--port <number>`. Empty for a switch. */
  readonly placeholder: string
  readonly description: string
  /** The value when none is given, as one would write it; undefined when there is none. */
  readonly fallback?: string
  readonly required?: boolean
  /** Whether the value must not be shown. */
  readonly secret?: boolean
  readonly parse: (given: string) => T
}

/** Parses `7d`, `12h`, `500ms` … @returns milliseconds; @throws when it is not a positive whole length of time */
function parseDuration(given: string): Duration {
  const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
  const match = /^(\d{1,15})(ms|s|m|h|d|w)$/.exec(given.trim())
  const duration = Number(match?.[1]) * units[(match?.[2] ?? 'ms') as keyof typeof units]
  if (Number.isSafeInteger(duration) && duration > 0) return duration
  throw new Expected('a length of time such as 7d, 12h, 10s or 500ms')
}

function parseInterval(given: string): Duration | null {
  return given === 'off' ? null : parseDuration(given)
}

function parseInstant(given: string): Instant {
  const instant = /^\d{1,15}$/.test(given) ? Number(given) : parseIsoInstant(given)
  if (Number.isSafeInteger(instant)) return instant
  throw new Expected('a date such as 2026-01-01 or 2026-01-01T12:00:00Z, or milliseconds since 1970')
}

function parseIsoInstant(given: string): number {
  return /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(given)
    ? Date.parse(given)
    : Number.NaN
}

function parseWholeNumber(least: number, most: number): (given: string) => number {
  return (given) => {
    const value = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN
    if (value >= least && value <= most) return value
    throw new Expected(`a whole number from ${least} to ${most}`)
  }
}

function parseOrigin(given: string): URL {
  const url = URL.canParse(given) ? new URL(given) : undefined
  const bare = url?.pathname === '/' && url.search === '' && url.hash === '' && url.username === ''
  if (url !== undefined && bare && /^https?:$/.test(url.protocol)) return url
  throw new Expected('an http or https URL without a path, such as https://pds.example.com')
}

function parseDatabase(given: string): string {
  const path = /^sqlite:(.+)$/.exec(given)?.[1]
  if (path !== undefined) return path
  throw new Expected('sqlite:PATH, such as sqlite:/var/lib/latchkey/latchkey.sqlite')
}

function parseSwitch(given: string): boolean {
  if (given === 'true') return true
  if (given === 'false') return false
  throw new Expected('true or false')
}

function parseLogLevel(given: string): LogLevel {
  const level = LOG_LEVELS.find((candidate) => candidate === given)
  if (level !== undefined) return level
  throw new Expected(`one of ${LOG_LEVELS.join(', ')}`)
}

function parseText(given: string): string {
  return given
}

/** All settings, in the order of the reference. */
export const SETTINGS = {
  publicUrl: {
    variable: 'LATCHKEY_PUBLIC_URL',
    flag: 'public-url',
    placeholder: 'url',
    description: 'The public URL that clients use for the PDS. Its host name begins every invite code.',
    required: true,
    parse: parseOrigin,
  },
  pdsUrl: {
    variable: 'LATCHKEY_PDS_URL',
    flag: 'pds-url',
    placeholder: 'url',
    description: 'Where Latchkey reaches the PDS itself, past the reverse proxy.',
    required: true,
    parse: parseOrigin,
  },
  pdsAdminPassword: {
    variable: 'LATCHKEY_PDS_ADMIN_PASSWORD',
    flag: 'pds-admin-password',
    placeholder: 'password',
    description: "The PDS's admin password (`PDS_ADMIN_PASSWORD`).",
    required: true,
    secret: true,
    parse: parseText,
  },
  adminPassword: {
    variable: 'LATCHKEY_ADMIN_PASSWORD',
    flag: 'admin-password',
    placeholder: 'password',
    description:
      "A password of Latchkey's own for its administrators. The PDS's is accepted as well, since pdsadmin and goat send it.",
    secret: true,
    parse: parseText,
  },
  pdsJwtSecret: {
    variable: 'LATCHKEY_PDS_JWT_SECRET',
    flag: 'pds-jwt-secret',
    placeholder: 'secret',
    description:
      "The PDS's `PDS_JWT_SECRET`. With it Latchkey verifies session tokens itself; without it the PDS is asked.",
    secret: true,
    parse: parseText,
  },
  pdsRateLimitBypassKey: {
    variable: 'LATCHKEY_PDS_RATE_LIMIT_BYPASS_KEY',
    flag: 'pds-rate-limit-bypass-key',
    placeholder: 'key',
    description:
      "The PDS's `PDS_RATE_LIMIT_BYPASS_KEY`, which exempts Latchkey's own calls from its rate limits.",
    secret: true,
    parse: parseText,
  },
  database: {
    variable: 'LATCHKEY_DATABASE',
    flag: 'database',
    placeholder: 'sqlite:PATH',
    description: 'Where invitations are kept.',
    fallback: 'sqlite:latchkey.sqlite',
    parse: parseDatabase,
  },
  port: {
    variable: 'LATCHKEY_PORT',
    flag: 'port',
    placeholder: 'number',
    description: 'The port to listen on; 0 takes a free one.',
    fallback: '2690',
    parse: parseWholeNumber(0, 65_535),
  },
  bind: {
    variable: 'LATCHKEY_BIND',
    flag: 'bind',
    placeholder: 'address',
    description: 'The address to listen on.',
    fallback: '127.0.0.1',
    parse: parseText,
  },
  inviteInterval: {
    variable: 'LATCHKEY_INVITE_INTERVAL',
    flag: 'invite-interval',
    placeholder: 'duration',
    description:
      'Members earn one code per interval, such as `7d`; `off` stops earning. Kept in the database: unset leaves what is there, at first nobody earns.',
    parse: parseInterval,
  },
  inviteEpoch: {
    variable: 'LATCHKEY_INVITE_EPOCH',
    flag: 'invite-epoch',
    placeholder: 'date',
    description:
      'Only intervals after this date count, such as `2026-01-01`. Kept in the database; at first all of an account’s life counts.',
    parse: parseInstant,
  },
  inviteCap: {
    variable: 'LATCHKEY_INVITE_CAP',
    flag: 'invite-cap',
    placeholder: 'number',
    description: 'A member with this many open earned codes earns no more. Kept in the database; at first 5.',
    parse: parseWholeNumber(1, 1000),
  },
  fresh: {
    variable: 'LATCHKEY_FRESH',
    flag: 'fresh',
    placeholder: '',
    description:
      'Let members earn although the PDS has invite codes that Latchkey does not know. Those codes keep their meaning for the PDS only.',
    fallback: 'false',
    parse: parseSwitch,
  },
  maxCodes: {
    variable: 'LATCHKEY_MAX_CODES_PER_REQUEST',
    flag: 'max-codes-per-request',
    placeholder: 'number',
    description: 'The most codes that one request may create, over all its accounts.',
    fallback: '10000',
    parse: parseWholeNumber(1, 1_000_000),
  },
  maxUses: {
    variable: 'LATCHKEY_MAX_USES_PER_CODE',
    flag: 'max-uses-per-code',
    placeholder: 'number',
    description: 'The most uses that a code may be created with.',
    fallback: '100000',
    parse: parseWholeNumber(1, 1_000_000_000),
  },
  shutdownTimeout: {
    variable: 'LATCHKEY_SHUTDOWN_TIMEOUT',
    flag: 'shutdown-timeout',
    placeholder: 'duration',
    description: 'How long requests in flight may take to finish when the server stops.',
    fallback: '30s',
    parse: parseDuration,
  },
  logLevel: {
    variable: 'LATCHKEY_LOG_LEVEL',
    flag: 'log-level',
    placeholder: 'level',
    description: `How much is logged: ${LOG_LEVELS.join(', ')}.`,
    fallback: 'info',
    parse: parseLogLevel,
  },
} as const satisfies Record<string, Setting<unknown>>

type Settings = typeof SETTINGS
type SettingName = keyof Settings
type Value<N extends SettingName> = ReturnType<Settings[N]['parse']>

/** Settings can't be used. Each sentence names the variable, what was given and what is expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly sentences: readonly string[]

  constructor(sentences: readonly string[]) {
    super(sentences.join('\n'))
    this.sentences = sentences
  }
}

/** Values of flags by the setting they set, as the command line gave them. */
export type FlagValues = Partial<Record<SettingName, string>>

/**
 * Shapes settings from flags and, where a flag is missing, the environment.
 *
 * @throws {ConfigError} with one sentence for each wrong, missing or unknown setting, all at once
 */
export function readConfig(flags: FlagValues, environment: NodeJS.ProcessEnv = process.env): Config {
  const sentences = unknownVariables(environment)

  function read<N extends SettingName>(name: N): Value<N> | undefined {
    const setting: Setting<unknown> = SETTINGS[name]
    const flag = flags[name]
    const given = flag ?? (environment[setting.variable] || setting.fallback)
    const label = flag === undefined ? setting.variable : `--${setting.flag}`
    if (given === undefined) {
      if (setting.required === true) sentences.push(`${setting.variable} is missing: ${setting.description}`)
      return undefined
    }
    try {
      return setting.parse(given) as Value<N>
    } catch (error) {
      if (!(error instanceof Expected)) throw error
      const shown = setting.secret === true ? 'a value' : `"${given}"`
      sentences.push(`${label} is ${shown}, expected ${error.message}.`)
      return undefined
    }
  }

  const pdsAdminPassword = read('pdsAdminPassword')
  const values = {
    port: read('port'),
    bind: read('bind'),
    publicUrl: read('publicUrl'),
    pdsUrl: read('pdsUrl'),
    pdsAdminPassword,
    adminPassword: read('adminPassword') ?? pdsAdminPassword,
    databasePath: read('database'),
    fresh: read('fresh'),
    shutdownTimeout: read('shutdownTimeout'),
    logLevel: read('logLevel'),
    codesPerRequest: read('maxCodes'),
    usesPerCode: read('maxUses'),
  }
  const optional = {
    pdsJwtSecret: read('pdsJwtSecret'),
    pdsRateLimitBypassKey: read('pdsRateLimitBypassKey'),
    policy: { interval: read('inviteInterval'), epoch: read('inviteEpoch'), cap: read('inviteCap') },
  }
  if (sentences.length > 0 || !isComplete(values)) throw new ConfigError(sentences)
  const { codesPerRequest, usesPerCode, ...rest } = values
  return { ...rest, ...optional, limits: { codesPerRequest, usesPerCode } }
}

function isComplete<T extends object>(values: T): values is { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.values(values).every((value) => value !== undefined)
}

function unknownVariables(environment: NodeJS.ProcessEnv): string[] {
  const known = new Set<string>(Object.values(SETTINGS).map(({ variable }) => variable))
  return Object.keys(environment)
    .filter((name) => name.startsWith('LATCHKEY_') && !known.has(name))
    .toSorted()
    .map((name) => `${name} is no setting of Latchkey; docs/reference/settings.md lists them all.`)
}
