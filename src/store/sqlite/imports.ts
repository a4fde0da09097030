import type { ImportStore, UpstreamAccount, UpstreamCode } from '../../invites/imports.ts'
import { ADMIN, type Instant, type InviteUse } from '../../invites/types.ts'
import { arrivalRecorder } from './rows/arrivals.ts'
import type { Connection } from './file/connection.ts'
import { ringCutter } from './rows/rings.ts'
import { prepareRows } from './rows/rows.ts'
import { type Owner, versionGrower } from './rows/versions.ts'

/**
 * By the index of those that are not Latchkey's yet, few or none of which there are: adoption looks every minute. SQLite takes
 * the index only where the statement says the index's own condition, word for word.
 */
const UPSTREAM = "host = ? AND upstream IN ('theirs', 'closing')"
const BY_UPSTREAM = 'invite_code INDEXED BY invite_code_upstream'

export const SETTLE_CLOSED = `
  UPDATE ${BY_UPSTREAM} SET upstream = 'ours'
  WHERE ${UPSTREAM} AND upstream = 'theirs' AND (upstream_disabled = 1 OR used >= available)`

export const CLOSE = `
  UPDATE ${BY_UPSTREAM} SET upstream = 'closing' WHERE ${UPSTREAM} AND upstream = 'theirs'`

export const CLOSING = `
  SELECT code FROM ${BY_UPSTREAM} WHERE ${UPSTREAM} AND upstream = 'closing' ORDER BY code`

export const COUNT_CLOSING = `
  SELECT count(*) FROM ${BY_UPSTREAM} WHERE ${UPSTREAM} AND upstream = 'closing'`

/** Carries a result past the end of a transaction that is to leave nothing behind. */
class Undone<T> extends Error {
  readonly result: T

  constructor(result: T) {
    super('a dry run is undone')
    this.result = result
  }
}

