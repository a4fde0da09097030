/**
 * Holds Latchkey's database against the PDS's and tells every disagreement: every arrival has exactly one use, every
 * use its arrival, and no counter is off. It knows both schemas and none of Latchkey's code.
 *
 *     node test/chaos/auditor.ts LATCHKEY_DATABASE PDS_ACCOUNT_DATABASE HOSTNAME
 */
import { pathToFileURL } from 'node:url'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'

/** What to hold against each other. */
export interface Books {
  /** Latchkey's SQLite file. */
  readonly latchkey: string
  /** The PDS's `account.sqlite`. */
  readonly pds: string
  /** The host name that Latchkey's owners of codes at the PDS carry. */
  readonly hostname: string
}

const OPEN_STATES = ['reserved', 'forwarded', 'settling']

/**
 * Finds every violation once nothing is under way any more: unfinished sign-ups are violations too.
 *
 * @returns one sentence each; none when the books agree
 */
export function audit(books: Books): readonly string[] {
  using latchkey = openReader(books.latchkey)
  using pds = openReader(books.pds)
  const arrivals = arrivalsAt(pds, books.hostname)
  return [
    ...unfinished(latchkey, pds, books.hostname),
    ...arrivals.flatMap((arrival) => misjudgedArrival(arrival, latchkey)),
    ...usesWithoutArrival(latchkey, pds, arrivals),
    ...reservationsAtOdds(latchkey),
    ...countersOff(latchkey),
    ...importsAtOdds(latchkey, pds),
    ...wrongInviters(latchkey),
    ...uninvited(pds),
  ]
}

/** What of {@link audit} time alone will mend: it is worth waiting while there is any. */
export function underWay({ latchkey: path, pds: pdsPath, hostname }: Books): readonly string[] {
  using latchkey = openReader(path)
  using pds = openReader(pdsPath)
  return unfinished(latchkey, pds, hostname)
}

/** A use of one of Latchkey's own codes at the PDS. */
interface ArrivalRow {
  readonly upstreamCode: string
  readonly reservation: string
  readonly code: string
  readonly usedBy: string
  readonly exists: boolean
}

function arrivalsAt(pds: DatabaseSync, hostname: string): readonly ArrivalRow[] {
  const prefix = ownerPrefix(hostname)
  type Row = { code: string; forAccount: string; usedBy: string; present: string | null }
  return rows<Row>(
    pds,
    `SELECT c.code, c.forAccount, u.usedBy, a.did AS present FROM invite_code_use u
     JOIN invite_code c ON c.code = u.code LEFT JOIN actor a ON a.did = u.usedBy
     WHERE substr(c.forAccount, 1, length(?)) = ?`,
    prefix,
    prefix,
  ).map(({ code, forAccount, usedBy, present }) => {
    const [reservation = '', ...ownCode] = forAccount.slice(prefix.length).split(':')
    return {
      upstreamCode: code,
      reservation,
      code: ownCode.join(':'),
      usedBy,
      exists: present !== null,
    }
  })
}

function misjudgedArrival(arrival: ArrivalRow, latchkey: DatabaseSync): readonly string[] {
  const { reservation, code, usedBy, exists } = arrival
  const [row] = rows<{ state: string }>(latchkey, 'SELECT state FROM reservation WHERE id = ?', reservation)
  // The PDS cleaned up after itself: the account was never there for anybody, and the code is whole again.
  if (!exists && row?.state === 'released') return []
  const uses = rows<{ code: string; used_by: string }>(
    latchkey,
    'SELECT code, used_by FROM invite_use WHERE reservation_id = ?',
    reservation,
  )
  const matching = uses.filter((use) => use.code === code && use.used_by === usedBy)
  if (uses.length === 1 && matching.length === 1) return []
  return [
    `${usedBy} came in by reservation ${reservation} of code ${code}, which is ${row?.state ?? 'unknown to Latchkey'} and has ${uses.length} use(s), ${matching.length} of them this`,
  ]
}

