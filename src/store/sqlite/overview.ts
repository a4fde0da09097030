import { setImmediate as nextTurn } from 'node:timers/promises'
import type { EarningCode } from '../../invites/earning.ts'
import {
  type AccountOverview,
  type AccountSearch,
  DAY,
  type OverviewStore,
  type TreeAccount,
} from '../../invites/overview.ts'
import { ADMIN, type AccountStatus, type Person } from '../../invites/types.ts'
import { WAS_THERE } from './feed.ts'
import type { Connection } from './file/connection.ts'
import { peopleReader } from './rows/people.ts'
import {
  EARNING_COLUMNS,
  prepareRows,
  RESERVATION_COLUMNS,
  toEarningCode,
  toReservation,
  UNFINISHED,
  type EarningRow,
  type ReservationRow,
} from './rows/rows.ts'

type AccountRow = [
  did: string,
  handle: string | null,
  status: AccountStatus,
  joinedAt: number,
  invitedByCode: string | null,
  inviter: string | null,
  isDirect: 0 | 1,
  invitesDisabled: 0 | 1,
  note: string | null,
]
type TreeRow = [
  did: string,
  handle: string | null,
  status: AccountStatus,
  joinedAt: number,
  code: string | null,
]
type AncestorRow = [did: string, handle: string | null, status: AccountStatus, inviter: string | null]
type CountsRow = [owner: string, codes: number, open: number, used: number]
const ACCOUNT = `did, handle, status, joined_at, invited_by_code,
  (SELECT for_account FROM invite_code WHERE code = account.invited_by_code AND for_account <> '${ADMIN}'),
  arrival IS 'direct', invites_disabled, invite_note`

const NEWEST_FIRST = 'AND (joined_at, did) < ($joinedAt, $did) ORDER BY joined_at DESC, did DESC LIMIT $limit'

export const ACCOUNTS: Record<AccountSearch['by'], string> = {
  joined: `SELECT ${ACCOUNT} FROM account WHERE host = $host ${NEWEST_FIRST}`,
  handle: `SELECT ${ACCOUNT} FROM account
    WHERE host = $host AND (handle, did) > ($handle, $did) AND handle < $end ORDER BY handle, did LIMIT $limit`,
  did: `SELECT ${ACCOUNT} FROM account WHERE host = $host AND did = $did LIMIT $limit`,
}

/** Codes of owners: how many, how many of them open as by `isOpen`, and their uses. */
export const COUNTS = `
  SELECT for_account, count(*),
         count(*) FILTER (WHERE disabled_at IS NULL AND used < available AND (expires_at IS NULL OR expires_at > $now)),
         sum(used)
  FROM invite_code WHERE for_account IN (SELECT value FROM json_each($owners)) GROUP BY for_account`

export const BRANCHES = `
  SELECT did, handle, status, joined_at, invited_by_code FROM account
  WHERE host = $host AND inviter IS $inviter ${NEWEST_FIRST}`

/** By a CROSS JOIN each of those asked about is looked up, whatever SQLite thinks of how many there are. */
export const INVITEES = `
  SELECT a.did, a.status FROM json_each($dids) asked CROSS JOIN account a ON a.host = $host AND a.inviter = asked.value
  LIMIT $limit`

export const ENDED = `
  SELECT ${RESERVATION_COLUMNS} FROM reservation WHERE host = $host AND settled_at IS NOT NULL
  ORDER BY settled_at DESC LIMIT $limit`

export const BY_DAY = `
  SELECT settled_at / ${DAY} AS day, count(*) FROM reservation
  WHERE host = $host AND settled_at >= $since AND state = 'committed' GROUP BY day`

/** Codes that are alike in what the time does not decide. Nothing is asked that is not in the index: there may be a million. */
export const COUNT_STANDING = `
  SELECT count(*) FROM invite_code INDEXED BY invite_code_shelf_recent WHERE host = $host AND standing = $standing`

const COUNT_EXPIRING = `
  SELECT count(*) FROM invite_code INDEXED BY invite_code_expiry WHERE host = $host AND standing = 'expiring'`
export const COUNT_TIMELY = `${COUNT_EXPIRING} AND expires_at > $now`
export const COUNT_EXPIRED = `${COUNT_EXPIRING} AND expires_at <= $now`

export const EARNERS = `
  SELECT did, created_at FROM account
  WHERE host = $host AND did > $after AND status = 'active' AND invites_disabled = 0 AND ${WAS_THERE}
  ORDER BY did LIMIT $limit`

const BEFORE_ALL = { joinedAt: Number.MAX_SAFE_INTEGER, did: '' }

/** Greater than whatever continues a handle. */
const END = '\u{10ffff}'

