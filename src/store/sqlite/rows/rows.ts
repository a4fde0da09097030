import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import type { EarningCode } from '../../../invites/earning.ts'
import type { EarnerCode, Reservation } from '../../../invites/store.ts'
import type {
  Account,
  AccountStatus,
  Door,
  InviteCode,
  InviteCodeWithUses,
  InviteUse,
  ReservationState,
  UpstreamStanding,
} from '../../../invites/types.ts'

/** A prepared statement whose rows come as arrays: about twice as fast as objects. */
export interface Rows<Row> {
  all(...parameters: Parameters): Row[]
  get(...parameters: Parameters): Row | undefined
}

/** By position, or all by name. */
type Parameters = SQLInputValue[] | [Record<string, SQLInputValue>]

/**
 * Prepares a statement that returns rows.
 *
 * @typeParam Row what the statement's column list says; nothing else checks it
 */
export function prepareRows<Row extends readonly SQLOutputValue[]>(db: DatabaseSync, sql: string): Rows<Row> {
  const statement = db.prepare(sql)
  statement.setReturnArrays(true)
  return {
    all: (...parameters) => statement.all(...(parameters as SQLInputValue[])) as unknown as Row[],
    get: (...parameters) => statement.get(...(parameters as SQLInputValue[])) as unknown as Row | undefined,
  }
}

/** What earning looks at of a code; first in longer lists of columns, where {@link toEarningCode} finds it. */
export const EARNING_COLUMNS = `ordinal, created_at, available, used, reserved, disabled_at, expires_at, switched_off_at,
  first_made_at`

export type EarningRow = [
  ordinal: number | null,
  createdAt: number,
  available: number,
  used: number,
  reserved: number,
  disabledAt: number | null,
  expiresAt: number | null,
  switchedOffAt: number | null,
  firstMadeAt: number | null,
]

export function toEarningCode(row: readonly [...EarningRow, ...unknown[]]): EarningCode {
  const [ordinal, createdAt, available, used, reserved, disabledAt, expiresAt, switchedOffAt, firstMadeAt] =
    row
  return { ordinal, createdAt, available, used, reserved, disabledAt, expiresAt, switchedOffAt, firstMadeAt }
}

export const CODE_COLUMNS = `${EARNING_COLUMNS}, code, host, for_account, created_by, restricted_to, upstream`

export type CodeRow = [
  ...earning: EarningRow,
  code: string,
  host: string,
  forAccount: string,
  createdBy: string,
  restrictedTo: string | null,
  upstream: UpstreamStanding | null,
]

export function toCode(row: readonly [...CodeRow, ...unknown[]]): InviteCode {
  const [, , , , , , , , , code, host, forAccount, createdBy, restrictedTo, upstream] = row
  return { ...toEarningCode(row), code, host, forAccount, createdBy, restrictedTo, upstream }
}

/**
 * The uses of a code as JSON, for a statement that calls `invite_code` by no other name: each value that comes through
 * `node:sqlite` by itself costs more than what it takes to parse many at once. {@link toUses} puts them in order, since for
 * each code SQLite would set up a sorter, though most have one use.
 */
const USES = `iif(used > 0, (SELECT json_group_array(json_array(used_by, used_at))
                             FROM invite_use WHERE invite_use.code = invite_code.code), NULL)`

/** For {@link toCodeWithUses}, in a statement that calls `invite_code` by no other name. */
export const CODE_COLUMNS_WITH_USES = `${CODE_COLUMNS}, ${USES}`

export type CodeRowWithUses = [...CodeRow, uses: string | null]

export function toCodeWithUses(row: CodeRowWithUses): InviteCodeWithUses {
  return { ...toCode(row), uses: toUses(row.at(-1) as string | null) }
}

/** For {@link toEarnerCode}, in a statement that reads the codes of one owner and calls `invite_code` by no other name. */
export const EARNER_CODE_COLUMNS = `${EARNING_COLUMNS}, code, created_by, ${USES}`

export type EarnerCodeRow = [...earning: EarningRow, code: string, createdBy: string, uses: string | null]

export function toEarnerCode(forAccount: string, row: EarnerCodeRow): EarnerCode {
  const [, , , , , , , , , code, createdBy, uses] = row
  return { ...toEarningCode(row), code, forAccount, createdBy, uses: toUses(uses) }
}

/** Newest first; those of one instant by who it was. */
function toUses(json: string | null): InviteUse[] {
  if (json === null) return []
  const uses = (JSON.parse(json) as UseRow[]).map(toUse)
  return uses.toSorted((a, b) => b.usedAt - a.usedAt || (a.usedBy < b.usedBy ? -1 : 1))
}

type UseRow = [usedBy: string, usedAt: number]

function toUse([usedBy, usedAt]: UseRow): InviteUse {
  return { usedBy, usedAt }
}

export const ACCOUNT_COLUMNS =
  'did, host, handle, created_at, status, invites_disabled, invite_note, invited_by_code, version'

export type AccountRow = [
  did: string,
  host: string,
  handle: string | null,
  createdAt: number | null,
  status: AccountStatus,
  invitesDisabled: 0 | 1,
  inviteNote: string | null,
  invitedByCode: string | null,
  version: number,
]

export function toAccount(row: AccountRow): Account {
  const [did, host, handle, createdAt, status, invitesDisabled, inviteNote, invitedByCode, version] = row
  return {
    did,
    host,
    handle,
    createdAt,
    status,
    invitesDisabled: invitesDisabled === 1,
    inviteNote,
    invitedByCode,
    version,
  }
}

export const RESERVATION_COLUMNS =
  'id, code, host, door, handle, upstream_code, minted_at, state, started_at, settled_at, did'

/** Which reservations hold a use: spelled as in the indexes over them, which SQLite uses for no other spelling. */
export const UNFINISHED = "state IN ('reserved', 'forwarded', 'settling')"

export type ReservationRow = [
  id: string,
  code: string,
  host: string,
  door: Door,
  handle: string | null,
  upstreamCode: string | null,
  mintedAt: number | null,
  state: ReservationState,
  startedAt: number,
  settledAt: number | null,
  did: string | null,
]

export function toReservation(row: ReservationRow): Reservation {
  const [id, code, host, door, handle, upstreamCode, mintedAt, state, startedAt, settledAt, did] = row
  return { id, code, host, door, handle, upstreamCode, mintedAt, state, startedAt, settledAt, did }
}