function usesWithoutArrival(
  latchkey: DatabaseSync,
  pds: DatabaseSync,
  arrivals: readonly ArrivalRow[],
): readonly string[] {
  const keyOf = (reservation: string, code: string, did: string) => `${reservation} ${code} ${did}`
  const arrived = new Set(arrivals.map(({ reservation, code, usedBy }) => keyOf(reservation, code, usedBy)))
  type Row = {
    code: string
    did: string
    reservation: string
    upstreamCode: string | null
    status: string | null
  }
  return rows<Row>(
    latchkey,
    `SELECT u.code, u.used_by AS did, u.reservation_id AS reservation, r.upstream_code AS upstreamCode, a.status FROM invite_use u
     LEFT JOIN reservation r ON r.id = u.reservation_id LEFT JOIN account a ON a.did = u.used_by
     WHERE u.reservation_id IS NOT NULL`,
  ).flatMap(({ code, did, reservation, upstreamCode, status }) => {
    const name = `the use of ${code} by ${did} (reservation ${reservation})`
    if (!arrived.has(keyOf(reservation, code, did))) return [`${name} has no use at the PDS`]
    const [upstream] = rows<{ uses: number; actors: number }>(
      pds,
      `SELECT (SELECT count(*) FROM invite_code_use WHERE code = ? AND usedBy = ?) AS uses,
              (SELECT count(*) FROM actor WHERE did = ?) AS actors`,
      upstreamCode,
      did,
      did,
    )
    if (upstream?.uses !== 1) return [`${name} names another code of the PDS than was used there`]
    if (upstream.actors === 0 && status !== 'deleted') return [`${name} is of nobody at the PDS`]
    return []
  })
}

function reservationsAtOdds(latchkey: DatabaseSync): readonly string[] {
  type Row = { id: string; code: string; state: string; uses: number; own: number; codes: number }
  return rows<Row>(
    latchkey,
    `SELECT r.id, r.code, r.state, r.did, count(u.code) AS uses,
            count(u.code) FILTER (WHERE u.used_by = r.did AND u.code = r.code) AS own,
            (SELECT count(*) FROM invite_code c WHERE c.code = r.code) AS codes
     FROM reservation r LEFT JOIN invite_use u ON u.reservation_id = r.id GROUP BY r.id`,
  ).flatMap(({ id, code, state, uses, own, codes }) => {
    const expected = state === 'committed' ? 1 : 0
    const sound = uses === expected && own === expected && codes === 1
    return sound ? [] : [`reservation ${id} of ${code} is ${state} and has ${uses} use(s)`]
  })
}

function countersOff(latchkey: DatabaseSync): readonly string[] {
  type Row = { code: string; available: number; used: number; reserved: number; uses: number; held: number }
  return rows<Row>(
    latchkey,
    `SELECT c.code, c.available, c.used, c.reserved,
            (SELECT count(*) FROM invite_use u WHERE u.code = c.code) AS uses,
            (SELECT count(*) FROM reservation r WHERE r.code = c.code
               AND r.state IN (SELECT value FROM json_each(?))) AS held
     FROM invite_code c`,
    JSON.stringify(OPEN_STATES),
  ).flatMap(({ code, available, used, reserved, uses, held }) => [
    ...(used === uses ? [] : [`code ${code} counts ${used} use(s) and has ${uses}`]),
    ...(reserved === held ? [] : [`code ${code} counts ${reserved} sign-up(s) in progress and has ${held}`]),
    ...(used + reserved <= available ? [] : [`code ${code} is overspent`]),
  ])
}

/** Of codes that the PDS made: what it redeemed itself is counted here once, and it redeems none that is Latchkey's. */
function importsAtOdds(latchkey: DatabaseSync, pds: DatabaseSync): readonly string[] {
  type Upstream = { availableUses: number; disabled: 0 | 1; uses: number }
  const codes = rows<{ code: string; upstream: string; available: number }>(
    latchkey,
    'SELECT code, upstream, available FROM invite_code WHERE upstream IS NOT NULL',
  ).flatMap(({ code, upstream, available }) => {
    const [there] = rows<Upstream>(
      pds,
      `SELECT availableUses, disabled, (SELECT count(*) FROM invite_code_use u WHERE u.code = c.code) AS uses
       FROM invite_code c WHERE code = ?`,
      code,
    )
    if (there === undefined) return [`code ${code} came from a PDS that does not know it`]
    const redeemable = there.disabled === 0 && there.uses < there.availableUses
    return [
      ...(upstream === 'ours' && redeemable ? [`code ${code} is Latchkey's and open at the PDS`] : []),
      ...(available >= there.availableUses ? [] : [`code ${code} has fewer uses here than at the PDS`]),
    ]
  })
  const known = rows<{ code: string }>(latchkey, 'SELECT code FROM invite_code WHERE upstream IS NOT NULL')
  const names = JSON.stringify(known.map(({ code }) => code))
  const there = new Set(
    rows<{ code: string; usedBy: string }>(
      pds,
      'SELECT code, usedBy FROM invite_code_use WHERE code IN (SELECT value FROM json_each(?))',
      names,
    ).map(({ code, usedBy }) => `${code} by ${usedBy}`),
  )
  const here = rows<{ code: string; did: string }>(
    latchkey,
    'SELECT code, used_by AS did FROM invite_use WHERE reservation_id IS NULL',
  ).map(({ code, did }) => `${code} by ${did}`)
  return [
    ...codes,
    ...[...there].filter((use) => !here.includes(use)).map((use) => `the PDS's use of ${use} is not counted`),
    ...here.filter((use) => !there.has(use)).map((use) => `the use of ${use} is not the PDS's`),
    ...here
      .filter((use, index) => here.indexOf(use) !== index)
      .map((use) => `the PDS's use of ${use} is counted twice`),
  ]
}

