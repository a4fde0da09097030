import {
  LOG_LEVELS,
  parseDatabase,
  parseDids,
  parseInstant,
  parseInterval,
  parseLogLevel,
  parseOrigin,
  parseProxies,
  parsePublicUrl,
  parseShortDuration,
  parseSwitch,
  parseText,
  parseWebUrl,
  parseWholeNumber,
} from './setting-values.ts'

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

/** All settings, in the order of the reference. */
export const SETTINGS = {
  publicUrl: {
    variable: 'LATCHKEY_PUBLIC_URL',
    flag: 'public-url',
    placeholder: 'url',
    description: 'The public URL that clients use for the PDS. Its host name begins every invite code.',
    required: true,
    parse: parsePublicUrl,
  },
  pdsUrl: {
    variable: 'LATCHKEY_PDS_URL',
    flag: 'pds-url',
    placeholder: 'url',
    description: 'Where Latchkey reaches the PDS itself, past the reverse proxy.',
    required: true,
    parse: parseOrigin,
  },
  doorsUrl: {
    variable: 'LATCHKEY_DOORS_URL',
    flag: 'doors-url',
    placeholder: 'url',
    description:
      'Another gate between Latchkey and the PDS, such as pds-gatekeeper: sign-ups at both doors are sent on there, everything else to the PDS. Unset: sign-ups go to the PDS too.',
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
  pdsEnv: {
    variable: 'LATCHKEY_PDS_ENV',
    flag: 'pds-env',
    placeholder: 'file',
    description:
      "The PDS's own settings, its `pds.env`. Latchkey looks there every hour whether `PDS_INVITE_INTERVAL` is set, and warns once a day while it is, or while the file can't be read.",
    parse: parseText,
  },
  webUrl: {
    variable: 'LATCHKEY_WEB_URL',
    flag: 'web-url',
    placeholder: 'url',
    description:
      'Where the pages are: `/invites`, `/join`, `/admin`. Another host name than the PDS’s keeps them apart from its sign-in pages (`docs/why/threat-model.md` says why); it has to lead to Latchkey, and for a PDS before 0.5 it must not be a sibling of the PDS’s name. Unset: the public URL, on this machine with `127.0.0.1` for `localhost`.',
    parse: parseWebUrl,
  },
  admins: {
    variable: 'LATCHKEY_ADMINS',
    flag: 'admins',
    placeholder: 'dids',
    description: 'The accounts, by their DIDs, that may do everything in the console.',
    parse: parseDids,
  },
  moderators: {
    variable: 'LATCHKEY_MODERATORS',
    flag: 'moderators',
    placeholder: 'dids',
    description: 'The accounts, by their DIDs, that may look at everything in the console and disable codes.',
    parse: parseDids,
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
  trustedProxies: {
    variable: 'LATCHKEY_TRUSTED_PROXIES',
    flag: 'trusted-proxies',
    placeholder: 'list',
    description:
      'Reverse proxies whose `X-Forwarded-For` tells the address of the client: addresses and networks with commas between them, the names `loopback`, `linklocal`, `uniquelocal`, or `none`.',
    fallback: 'loopback,linklocal,uniquelocal',
    parse: parseProxies,
  },
  guessLimit: {
    variable: 'LATCHKEY_GUESS_LIMIT',
    flag: 'guess-limit',
    placeholder: 'number',
    description:
      'So many sign-ups with a code that is not good, and an address (IPv6: a /64) has to wait before it may try another.',
    fallback: '10',
    parse: parseWholeNumber(1, 1_000_000),
  },
  guessWindow: {
    variable: 'LATCHKEY_GUESS_WINDOW',
    flag: 'guess-window',
    placeholder: 'duration',
    description: 'How long such failures of an address count, from the first of them on; `1d` at most.',
    fallback: '10m',
    parse: parseShortDuration,
  },
  cacheSize: {
    variable: 'LATCHKEY_CACHE_MB',
    flag: 'cache-mb',
    placeholder: 'megabytes',
    description:
      'How much memory may be taken by answers that are kept ready for members (three quarters) and by what was found of their tokens (one quarter). With 0 every call is asked of the PDS and made anew.',
    fallback: '128',
    parse: parseWholeNumber(0, 65_536),
  },
  metricsPort: {
    variable: 'LATCHKEY_METRICS_PORT',
    flag: 'metrics-port',
    placeholder: 'number',
    description:
      'The port on which `/metrics` is served to Prometheus; 0 takes a free one. Unset: no metrics are served.',
    parse: parseWholeNumber(0, 65_535),
  },
  metricsBind: {
    variable: 'LATCHKEY_METRICS_BIND',
    flag: 'metrics-bind',
    placeholder: 'address',
    description: 'The address on which `/metrics` is served. Whoever reaches it may read it.',
    fallback: '127.0.0.1',
    parse: parseText,
  },
  shutdownTimeout: {
    variable: 'LATCHKEY_SHUTDOWN_TIMEOUT',
    flag: 'shutdown-timeout',
    placeholder: 'duration',
    description: 'How long requests in flight may take to finish when the server stops; `1d` at most.',
    fallback: '70s',
    parse: parseShortDuration,
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