/** Codes of the PDS, on their way here. */
export function importMethods({ db, read, readOne, write }: Connection): ImportStore {
  const insertAccount = db.prepare(
    `INSERT INTO account (did, host, handle, created_at, invites_disabled, imported_at, upstream_invites_disabled)
     VALUES ($did, $host, $handle, $createdAt, $invitesDisabled, $at, $invitesDisabled)
     ON CONFLICT (did) DO UPDATE
       SET host = excluded.host,
           handle = coalesce(account.handle, excluded.handle),
           created_at = coalesce(account.created_at, excluded.created_at),
           invites_disabled = max(account.invites_disabled, excluded.invites_disabled),
           imported_at = excluded.imported_at,
           upstream_invites_disabled = excluded.upstream_invites_disabled,
           version = account.version + 1
       WHERE account.imported_at IS NULL`,
  )
  // What differs from the last look at the PDS was decided here.
  const followAccount = db.prepare(
    `UPDATE account
     SET invites_disabled = iif(invites_disabled = upstream_invites_disabled, $invitesDisabled, invites_disabled),
         version = version + (invites_disabled = upstream_invites_disabled),
         upstream_invites_disabled = $invitesDisabled
     WHERE did = $did AND host = $host AND upstream_invites_disabled <> $invitesDisabled
       AND NOT EXISTS (SELECT 1 FROM host WHERE hostname = $host AND earning_since IS NOT NULL)`,
  )
  const insertCode = db.prepare(
    `INSERT INTO invite_code (code, host, for_account, created_by, ordinal, created_at, available, disabled_at,
       imported_at, upstream_disabled, upstream)
     VALUES ($code, $host, $forAccount, $createdBy,
       iif($createdBy = '${ADMIN}', NULL,
           (SELECT coalesce(max(ordinal), 0) + 1 FROM invite_code WHERE for_account = $forAccount)),
       $createdAt, max($available, 0), iif($disabled, $at, NULL), $at, $disabled, 'theirs')
     ON CONFLICT (code) DO NOTHING`,
  )
  // Who came by it may have been here before it.
  const knowInviter = db.prepare(
    'UPDATE account SET inviter = $forAccount WHERE invited_by_code = $code AND did <> $forAccount',
  )
  const followCode = db.prepare(
    `UPDATE invite_code SET upstream_disabled = $disabled, disabled_at = iif($disabled, coalesce(disabled_at, $at), disabled_at)
     WHERE code = $code AND host = $host AND upstream = 'theirs' AND upstream_disabled <> $disabled`,
  )
  const openTheirs = prepareRows<[code: string]>(
    db,
    `SELECT code FROM invite_code WHERE host = ? AND upstream = 'theirs' AND upstream_disabled = 0`,
  )
  const ownerOf = prepareRows<[did: string, host: string]>(
    db,
    'SELECT for_account, host FROM invite_code WHERE code = ? AND upstream IS NOT NULL',
  )
  // The PDS keeps one use of each account and code, and tells its own time of it.
  const insertUse = db.prepare(
    `INSERT INTO invite_use (code, used_by, used_at)
     SELECT $code, $usedBy, $usedAt
     WHERE NOT EXISTS (SELECT 1 FROM invite_use WHERE code = $code AND used_by = $usedBy)`,
  )
  const countUses = db.prepare(
    `UPDATE invite_code SET used = used + $count, available = max(available, used + reserved + $count) WHERE code = $code`,
  )
  const setInviter = db.prepare(
    `UPDATE account SET invited_by_code = (SELECT code FROM invite_use WHERE used_by = $did ORDER BY used_at DESC LIMIT 1)
     WHERE did = $did`,
  )
  const settleClosed = db.prepare(SETTLE_CLOSED)
  const close = db.prepare(CLOSE)
  const closing = prepareRows<[code: string]>(db, CLOSING)
  const countClosing = prepareRows<[number]>(db, COUNT_CLOSING)
  const makeOurs = db.prepare(
    `UPDATE invite_code SET upstream = 'ours' WHERE code = ? AND host = ? AND upstream = 'closing'`,
  )
  const counts = prepareRows<['theirs' | 'closing' | 'ours', number]>(
    db,
    'SELECT upstream, count(*) FROM invite_code WHERE host = ? AND upstream IS NOT NULL GROUP BY upstream',
  )
  const recordArrival = arrivalRecorder(db)
  const cutRing = ringCutter(db)
  const growVersions = versionGrower(db)

  async function writing<T>(dryRun: boolean, work: () => T): Promise<T> {
    try {
      return await write(() => {
        const result = work()
        if (dryRun) throw new Undone(result)
        return result
      })
    } catch (error) {
      if (error instanceof Undone) return error.result as T
      throw error
    }
  }

  /** @returns how many were not known */
  function addUses(code: string, uses: readonly InviteUse[]): number {
    const added = uses.filter(({ usedBy, usedAt }) => insertUse.run({ code, usedBy, usedAt }).changes === 1)
    if (added.length === 0) return 0
    countUses.run({ code, count: added.length })
    for (const { usedBy } of added) {
      setInviter.run({ did: usedBy })
      cutRing(usedBy)
    }
    return added.length
  }

  /** @returns whether it was not imported before */
  function importAccount(host: string, account: UpstreamAccount, at: Instant): boolean {
    const { did, handle, createdAt } = account
    const invitesDisabled = account.invitesDisabled ? 1 : 0
    if (insertAccount.run({ did, host, handle, createdAt, invitesDisabled, at }).changes === 1) return true
    followAccount.run({ did, host, invitesDisabled })
    return false
  }

  function importCode(host: string, imported: UpstreamCode, at: Instant, followFlags: boolean) {
    const { code, forAccount, createdBy, createdAt, available, disabled, uses } = imported
    const row = { code, host, forAccount, createdBy, createdAt, available, at, disabled: disabled ? 1 : 0 }
    const inserted = insertCode.run(row).changes === 1
    if (inserted && forAccount !== ADMIN) knowInviter.run({ code, forAccount })
    const [did, ofHost] = ownerOf.get(code) ?? []
    // A code of the same name that was made here is another one.
    if (did === undefined || ofHost !== host) return undefined
    const followed = followFlags && followCode.run({ code, host, disabled: row.disabled, at }).changes === 1
    const added = addUses(code, uses)
    return { inserted, uses: added, changed: inserted || followed || added > 0, owner: { did, host } }
  }

  return {
    importAccounts: (host, accounts, { at, dryRun }) =>
      writing(dryRun, () => accounts.filter((account) => importAccount(host, account, at)).length),

    importCodes: (host, codes, { at, dryRun, followFlags = false }) =>
      writing(dryRun, () => {
        const imported = codes
          .map((code) => importCode(host, code, at, followFlags))
          .filter((one) => one !== undefined)
        growVersions(imported.filter(({ changed }) => changed).map(({ owner }) => owner))
        return {
          codes: imported.filter(({ inserted }) => inserted).length,
          uses: imported.reduce((sum, { uses }) => sum + uses, 0),
        }
      }),

    openTheirs: (host) => read(() => new Set(openTheirs.all(host).map(([code]) => code))),

    beginTakeOver: (host) =>
      write(() => {
        settleClosed.run(host)
        close.run(host)
        return closing.all(host).map(([code]) => code)
      }),

    finishTakeOver: (host, codes) =>
      write(() => {
        const owners: Owner[] = []
        let ours = 0
        for (const { code, uses } of codes) {
          const [did, ofHost] = ownerOf.get(code) ?? []
          if (did === undefined || ofHost !== host) continue
          if (addUses(code, uses) > 0) owners.push({ did, host })
          if (makeOurs.run(code, host).changes === 1) ours += 1
        }
        growVersions(owners)
        return ours
      }),

    recordUpstreamUse: ({ host, code, did, handle, at }) =>
      write(() => {
        const [owner, ofHost] = ownerOf.get(code) ?? []
        if (owner !== undefined && ofHost === host && addUses(code, [{ usedBy: did, usedAt: at }]) > 0)
          growVersions([{ did: owner, host }])
        recordArrival({ did, host, handle, code })
      }),

    countClosing: (host) => readOne(() => countClosing.get(host)?.[0] ?? 0),

    countUpstream: (host) =>
      read(() => ({ theirs: 0, closing: 0, ours: 0, ...Object.fromEntries(counts.all(host)) })),
  }
}
