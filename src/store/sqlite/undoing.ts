import type { Deed } from '../../invites/audit.ts'
import type {
  Batch,
  BatchAction,
  BatchStore,
  ListedBatch,
  UndoCounts,
  UndoPosition,
  UndoPreviewPart,
  UndoRefusal,
} from '../../invites/batches.ts'
import type { Connection } from './file/connection.ts'
import { auditor } from './rows/audit.ts'
import { handleOf } from './rows/people.ts'
import { prepareRows } from './rows/rows.ts'
import { type Owner, versionGrower } from './rows/versions.ts'

type UndoMethods = Pick<BatchStore, 'batch' | 'listBatches' | 'previewUndo' | 'undoPart'>

type BatchRow = [
  id: string,
  at: number,
  actor: string,
  action: BatchAction,
  note: string | null,
  codes: number,
  accounts: number,
  finished: 0 | 1,
  undoneAt: number | null,
  undoneBy: string | null,
]
type ListedRow = [...BatchRow, actorHandle: string | null, undoneByHandle: string | null]
type StandingRow = [action: BatchAction, undoneAt: number | null, restored: number, changedSince: number]
type LeftRow = [code: string, made: 0 | 1]
type OwnerRow = [code: string, did: string, host: string]

const BATCH_COLUMNS = 'id, at, actor, action, note, codes, accounts, finished, undone_at, undone_by'

export const BATCHES = `
  SELECT ${BATCH_COLUMNS}, ${handleOf('actor')}, ${handleOf('undone_by')} FROM batch
  WHERE host = ? AND (at, id) < (?, ?) ORDER BY at DESC, id DESC LIMIT ?`

/** A code that a batch made goes out of use only if nobody used it. */
const UNTOUCHED = 'c.disabled_at IS NULL AND c.used = 0 AND c.reserved = 0'

/** A code that a batch disabled or enabled still is as the batch left it: b is its row there, c the code's own. */
const AS_LEFT = `(iif(b.disabled_at IS NULL, c.disabled_by_batch = $batch, c.disabled_at IS NULL AND c.enabled_by_batch = $batch))`

/** A deleted account is not what it was, and its note is erased. */
const INVITES_AS_LEFT = `a.invites_set_by_batch = $batch AND a.invites_disabled <> coalesce(b.invites_disabled, 0)
  AND a.status <> 'deleted'`

const LEFT = `batch = $batch AND undone IS NULL`
export const LEFT_CODES = `SELECT code, made FROM batch_code WHERE ${LEFT} ORDER BY made, code LIMIT $limit`

/** What undoing would do to the next codes of a batch. */
export const PREVIEW_CODES = `SELECT b.code, b.made, iif(b.made, ${UNTOUCHED}, ${AS_LEFT})
  FROM batch_code b LEFT JOIN invite_code c ON c.code = b.code
  WHERE b.batch = $batch AND b.undone IS NULL AND (b.made, b.code) > ($made, $code)
  ORDER BY b.made, b.code LIMIT $limit`

const BEFORE_ALL = { made: 0, code: '' } as const

