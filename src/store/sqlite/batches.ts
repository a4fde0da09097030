import type { BatchStore, CodeAndOwner, CodeTerms, NewBatch } from '../../invites/batches.ts'
import { ADMIN, type UpstreamStanding } from '../../invites/types.ts'
import { WAS_THERE } from './feed.ts'
import type { Connection } from './file/connection.ts'
import { isKeyCollision } from './file/errors.ts'
import { auditor } from './rows/audit.ts'
import { giftInserter } from './rows/gifts.ts'
import { prepareRows } from './rows/rows.ts'
import { versionGrower } from './rows/versions.ts'

type DoingMethods = Omit<BatchStore, 'batch' | 'listBatches' | 'previewUndo' | 'undoPart'>

type OwnedRow = [code: string, createdAt: number, isWanted: 0 | 1]
type OwnerRow = [code: string, owner: string]
type Taken = [
  owner: string,
  left: number,
  expiresAt: number | null,
  note: string | null,
  to: string | null,
  upstream: UpstreamStanding | null,
]

/** Spelled as in the index over them. */
const GIVEABLE = `host = $host AND status = 'active' AND invites_disabled = 0 AND ${WAS_THERE}`
export const COUNT_GIVEABLE = `SELECT count(*) FROM account WHERE ${GIVEABLE}`
export const NEXT_GIVEABLE = `SELECT did FROM account WHERE ${GIVEABLE} AND did > $after ORDER BY did LIMIT $limit`

/** A row was as wanted when it was looked at; the part that would change it meets another. */
const IS_OPEN = 'disabled_at IS NULL AND used < available AND (expires_at IS NULL OR expires_at > $now)'
const IS_OFF = 'disabled_at IS NOT NULL'

/** What has another code in its place, or was put out of use by its owner, does not come back unless it is named. */
const WAITS = `${IS_OFF} AND used < available AND switched_off_at IS NOT disabled_at
  AND NOT EXISTS (SELECT 1 FROM batch WHERE id = disabled_by_batch AND action = 'replaceCode')`

/** The next codes of an owner, wanted or not: so that one turn looks at so many at most. */
export function ownedSql(wanted: string): string {
  return `SELECT code, created_at, host = $host AND ${wanted} FROM invite_code
    WHERE for_account = $owner AND (created_at, code) > ($createdAt, $code) ORDER BY created_at, code LIMIT $limit`
}

/** Before all codes of an owner. */
const FIRST = { createdAt: Number.MIN_SAFE_INTEGER, code: '' } as const