/** Accounts, the tree, and how sign-ups go. */
export function overviewMethods({ db, read }: Connection): OverviewStore {
  const accounts = {
    joined: prepareRows<AccountRow>(db, ACCOUNTS.joined),
    handle: prepareRows<AccountRow>(db, ACCOUNTS.handle),
    did: prepareRows<AccountRow>(db, ACCOUNTS.did),
  }
  const counts = prepareRows<CountsRow>(db, COUNTS)
  const branches = prepareRows<TreeRow>(db, BRANCHES)
  const invitees = prepareRows<[did: string, status: AccountStatus]>(db, INVITEES)
  const ancestor = prepareRows<AncestorRow>(
    db,
    'SELECT did, handle, status, inviter FROM account WHERE did = ? AND host = ?',
  )
  const inProgress = prepareRows<ReservationRow>(
    db,
    `SELECT ${RESERVATION_COLUMNS} FROM reservation WHERE host = $host AND ${UNFINISHED}
     ORDER BY started_at, id LIMIT $limit`,
  )
  const ended = prepareRows<ReservationRow>(db, ENDED)
  const byDay = prepareRows<[day: number, count: number]>(db, BY_DAY)
  const standing = prepareRows<[number]>(db, COUNT_STANDING)
  const timely = prepareRows<[number]>(db, COUNT_TIMELY)
  const expired = prepareRows<[number]>(db, COUNT_EXPIRED)
  const earners = prepareRows<[did: string, createdAt: number | null]>(db, EARNERS)
  const earned = prepareRows<[...EarningRow, owner: string]>(
    db,
    `SELECT ${EARNING_COLUMNS}, for_account FROM invite_code
     WHERE for_account IN (SELECT value FROM json_each(?)) AND ordinal IS NOT NULL`,
  )
  const peopleOf = peopleReader(db)

  function rowsOf(host: string, search: AccountSearch, limit: number): AccountRow[] {
    if (search.by === 'did') return accounts.did.all({ host, did: search.did, limit })
    if (search.by === 'joined') {
      const { joinedAt, did } = search.after ?? BEFORE_ALL
      return accounts.joined.all({ host, joinedAt, did, limit })
    }
    const { handle, did } = search.after ?? { handle: search.beginning, did: '' }
    return accounts.handle.all({ host, handle, did, end: `${search.beginning}${END}`, limit })
  }

  function withCounts(host: string, rows: readonly AccountRow[], now: number): AccountOverview[] {
    const owners = JSON.stringify(rows.map(([did]) => did))
    const countsOf = new Map(counts.all({ owners, now }).map(([owner, ...found]) => [owner, found]))
    const people = peopleOf(
      rows.flatMap(([, , , , , inviter]) => inviter ?? []),
      host,
    )
    return rows.map((row) => {
      const [did, handle, status, joinedAt, invitedWith, inviter, isDirect, invitesDisabled, note] = row
      const [codes = 0, openCodes = 0, invited = 0] = countsOf.get(did) ?? []
      return {
        person: { did, handle, status },
        joinedAt: joinedAt === 0 ? null : joinedAt,
        invitedWith,
        invitedBy: inviter === null ? null : (people.get(inviter) ?? null),
        isDirect: isDirect === 1,
        open: openCodes,
        codes,
        invited,
        invitesDisabled: invitesDisabled === 1,
        note,
      }
    })
  }

  function earnedBy(dids: readonly string[]): ReadonlyMap<string, readonly EarningCode[]> {
    const codes = new Map<string, EarningCode[]>(dids.map((did) => [did, []]))
    for (const row of earned.all(JSON.stringify(dids))) {
      const [, , , , , , , , , owner] = row
      codes.get(owner)?.push(toEarningCode(row))
    }
    return codes
  }

  return {
    listAccounts: ({ host, search, limit, now }) =>
      read(() => withCounts(host, rowsOf(host, search, limit), now)),

    listBranches: ({ host, inviter, limit, after }) =>
      read(() => {
        const { joinedAt, did } = after ?? BEFORE_ALL
        return branches.all({ host, inviter, joinedAt, did, limit }).map(toTreeAccount)
      }),

    invitees: ({ host, dids, limit }) =>
      read(() =>
        invitees.all({ host, dids: JSON.stringify(dids), limit }).map(([did, status]) => ({ did, status })),
      ),

    ancestors: (host, did, limit) =>
      read(() => {
        const way = new Map<string, Person>()
        let next: string | null = did
        while (next !== null && way.size < limit && !way.has(next)) {
          const row: AncestorRow | undefined = ancestor.get(next, host)
          if (row === undefined) break
          const [found, handle, status, inviter] = row
          way.set(found, { did: found, handle, status })
          next = inviter
        }
        return [...way.values()]
      }),

    shownSignUps: (host, limit) =>
      read(() => ({
        open: inProgress.all({ host, limit }).map(toReservation),
        ended: ended.all({ host, limit }).map(toReservation),
      })),

    signUpsByDay: (host, since) => read(() => new Map(byDay.all({ host, since }))),

    countCodes: async (host, now) => {
      async function count(counted: () => [number] | undefined): Promise<number> {
        const [found = 0] = (await read(counted)) ?? []
        await nextTurn()
        return found
      }
      const usedUp = await count(() => standing.get({ host, standing: 'usedUp' }))
      const disabled = await count(() => standing.get({ host, standing: 'disabled' }))
      const lasting = await count(() => standing.get({ host, standing: 'lasting' }))
      const open = lasting + (await count(() => timely.get({ host, now })))
      return { open, usedUp, expired: await count(() => expired.get({ host, now })), disabled }
    },

    listEarners: ({ host, after, limit }) =>
      read(() => {
        const rows = earners.all({ host, after: after ?? '', limit })
        const codes = earnedBy(rows.map(([did]) => did))
        return {
          members: rows.map(([did, createdAt]) => ({ did, createdAt, codes: codes.get(did) ?? [] })),
          last: rows.length < limit ? null : (rows.at(-1)?.[0] ?? null),
        }
      }),
  }
}

function toTreeAccount([did, handle, status, joinedAt, code]: TreeRow): TreeAccount {
  return { person: { did, handle, status }, joinedAt: joinedAt === 0 ? null : joinedAt, code }
}
