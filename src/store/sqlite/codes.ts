import type { InsertOutcome, InviteStore, ListingPosition, SortOrder } from '../../invites/store.ts'
import type { AccountStatus } from '../../invites/types.ts'
import type { Connection } from './file/connection.ts'
import { isKeyCollision } from './file/errors.ts'
import { auditor } from './rows/audit.ts'
import { giftInserter } from './rows/gifts.ts'
import {
  CODE_COLUMNS,
  CODE_COLUMNS_WITH_USES,
  prepareRows,
  toCode,
  toCodeWithUses,
  type CodeRow,
  type CodeRowWithUses,
} from './rows/rows.ts'
import { versionGrower } from './rows/versions.ts'

type CodeMethods = Pick<
  InviteStore,
  'insertGifted' | 'insertEarned' | 'disableCodes' | 'listCodes' | 'codeStanding'
>

type OwnerRow = [did: string, host: string]

/** One page of a listing: host, the position before it in the order's own columns, number of codes. */
export const LISTING: Record<SortOrder, string> = {
  recent: `SELECT ${CODE_COLUMNS_WITH_USES} FROM invite_code WHERE host = ? AND (created_at, code) < (?, ?)
    ORDER BY created_at DESC, code DESC LIMIT ?`,
  usage: `SELECT ${CODE_COLUMNS_WITH_USES} FROM invite_code WHERE host = ? AND (used, created_at, code) < (?, ?, ?)
    ORDER BY used DESC, created_at DESC, code DESC LIMIT ?`,
}

const LAST = Number.MAX_SAFE_INTEGER
const BEFORE_ALL: ListingPosition = { used: LAST, createdAt: LAST, code: '' }

/** Earned codes let one person in, as the reference PDS's do. */
const EARNED_USES = 1

/** So many of those that an action reached are named in the log. */
const NAMED = 20

/** What a line of the log is about. @returns undefined when that is more than one thing */
function subjectOf(things: readonly string[]): string | undefined {
  return things.length === 1 ? things[0] : undefined
}

/** Making, disabling and listing codes. */
export function codeMethods({ db, read, write }: Connection): CodeMethods {
  const insertGifts = giftInserter(db)
  const insertEarned = db.prepare(
    `INSERT INTO invite_code (code, host, for_account, created_by, ordinal, created_at, available)
     SELECT $code, $host, $did, $did, $ordinal, $createdAt, ${EARNED_USES}
     WHERE NOT EXISTS (SELECT 1 FROM account WHERE did = $did AND invites_disabled = 1)
     ON CONFLICT (for_account, ordinal) DO NOTHING`,
  )
  const disabling = (column: 'code' | 'for_account') =>
    prepareRows<OwnerRow>(
      db,
      `UPDATE invite_code SET disabled_at = ?, disabled_by_batch = NULL
       WHERE disabled_at IS NULL AND ${column} IN (SELECT value FROM json_each(?))
       RETURNING for_account, host`,
    )
  const disableByName = disabling('code')
  const disableByOwner = disabling('for_account')
  const page = {
    recent: prepareRows<CodeRowWithUses>(db, LISTING.recent),
    usage: prepareRows<CodeRowWithUses>(db, LISTING.usage),
  }
  const codeOfHost = prepareRows<CodeRow>(
    db,
    `SELECT ${CODE_COLUMNS} FROM invite_code WHERE code = ? AND host = ?`,
  )
  const statusOf = prepareRows<[AccountStatus]>(db, 'SELECT status FROM account WHERE did = ?')
  const growVersions = versionGrower(db)
  const record = auditor(db)

  return {
    insertGifted: (codes, host, createdAt, deed) =>
      inserting(() =>
        write(() => {
          insertGifts({ host, createdAt, codes })
          growVersions(codes.map(({ forAccount }) => ({ did: forAccount, host })))
          const owners = [...new Set(codes.map(({ forAccount }) => forAccount))]
          record(deed, 'createCodes', subjectOf(codes.map(({ code }) => code)) ?? host, {
            codes: codes.length,
            uses: codes[0]?.available ?? 0,
            owners: owners.slice(0, NAMED),
          })
        }),
      ),

    insertEarned: ({ did, host, createdAt, firstOrdinal, codes }) =>
      inserting(() =>
        write(() => {
          const inserted = codes.filter((code, index) => {
            const ordinal = firstOrdinal + index
            return insertEarned.run({ code, host, did, ordinal, createdAt }).changes === 1
          })
          if (inserted.length > 0) growVersions([{ did, host }])
        }),
      ),

    disableCodes: ({ codes, owners, at, deed }) =>
      write(() => {
        const changed = [
          ...disableByName.all(at, JSON.stringify(codes)),
          ...disableByOwner.all(at, JSON.stringify(owners)),
        ]
        growVersions(changed.map(([did, host]) => ({ did, host })))
        record(deed, 'disableCodes', subjectOf([...codes, ...owners]) ?? deed?.host ?? '', {
          codes: changed.length,
          asked: { codes: codes.slice(0, NAMED), owners: owners.slice(0, NAMED) },
        })
      }),

    listCodes: ({ host, sort, limit, after }) =>
      read(() => {
        const { used, createdAt, code } = after ?? BEFORE_ALL
        const position = sort === 'recent' ? [createdAt, code] : [used, createdAt, code]
        return page[sort].all(host, ...position, limit).map(toCodeWithUses)
      }),

    codeStanding: (name, host) =>
      read(() => {
        const row = codeOfHost.get(name, host)
        if (row === undefined) return undefined
        const code = toCode(row)
        const [ownerStatus] = statusOf.get(code.forAccount) ?? ['active' as const]
        return { code, ownerStatus }
      }),
  }
}

/** Tells a random code that exists already from every other failure. */
async function inserting(insert: () => Promise<void>): Promise<InsertOutcome> {
  try {
    await insert()
    return 'done'
  } catch (error) {
    if (isKeyCollision(error, 'invite_code')) return 'collision'
    throw error
  }
}
