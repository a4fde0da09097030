/** The page that says of each finding what it means and what to do. */
const PAGE = 'docs/how-to/when-doctor-complains.md'

/** All checks, in the order of the report: what is so when all is well, and the section of the page that helps when not. */
export const CHECKS = {
  database: ['The database is there, current and can be written', 'the-database-cant-be-used'],
  disk: ['The disk of the database has room', 'the-disk-is-nearly-full'],
  latchkey: ['Latchkey runs', 'latchkey-does-not-run'],
  pds: ['The PDS answers', 'the-pds-does-not-answer'],
  password: ['The PDS takes the admin password', 'the-admin-password-is-wrong'],
  entryway: ['The PDS keeps its accounts itself', 'the-pds-is-behind-an-entryway'],
  invites: ['The PDS requires invite codes', 'the-pds-lets-anybody-in'],
  did: ['The PDS is the one of the database', 'the-pds-is-another-one'],
  clock: ['The clocks of the PDS and of this machine agree', 'the-clocks-differ'],
  interval: ['The PDS makes no codes of its own', 'the-pds-still-has-an-interval'],
  takeOver: ['The codes of the PDS were taken over', 'the-take-over-is-due'],
  openCodes: ['No code is open at the PDS', 'codes-are-open-at-the-pds'],
  firehose: ['The firehose of the PDS is followed', 'the-firehose-is-stalled'],
  resync: ['No comparison of the accounts waits', 'a-comparison-of-the-accounts-waits'],
  public: ['The public URL answers', 'the-public-url-does-not-answer'],
  certificate: ['The certificate of the public host is good', 'the-certificate-is-not-good'],
  doors: ['Both sign-up doors lead to Latchkey', 'a-door-does-not-lead-to-latchkey'],
  methods: ['All methods of Latchkey lead to it', 'a-method-does-not-lead-to-latchkey'],
  subdomains: ['Handle subdomains lead to Latchkey as well', 'a-subdomain-leads-past-latchkey'],
  letterCase: ['No letter case leads past Latchkey', 'a-letter-case-leads-past-latchkey'],
  slashes: ['No slash too many leads past Latchkey', 'a-slash-leads-past-latchkey'],
  escapes: ['No encoded character leads past Latchkey', 'an-encoded-character-leads-past-latchkey'],
  forms: ['No other form of a request leads past Latchkey', 'another-form-of-a-request-leads-past-latchkey'],
  pdsPort: ['The port of the PDS is closed to the world', 'the-port-of-the-pds-is-open-to-the-world'],
} as const satisfies Record<string, readonly [title: string, anchor: string]>

export type CheckName = keyof typeof CHECKS

/** What came of a check. */
export type Outcome =
  | { readonly kind: 'passed' }
  /** Something is wrong: what was tried and what was seen, without secrets and codes. */
  | { readonly kind: 'failed'; readonly tried: string; readonly saw: string }
  /** It may be wrong, which can't be told from here: what was tried and what was seen, as above. */
  | { readonly kind: 'warned'; readonly tried: string; readonly saw: string }
  /** It could not be found out, and why. */
  | { readonly kind: 'skipped'; readonly reason: string }

export type Outcomes<N extends CheckName = CheckName> = Readonly<Record<N, Outcome>>

/** A check and what came of it. */
export interface Diagnosis {
  readonly check: CheckName
  readonly title: string
  readonly outcome: Outcome
  /** Page and section. */
  readonly help: string
}

export const PASSED: Outcome = { kind: 'passed' }

export function failed(tried: string, saw: string): Outcome {
  return { kind: 'failed', tried, saw }
}

export function warned(tried: string, saw: string): Outcome {
  return { kind: 'warned', tried, saw }
}

export function skipped(reason: string): Outcome {
  return { kind: 'skipped', reason }
}

/** The same outcome for several checks. */
export function all<const N extends CheckName>(names: readonly N[], outcome: Outcome): Outcomes<N> {
  return Object.fromEntries(names.map((name) => [name, outcome])) as Outcomes<N>
}

/** Puts outcomes in the order of the report. */
export function inOrder(outcomes: Outcomes): readonly Diagnosis[] {
  const names = Object.keys(CHECKS) as CheckName[]
  return names.map((check) => {
    const [title, anchor] = CHECKS[check]
    return { check, title, outcome: outcomes[check], help: `${PAGE}#${anchor}` }
  })
}

/** What an error says, and the system's code of what is behind it. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = codeOf(error) ?? codeOf(error.cause)
  return code === undefined || error.message.includes(code) ? error.message : `${error.message} (${code})`
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('code' in error && typeof error.code === 'string') return error.code
  return error.cause === undefined ? undefined : codeOf(error.cause)
}