/** Doing what operators want done to many. */
export function batchMethods({ db, read, write }: Connection): DoingMethods {
  const begin = db.prepare(
    `INSERT INTO batch (id, host, at, actor, action, note) VALUES ($id, $host, $at, $actor, $action, $note)
     ON CONFLICT (id) DO NOTHING`,
  )
  const count = prepareRows<[codes: number, accounts: number]>(
    db,
    `UPDATE batch SET codes = codes + $codes, accounts = accounts + $accounts,
       finished = max(finished, $last)
     WHERE id = $id AND undo_began_at IS NULL RETURNING codes, accounts`,
  )
  const insertGifts = giftInserter(db)
  const recordMade = db.prepare(
    'INSERT INTO batch_code (batch, code, made) SELECT $batch, value, 1 FROM json_each($codes) ORDER BY value',
  )
  const recordSwitch = db.prepare(
    `INSERT INTO batch_code (batch, code, made, disabled_at, disabled_by_batch, enabled_by_batch)
     SELECT $batch, code, 0, disabled_at, disabled_by_batch, enabled_by_batch FROM invite_code WHERE code = $code`,
  )
  const disable = db.prepare(
    `UPDATE invite_code SET disabled_at = $at, disabled_by_batch = $batch WHERE code = $code`,
  )
  const enable = db.prepare(
    `UPDATE invite_code SET disabled_at = NULL, disabled_by_batch = NULL, enabled_by_batch = $batch WHERE code = $code`,
  )
  const countGiveable = prepareRows<[number]>(db, COUNT_GIVEABLE)
  const countGivings = prepareRows<[number]>(
    db,
    `SELECT count(*) FROM batch WHERE host = ? AND action = 'giveCodes'`,
  )
  const nextGiveable = prepareRows<[did: string]>(db, NEXT_GIVEABLE)
  const ownedBy = {
    toDisable: prepareRows<OwnedRow>(db, ownedSql(IS_OPEN)),
    // The instant is compared where nothing depends on it, so that both take the same parameters.
    toEnable: prepareRows<OwnedRow>(db, ownedSql(`${WAITS} AND $now IS NOT NULL`)),
  }
  const stillSo = {
    toDisable: prepareRows<OwnerRow>(db, stillAs('disabled_at IS NULL')),
    toEnable: prepareRows<OwnerRow>(db, stillAs(IS_OFF)),
  }
  const takeOpen = prepareRows<Taken>(
    db,
    `SELECT for_account, available - used - reserved, expires_at, note, restricted_to, upstream FROM invite_code
     WHERE code = $code AND host = $host AND ${IS_OPEN} AND used + reserved < available`,
  )
  const exists = prepareRows<[1]>(db, 'SELECT 1 FROM invite_code WHERE code = ? AND host = ?')
  const invitesToSwitch = prepareRows<[did: string]>(
    db,
    `SELECT DISTINCT value FROM json_each($accounts) LEFT JOIN account ON did = value
     WHERE coalesce(invites_disabled, 0) <> $disabled ORDER BY value`,
  )
  const recordInvites = db.prepare(
    `INSERT INTO batch_account (batch, did, invites_disabled, invite_note, invites_set_by_batch)
     SELECT $batch, asked.did, invites_disabled, invite_note, invites_set_by_batch
     FROM (SELECT $did AS did) asked LEFT JOIN account ON account.did = asked.did`,
  )
  const switchInvites = db.prepare(
    `INSERT INTO account (did, host, invites_disabled, invite_note, invites_set_by_batch)
     VALUES ($did, $host, $disabled, $note, $batch)
     ON CONFLICT (did) DO UPDATE
       SET invites_disabled = excluded.invites_disabled,
           invite_note = CASE WHEN $note IS NULL THEN account.invite_note ELSE nullif($note, '') END,
           invites_set_by_batch = excluded.invites_set_by_batch,
           version = account.version + 1`,
  )
  const growVersions = versionGrower(db)
  const record = auditor(db)

  /** Writes the batch's row. @returns false when it is there, by an earlier part */
  function begun({ id, host, at, actor, action, note }: NewBatch): boolean {
    return begin.run({ id, host, at, actor, action, note }).changes === 1
  }

  /** Writes what a part did, and the line of the log. @returns false when the batch is being undone */
  function counted(batch: NewBatch, part: { codes: number; accounts: number; last: boolean }): boolean {
    const { id, action, subject, detail } = batch
    begun(batch)
    const [codes, accounts] = count.get({ ...part, last: part.last ? 1 : 0, id }) ?? []
    if (codes === undefined || accounts === undefined) return false
    record(batch, action, subject, { ...detail, codes, accounts })
    return true
  }

  function insert(
    { id: batch, host, at: createdAt }: NewBatch,
    made: readonly CodeAndOwner[],
    { available, expiresAt, note }: CodeTerms,
    restrictedTo: string | null = null,
  ): void {
    const codes = made.map(({ code, owner }) => ({ code, forAccount: owner, available }))
    insertGifts({ host, createdAt, codes, expiresAt, note, restrictedTo })
    recordMade.run({ batch, codes: JSON.stringify(made.map(({ code }) => code)) })
  }

  function grow(owners: Iterable<string>, { host }: NewBatch): void {
    growVersions([...owners].map((did) => ({ did, host })))
  }

  return {
    countGiveable: (host) => read(() => countGiveable.get({ host })?.[0] ?? 0),

    countGivings: (host) => read(() => countGivings.get(host)?.[0] ?? 0),

    makeCodes: (batch, { codes, terms, last }) =>
      unlessTaken(() =>
        write(() => {
          const accounts = accountsAmong(codes)
          // All codes of such a batch have one owner, who counts with its first part.
          const newAccounts = begun(batch) ? accounts.size : 0
          if (!counted(batch, { codes: codes.length, accounts: newAccounts, last })) return 'stopped'
          insert(batch, codes, terms)
          grow(accounts, batch)
          return 'done'
        }),
      ),

    giveCodes: (batch, { codes, each, terms, after, givings }) =>
      unlessTaken(() =>
        write(() => {
          if (after === null && countGivings.get(batch.host)?.[0] !== givings) return 'overtaken'
          const room = Math.floor(codes.length / each)
          const dids = nextGiveable
            .all({ host: batch.host, after: after ?? '', limit: room + 1 })
            .map(([did]) => did)
          const last = dids.length <= room
          const given = dids.slice(0, room)
          if (!counted(batch, { codes: given.length * each, accounts: given.length, last })) return 'stopped'
          const made = given.flatMap((owner, index) =>
            codes.slice(index * each, (index + 1) * each).map((code) => ({ code, owner })),
          )
          insert(batch, made, terms)
          grow(given, batch)
          return { after: last ? null : (given.at(-1) ?? null) }
        }),
      ),

    replaceCode: (batch, { code, replacement, note }) =>
      unlessTaken(() =>
        write(() => {
          const { id, host, at } = batch
          const taken = takeOpen.get({ code, host, now: at })
          if (taken === undefined) return exists.get(code, host) === undefined ? 'unknown' : 'not open'
          const [owner, available, expiresAt, noteBefore, restrictedTo, upstream] = taken
          if (upstream === 'theirs' || upstream === 'closing') return 'upstream'
          const accounts = accountsAmong([{ code, owner }])
          counted(batch, { codes: 2, accounts: accounts.size, last: true })
          recordSwitch.run({ batch: id, code })
          disable.run({ batch: id, code, at })
          const terms = { available, expiresAt, note: note ?? noteBefore }
          insert(batch, [{ code: replacement, owner }], terms, restrictedTo)
          grow(accounts, batch)
          return 'done'
        }),
      ),

    codesToSwitch: ({ host, codes, owners, disabled, now, limit, after }) =>
      read(() => {
        const way = disabled ? 'toDisable' : 'toEnable'
        const named = new Set(codes)
        const found: CodeAndOwner[] =
          after === null
            ? stillSo[way]
                .all({ host, codes: JSON.stringify(codes) })
                .map(([code, owner]) => ({ code, owner }))
            : []
        let left = limit
        for (const owner of [...new Set(owners)].toSorted()) {
          if (after !== null && owner < after.owner) continue
          if (left <= 0) return { codes: found, after: { owner, ...FIRST } }
          const from = after?.owner === owner ? after : FIRST
          const { createdAt, code: name } = from
          const rows = ownedBy[way].all({ host, owner, createdAt, code: name, now, limit: left })
          for (const [code, , isWanted] of rows)
            if (isWanted === 1 && !named.has(code)) found.push({ code, owner })
          const [code, madeAt] = rows.at(-1) ?? []
          if (rows.length === left && code !== undefined && madeAt !== undefined)
            return { codes: found, after: { owner, createdAt: madeAt, code } }
          // An owner without codes takes a look too.
          left -= rows.length + 1
        }
        return { codes: found, after: null }
      }),

    switchCodes: (batch, { codes, disabled, counted: before, last }) =>
      write(() => {
        const { id, host, at } = batch
        const rows = stillSo[disabled ? 'toDisable' : 'toEnable'].all({ host, codes: JSON.stringify(codes) })
        const owners = accountsAmong(rows.map(([code, owner]) => ({ code, owner })))
        const accounts = [...owners].filter((owner) => !before.has(owner)).length
        if (!counted(batch, { codes: rows.length, accounts, last })) return 'stopped'
        for (const [code] of rows) {
          recordSwitch.run({ batch: id, code })
          if (disabled) disable.run({ batch: id, code, at })
          else enable.run({ batch: id, code })
        }
        grow(owners, batch)
        return { owners: [...owners] }
      }),

    invitesToSwitch: ({ accounts, disabled }) =>
      read(() =>
        invitesToSwitch
          .all({ accounts: JSON.stringify(accounts), disabled: disabled ? 1 : 0 })
          .map(([did]) => did),
      ),

    switchInvites: (batch, { accounts, disabled }) =>
      write(() => {
        const { id, host, note } = batch
        const flag = disabled ? 1 : 0
        const dids = invitesToSwitch.all({ accounts: JSON.stringify(accounts), disabled: flag })
        counted(batch, { codes: 0, accounts: dids.length, last: true })
        for (const [did] of dids) {
          recordInvites.run({ batch: id, did })
          switchInvites.run({ batch: id, did, host, disabled: flag, note })
        }
      }),
  }
}

function stillAs(condition: string): string {
  return `SELECT code, for_account FROM invite_code
    WHERE host = $host AND ${condition} AND code IN (SELECT value FROM json_each($codes)) ORDER BY code`
}

/** The operator's own codes are no account's. */
function accountsAmong(codes: readonly CodeAndOwner[]): ReadonlySet<string> {
  const owners = new Set(codes.map(({ owner }) => owner))
  owners.delete(ADMIN)
  return owners
}

/** Tells a random code that exists already from every other failure. */
async function unlessTaken<T>(work: () => Promise<T>): Promise<T | 'collision'> {
  try {
    return await work()
  } catch (error) {
    if (isKeyCollision(error, 'invite_code')) return 'collision'
    throw error
  }
}