function wrongInviters(latchkey: DatabaseSync): readonly string[] {
  type Row = { did: string; said: string | null; newest: string }
  return rows<Row>(
    latchkey,
    `SELECT u.used_by AS did, a.invited_by_code AS said,
            (SELECT n.code FROM invite_use n WHERE n.used_by = u.used_by ORDER BY n.used_at DESC LIMIT 1) AS newest
     FROM invite_use u LEFT JOIN account a ON a.did = u.used_by
     WHERE u.reservation_id IS NOT NULL OR a.status <> 'deleted' GROUP BY u.used_by`,
  ).flatMap(({ did, said, newest }) =>
    said === newest
      ? []
      : [`${did} came in by ${newest} and is said to have been invited by ${said ?? 'nobody'}`],
  )
}

function uninvited(pds: DatabaseSync): readonly string[] {
  const query = 'SELECT did FROM actor WHERE did NOT IN (SELECT usedBy FROM invite_code_use)'
  return rows<{ did: string }>(pds, query).map(({ did }) => `${did} is at the PDS and used no code there`)
}

function unfinished(latchkey: DatabaseSync, pds: DatabaseSync, hostname: string): readonly string[] {
  const open = rows<{ id: string; code: string; state: string }>(
    latchkey,
    'SELECT id, code, state FROM reservation WHERE state IN (SELECT value FROM json_each(?))',
    JSON.stringify(OPEN_STATES),
  )
  const prefix = ownerPrefix(hostname)
  const live = rows<{ forAccount: string }>(
    pds,
    `SELECT code, forAccount FROM invite_code c WHERE disabled = 0 AND substr(forAccount, 1, length(?)) = ?
     AND NOT EXISTS (SELECT 1 FROM invite_code_use u WHERE u.code = c.code)`,
    prefix,
    prefix,
  )
  const closing = rows<{ code: string }>(latchkey, "SELECT code FROM invite_code WHERE upstream = 'closing'")
  return [
    ...closing.map(({ code }) => `code ${code} is still being taken over`),
    ...open.map(({ id, code, state }) => `reservation ${id} of ${code} is still ${state}`),
    ...live.map(({ forAccount }) => `a code at the PDS is still good for whoever holds it: ${forAccount}`),
  ]
}

function ownerPrefix(hostname: string): string {
  return `did:web:latchkey.${hostname}:`
}

function openReader(path: string): DatabaseSync {
  return new DatabaseSync(path, { readOnly: true, timeout: 5000 })
}

/** @typeParam Row what the column list of the statement says; nothing else checks it */
function rows<Row>(database: DatabaseSync, sql: string, ...parameters: SQLInputValue[]): Row[] {
  return database.prepare(sql).all(...parameters) as Row[]
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [latchkey, pds, hostname] = process.argv.slice(2)
  if (latchkey === undefined || pds === undefined || hostname === undefined)
    throw new Error('usage: auditor.ts LATCHKEY_DATABASE PDS_ACCOUNT_DATABASE HOSTNAME')
  const violations = audit({ latchkey, pds, hostname })
  for (const violation of violations) process.stdout.write(`${violation}\n`)
  process.exitCode = violations.length === 0 ? 0 : 1
}
