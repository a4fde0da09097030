import type { InviteLimits } from './invites/service.ts'
import type { Duration, Instant, Policy } from './invites/types.ts'
import { Expected, type LogLevel } from './setting-values.ts'
import { type Setting, SETTINGS } from './settings.ts'

/** Everything `latchkey serve` is told from outside. */
export interface Config {
  readonly port: number
  readonly bind: string
  readonly publicUrl: URL
  readonly pdsUrl: URL
  /** Where the pages are. */
  readonly webUrl: URL
  /** The DIDs of administrators and moderators among the accounts. */
  readonly admins: readonly string[]
  readonly moderators: readonly string[]
  /** Where sign-ups are sent on instead of the PDS itself; undefined: nowhere else. */
  readonly doorsUrl: URL | undefined
  readonly pdsAdminPassword: string
  /** Accepted beside the PDS's own; the same where unset. */
  readonly adminPassword: string
  readonly pdsJwtSecret: string | undefined
  readonly pdsRateLimitBypassKey: string | undefined
  /** The path of the PDS's own settings, which say whether it still makes codes at an interval. */
  readonly pdsEnv: string | undefined
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
  /** Reverse proxies whose word on a client's address is taken: addresses, networks, or Fastify's names of networks. */
  readonly trustedProxies: readonly string[]
  /** A client with so many failures within the window has to wait for its end. */
  readonly guessing: { readonly failures: number; readonly window: Duration }
  /** For answers that are kept ready and verdicts on tokens, together. */
  readonly cacheMegabytes: number
  /** Where metrics are served; undefined when they are not. */
  readonly metrics: { readonly port: number; readonly bind: string } | undefined
  readonly shutdownTimeout: Duration
  readonly logLevel: LogLevel
}

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

/** What a file of settings gives, by variable. */
export interface SettingsFile {
  readonly path: string
  readonly values: Readonly<Record<string, string | undefined>>
}

/** The variable that names a file of settings. */
export const SETTINGS_FILE = 'LATCHKEY_SETTINGS'

/** @returns the path of the file of settings, from its flag or the environment; undefined when there is none */
export function settingsPath(flag: string | undefined): string | undefined {
  return flag || process.env[SETTINGS_FILE] || undefined
}

/** Sets a variable of the environment for packages that read it when they are imported and have no option for it. */
export function setVariable(name: string, value: string): void {
  process.env[name] = value
}

/**
 * Shapes settings from flags; where a flag is missing, from the environment; and where both are, from a file.
 *
 * @throws {ConfigError} with one sentence for each wrong, missing or unknown setting, all at once
 */
export function readConfig(
  flags: FlagValues,
  environment: NodeJS.ProcessEnv = process.env,
  file?: SettingsFile,
): Config {
  const ours = Object.keys(environment).filter(
    (name) => name.startsWith('LATCHKEY_') && name !== SETTINGS_FILE,
  )
  // Any other name in the file is a mistake too: the file is Latchkey's own.
  const filed = Object.keys(file?.values ?? {})
  const sentences = [...unknownNames(ours), ...unknownNames(filed, ` in ${file?.path}`)]

  function read<N extends SettingName>(name: N): Value<N> | undefined {
    const setting: Setting<unknown> = SETTINGS[name]
    const flag = flags[name]
    // An empty value is none: `--admin-password "$UNSET"` must not make the empty password good.
    const ambient = environment[setting.variable]
    const given = flag || ambient || file?.values[setting.variable] || setting.fallback
    const origin = !ambient && file?.values[setting.variable] ? ` in ${file.path}` : ''
    const label = flag ? `--${setting.flag}` : `${setting.variable}${origin}`
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
    trustedProxies: read('trustedProxies'),
    failures: read('guessLimit'),
    window: read('guessWindow'),
    cacheMegabytes: read('cacheSize'),
    metricsBind: read('metricsBind'),
  }
  const metricsPort = read('metricsPort')
  const webUrl = read('webUrl')
  const optional = {
    doorsUrl: read('doorsUrl'),
    pdsJwtSecret: read('pdsJwtSecret'),
    pdsRateLimitBypassKey: read('pdsRateLimitBypassKey'),
    pdsEnv: read('pdsEnv'),
    admins: read('admins') ?? [],
    moderators: read('moderators') ?? [],
    policy: { interval: read('inviteInterval'), epoch: read('inviteEpoch'), cap: read('inviteCap') },
  }
  if (sentences.length > 0 || !isComplete(values)) throw new ConfigError(sentences)
  const { codesPerRequest, usesPerCode, failures, window, metricsBind, ...rest } = values
  return {
    ...rest,
    ...optional,
    webUrl: webUrl ?? pagesAt(values.publicUrl),
    limits: { codesPerRequest, usesPerCode },
    guessing: { failures, window },
    metrics: metricsPort === undefined ? undefined : { port: metricsPort, bind: metricsBind },
  }
}

/** For each part of the policy that is given, and so written into the database at every start, the variable that gives it. */
export function policySettings({ policy }: Pick<Config, 'policy'>): Partial<Record<keyof Policy, string>> {
  const { inviteInterval, inviteEpoch, inviteCap } = SETTINGS
  return {
    ...(policy.interval !== undefined && { interval: inviteInterval.variable }),
    ...(policy.epoch !== undefined && { epoch: inviteEpoch.variable }),
    ...(policy.cap !== undefined && { cap: inviteCap.variable }),
  }
}

/** OAuth servers send nobody back to `localhost`, only to its address (RFC 8252 section 8.3). */
function pagesAt(publicUrl: URL): URL {
  const url = new URL(publicUrl)
  if (url.protocol === 'http:' && url.hostname === 'localhost') url.hostname = '127.0.0.1'
  return url
}

function isComplete<T extends object>(values: T): values is { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.values(values).every((value) => value !== undefined)
}

/** @param origin where the names stand, when not in the environment */
function unknownNames(names: readonly string[], origin = ''): string[] {
  const known = new Set<string>(Object.values(SETTINGS).map(({ variable }) => variable))
  return names
    .filter((name) => !known.has(name))
    .toSorted()
    .map((name) => `${name}${origin} is no setting of Latchkey; docs/reference/settings.md lists them all.`)
}
