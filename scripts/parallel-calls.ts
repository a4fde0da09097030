/**
 * Ten calls of one member at once: `getAccountInviteCodes` of the PDS beside Latchkey's, as a Markdown table for the
 * README. The member has earned three codes and created none. Each is asked twice: while nothing else happens, and
 * while another process holds the database's write lock for 300 ms, as a backup or a busy moment does.
 */
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { com } from '../src/lexicons/index.ts'
import { startFrontedWorld } from '../test/support/latchkey.ts'
import { type Member, startWorld } from '../test/support/pds.ts'
import { holdWriteLock } from '../test/support/write-lock.ts'
import { join, setBirth } from '../test/support/members.ts'

const CALLS = 10
const HOUR = 3_600_000
const EARNED = 3
const BUSY = 300
const LEXICON_KEYS = new Set([
  'code',
  'available',
  'disabled',
  'forAccount',
  'createdBy',
  'createdAt',
  'uses',
])

interface Outcome {
  readonly answers: string
  readonly shown: string
  readonly rows: number
  readonly extraKeys: string
}

/** One server, its database and its member. */
interface Side {
  readonly url: string
  readonly member: Member
  readonly databasePath: string
  /** Counts the member's codes in the database. */
  readonly countRows: string
}

async function callAtOnce({ url, member, databasePath, countRows }: Side, busy: boolean): Promise<Outcome> {
  const lock = busy ? await holdWriteLock(databasePath) : undefined
  const calls = Array.from({ length: CALLS }, () => call(url, member))
  if (lock !== undefined) {
    await sleep(BUSY)
    await lock[Symbol.asyncDispose]()
  }
  const answers = await Promise.all(calls)
  const lists = answers.flatMap(({ codes }) => codes ?? [])
  const keys = new Set(lists.flatMap((code) => Object.keys(code)).filter((key) => !LEXICON_KEYS.has(key)))
  const counts = new Set(answers.flatMap(({ codes }) => codes?.length ?? []))
  using database = new DatabaseSync(databasePath, { readOnly: true })
  return {
    answers: tally(answers.map(({ label }) => label)),
    shown: counts.size === 0 ? 'none' : [...counts].toSorted((a, b) => a - b).join(' or '),
    rows: Number(database.prepare(countRows).get(member.did)?.['n']),
    extraKeys: keys.size === 0 ? 'none' : [...keys].map((key) => `\`${key}\``).join(', '),
  }
}

async function call(url: string, { accessJwt }: Member) {
  const response = await fetch(`${url}/xrpc/${com.atproto.server.getAccountInviteCodes.$nsid}`, {
    headers: { authorization: `Bearer ${accessJwt}` },
  })
  const body = (await response.json()) as { error?: string; codes?: Record<string, unknown>[] }
  return { label: body.error ?? String(response.status), codes: body.codes }
}

function tally(labels: readonly string[]): string {
  const kinds = [...new Set(labels)].toSorted()
  return kinds.map((kind) => `${labels.filter((label) => label === kind).length} × ${kind}`).join(', ')
}

function birth(): Date {
  return new Date(Date.now() - EARNED * HOUR - 60_000)
}

async function askPds(busy: boolean): Promise<Outcome> {
  await using world = await startWorld({ inviteInterval: HOUR })
  const member = await world.createAccount({ handle: 'alice.test' })
  await setBirth({ world }, member.did, birth())
  const databasePath = `${world.dataDir}/pds/account.sqlite`
  const countRows = 'SELECT count(*) AS n FROM invite_code WHERE forAccount = ?'
  return await callAtOnce({ url: world.pds.url, member, databasePath, countRows }, busy)
}

async function askLatchkey(busy: boolean): Promise<Outcome> {
  await using fronted = await startFrontedWorld({ inviteInterval: '1h' })
  const member = await join(fronted, 'alice.test')
  await setBirth(fronted, member.did, birth())
  const { url, databasePath } = fronted
  const countRows = 'SELECT count(*) AS n FROM invite_code WHERE for_account = ?'
  return await callAtOnce({ url, member, databasePath, countRows }, busy)
}

const outcomes = [await askPds(false), await askLatchkey(false), await askPds(true), await askLatchkey(true)]

function row(name: string, show: (outcome: Outcome) => string | number): string {
  return `| ${[name, ...outcomes.map(show)].join(' | ')} |`
}

process.stdout.write(
  `${[
    '| | PDS | Latchkey | PDS, database busy | Latchkey, database busy |',
    '|---|---|---|---|---|',
    row('answers', ({ answers }) => answers),
    row('codes in a successful answer', ({ shown }) => shown),
    row(`rows afterwards, for ${EARNED} earned codes`, ({ rows }) => rows),
    row('keys that the lexicon does not have', ({ extraKeys }) => extraKeys),
  ].join('\n')}\n`,
)