/** Undoing what batches did, and listing them. */
export function undoMethods({ db, read, write }: Connection): UndoMethods {
  const batches = prepareRows<ListedRow>(db, BATCHES)
  const one = prepareRows<BatchRow>(db, `SELECT ${BATCH_COLUMNS} FROM batch WHERE id = ? AND host = ?`)
  const standing = prepareRows<StandingRow>(
    db,
    'SELECT action, undone_at, restored, changed_since FROM batch WHERE id = ? AND host = ?',
  )
  const begin = db.prepare('UPDATE batch SET undo_began_at = ? WHERE id = ? AND undo_began_at IS NULL')
  const leftCodes = prepareRows<LeftRow>(db, LEFT_CODES)
  const leftAccounts = prepareRows<[did: string]>(
    db,
    `SELECT did FROM batch_account WHERE ${LEFT} ORDER BY did LIMIT $limit`,
  )
  const withdraw = prepareRows<OwnerRow>(
    db,
    `UPDATE invite_code AS c SET disabled_at = $at, disabled_by_batch = $batch
     WHERE c.code IN (SELECT value FROM json_each($codes)) AND ${UNTOUCHED}
     RETURNING code, for_account, host`,
  )
  const switchBack = prepareRows<OwnerRow>(
    db,
    `UPDATE invite_code AS c SET disabled_at = b.disabled_at, disabled_by_batch = b.disabled_by_batch,
       enabled_by_batch = b.enabled_by_batch
     FROM batch_code b
     WHERE b.batch = $batch AND b.code = c.code AND c.code IN (SELECT value FROM json_each($codes)) AND ${AS_LEFT}
     RETURNING code, for_account, host`,
  )
  const restoreInvites = prepareRows<[did: string]>(
    db,
    `UPDATE account AS a SET invites_disabled = coalesce(b.invites_disabled, 0), invite_note = b.invite_note,
       invites_set_by_batch = b.invites_set_by_batch, version = version + 1
     FROM batch_account b
     WHERE b.batch = $batch AND b.did = a.did AND a.did IN (SELECT value FROM json_each($dids)) AND ${INVITES_AS_LEFT}
     RETURNING did`,
  )
  const marking = (table: 'batch_code' | 'batch_account', key: 'code' | 'did') =>
    db.prepare(
      `UPDATE ${table} SET undone = $outcome
       WHERE batch = $batch AND ${key} IN (SELECT value FROM json_each($keys)) AND undone IS NULL`,
    )
  const markCodes = marking('batch_code', 'code')
  const markAccounts = marking('batch_account', 'did')
  const count = db.prepare(
    `UPDATE batch SET restored = restored + $restored, changed_since = changed_since + $changedSince,
       undone_at = iif($finished, $at, NULL), undone_by = iif($finished, $actor, NULL)
     WHERE id = $batch`,
  )
  const previewCodes = prepareRows<[code: string, made: 0 | 1, isGood: 0 | 1 | null]>(db, PREVIEW_CODES)
  const previewAccounts = prepareRows<[did: string, isGood: 0 | 1 | null]>(
    db,
    `SELECT b.did, ${INVITES_AS_LEFT} FROM batch_account b LEFT JOIN account a ON a.did = b.did
     WHERE b.${LEFT} AND b.did > $did ORDER BY b.did LIMIT $limit`,
  )
  const growVersions = versionGrower(db)
  const record = auditor(db)

  function stand(id: string, host: string): StandingRow | UndoRefusal {
    const row = standing.get(id, host)
    if (row === undefined) return 'unknown'
    return row[1] === null ? row : 'already undone'
  }

  function undoCodes(batch: string, action: BatchAction, rows: readonly LeftRow[], at: number): UndoCounts {
    const named = (made: 0 | 1) => JSON.stringify(rows.filter((row) => row[1] === made).map(([code]) => code))
    const gone = withdraw.all({ batch, at, codes: named(1) })
    // With the replacement in somebody's hands, the replaced code would be one too many.
    const keepsOld = action === 'replaceCode' && gone.length === 0
    const back = keepsOld ? [] : switchBack.all({ batch, codes: named(0) })
    const done = [...gone, ...back]
    growVersions(done.map(([, did, host]): Owner => ({ did, host })))
    return mark(
      markCodes,
      batch,
      rows.map(([code]) => code),
      new Set(done.map(([code]) => code)),
    )
  }

  function undoInvites(batch: string, rows: readonly [did: string][]): UndoCounts {
    const dids = rows.map(([did]) => did)
    const done = new Set(restoreInvites.all({ batch, dids: JSON.stringify(dids) }).map(([did]) => did))
    return mark(markAccounts, batch, dids, done)
  }

  function mark(
    marker: typeof markCodes,
    batch: string,
    all: readonly string[],
    done: ReadonlySet<string>,
  ): UndoCounts {
    const rest = all.filter((key) => !done.has(key))
    marker.run({ batch, outcome: 'restored', keys: JSON.stringify([...done]) })
    marker.run({ batch, outcome: 'changed since', keys: JSON.stringify(rest) })
    return { restored: done.size, changedSince: rest.length }
  }

  function undo(deed: Deed, part: { batch: string; host: string; limit: number }) {
    const { batch, host, limit } = part
    const before = stand(batch, host)
    if (typeof before === 'string') return before
    const [action, , restoredBefore, changedBefore] = before
    begin.run(deed.at, batch)
    const codes = leftCodes.all({ batch, limit })
    const accounts = leftAccounts.all({ batch, limit: limit - codes.length })
    const ofCodes = undoCodes(batch, action, codes, deed.at)
    const ofAccounts = undoInvites(batch, accounts)
    const finished = codes.length + accounts.length < limit
    const restored = ofCodes.restored + ofAccounts.restored
    const changedSince = ofCodes.changedSince + ofAccounts.changedSince
    count.run({ batch, restored, changedSince, finished: finished ? 1 : 0, at: deed.at, actor: deed.actor })
    const counts = { restored: restoredBefore + restored, changedSince: changedBefore + changedSince }
    record(deed, 'undoBatch', batch, { undone: action, ...counts })
    return { ...counts, finished }
  }

  function preview(
    batch: string,
    action: BatchAction,
    { limit, after }: { limit: number; after: UndoPosition },
  ): UndoPreviewPart {
    if ('did' in after) return previewInvites(batch, after.did, limit)
    const rows = previewCodes.all({ batch, ...after, limit })
    const [code, made] = rows.at(-1) ?? []
    if (rows.length === limit && code !== undefined && made !== undefined)
      return { ...previewed(rows, action), after: { made, code } }
    const ofCodes = previewed(rows, action)
    const ofAccounts = previewInvites(batch, '', limit - rows.length)
    return {
      restored: ofCodes.restored + ofAccounts.restored,
      changedSince: ofCodes.changedSince + ofAccounts.changedSince,
      after: ofAccounts.after,
    }
  }

  function previewInvites(batch: string, after: string, limit: number): UndoPreviewPart {
    const rows = previewAccounts.all({ batch, did: after, limit })
    const restored = rows.filter(([, isGood]) => isGood === 1).length
    const last = rows.at(-1)?.[0]
    return {
      restored,
      changedSince: rows.length - restored,
      after: rows.length === limit && last !== undefined ? { did: last } : null,
    }
  }

  return {
    batch: (id, host) =>
      read(() => {
        const row = one.get(id, host)
        return row && toBatch(row)
      }),

    listBatches: ({ host, limit, after }) =>
      read(() =>
        batches.all(host, after?.at ?? Number.MAX_SAFE_INTEGER, after?.id ?? '', limit).map(toListed),
      ),

    previewUndo: ({ batch, host, limit, after }) =>
      read(() => {
        const found = stand(batch, host)
        if (typeof found === 'string') return found
        const [action, , restored, changedSince] = found
        const part = preview(batch, action, { limit, after: after ?? BEFORE_ALL })
        if (after !== null) return part
        return {
          ...part,
          restored: restored + part.restored,
          changedSince: changedSince + part.changedSince,
        }
      }),

    undoPart: (deed, part) => write(() => undo(deed, part)),
  }
}

/** Counts codes by what undoing would do to them. */
function previewed(
  rows: readonly (readonly [code: string, made: 0 | 1, isGood: 0 | 1 | null])[],
  action: BatchAction,
): UndoCounts {
  const good = rows.filter(([, , isGood]) => isGood === 1)
  // As the undoing itself has it: the replaced code stays disabled where its replacement can't be withdrawn.
  const keepsOld = action === 'replaceCode' && !good.some(([, made]) => made === 1)
  const restored = keepsOld ? 0 : good.length
  return { restored, changedSince: rows.length - restored }
}

function toListed(row: ListedRow): ListedBatch {
  const actorHandle = row.at(-2) as string | null
  const undoneByHandle = row.at(-1) as string | null
  return {
    ...toBatch(row.slice(0, -2) as BatchRow),
    ...(actorHandle !== null && { actorHandle }),
    ...(undoneByHandle !== null && { undoneByHandle }),
  }
}

function toBatch(row: BatchRow): Batch {
  const [id, at, actor, action, note, codes, accounts, finished, undoneAt, undoneBy] = row
  return { id, at, actor, action, note, codes, accounts, finished: finished === 1, undoneAt, undoneBy }
}
