import type { FeedStore, Resync } from '../../invites/feed.ts'
import type { Connection } from './file/connection.ts'
import { auditor } from './rows/audit.ts'
import { prepareRows, UNFINISHED } from './rows/rows.ts'

type ResyncRow = [wantedAt: number | null, missing: number | null, accepted: 0 | 1]

/** What an account leaves behind when it is gone: its DID, its codes, who invited it. */
const ERASE = 'handle = NULL, invite_note = NULL'

/** Accounts that the PDS has told of, or that were seen there. Codes may belong to DIDs that never were. */
export const WAS_THERE = '(status_seq > 0 OR created_at IS NOT NULL OR invited_by_code IS NOT NULL)'

/** What is known of accounts from their host. */
export function feedMethods({ db, read, write }: Connection): FeedStore {
  const cursor = prepareRows<[number | null]>(db, 'SELECT firehose_cursor FROM host WHERE hostname = ?')
  const advance = db.prepare(
    `UPDATE host SET firehose_cursor = $seq
     WHERE hostname = $host AND (firehose_cursor IS NULL OR firehose_cursor < $seq)`,
  )
  const forget = db.prepare(
    `UPDATE host SET firehose_cursor = NULL, resync_wanted_at = $at, resync_missing = NULL, resync_accepted = 0
     WHERE hostname = $host AND firehose_cursor = $cursor`,
  )
  const forgetSequences = db.prepare('UPDATE account SET status_seq = min(status_seq, 1) WHERE host = ?')

  const seen = db.prepare(
    `INSERT INTO account (did, host, arrived_at)
     SELECT $did, $host, iif(listed_at IS NULL, NULL, $at) FROM host WHERE hostname = $host
     ON CONFLICT (did) DO UPDATE
       SET host = excluded.host, arrived_at = excluded.arrived_at
       WHERE account.status_seq = 0 AND account.arrival IS NULL`,
  )
  const setHandle = db.prepare(
    'UPDATE account SET host = $host, handle = $handle, status_seq = max(status_seq, 1) WHERE did = $did',
  )
  // Whoever comes back arrived anew: what is known of the first arrival does not hold for this one.
  const comeBack = db.prepare(
    `UPDATE account SET arrival = NULL, arrived_at = $at, created_at = NULL WHERE did = $did AND status = 'deleted'`,
  )
  const setStatus = db.prepare(
    `UPDATE account SET host = $host, version = version + (status <> $status), status = $status, status_seq = $seq
     WHERE did = $did`,
  )
  const eraseSignUps = db.prepare(
    `UPDATE reservation SET handle = NULL
     WHERE id IN (SELECT reservation_id FROM invite_use WHERE used_by = $did)`,
  )
  const erase = db.prepare(`UPDATE account SET ${ERASE} WHERE did = $did`)
  const eraseKeptNotes = db.prepare('UPDATE batch_account SET invite_note = NULL WHERE did = $did')

  const eraseBatchNotes = db.prepare(
    `UPDATE batch SET note = NULL
     WHERE note IS NOT NULL AND id IN (SELECT batch FROM batch_account WHERE did = $did)
       AND NOT EXISTS (SELECT 1 FROM batch_account other LEFT JOIN account ON account.did = other.did
                       WHERE other.batch = batch.id AND other.did <> $did AND coalesce(status, 'active') <> 'deleted')`,
  )

  // Whoever comes back signs in again: a session that nobody used meanwhile would be good again.
  const endSessions = db.prepare('DELETE FROM web_session WHERE actor = $did')
  const endListedSessions = db.prepare(
    `DELETE FROM web_session
     WHERE actor IN (SELECT did FROM account WHERE host = $host AND status <> 'active'
                     AND did IN (SELECT value ->> 0 FROM json_each($present)))`,
  )

  const resync = prepareRows<ResyncRow>(
    db,
    'SELECT resync_wanted_at, resync_missing, resync_accepted FROM host WHERE hostname = ?',
  )
  const want = db.prepare(
    `UPDATE host SET resync_wanted_at = $at, resync_missing = NULL, resync_accepted = 0 WHERE hostname = $host`,
  )
  const accept = prepareRows<[number]>(
    db,
    `UPDATE host SET resync_accepted = 1 WHERE hostname = ? AND resync_missing IS NOT NULL RETURNING resync_missing`,
  )
  const hold = db.prepare('UPDATE host SET resync_missing = ?, resync_accepted = 0 WHERE hostname = ?')
  const finish = db.prepare(
    `UPDATE host SET listed_at = $at, resync_missing = NULL, resync_accepted = 0,
       resync_wanted_at = iif(resync_wanted_at > $wantedAt, resync_wanted_at, NULL)
     WHERE hostname = $host`,
  )
  const known = prepareRows<[did: string]>(
    db,
    `SELECT did FROM account WHERE host = ? AND status <> 'deleted' AND ${WAS_THERE}`,
  )
  // Who is not known after an earlier listing, and had no event, came while nobody listened.
  const list = db.prepare(
    `INSERT INTO account (did, host, status, status_seq, arrived_at)
     SELECT value ->> 0, $host, value ->> 1, $asOf, (SELECT iif(listed_at IS NULL, NULL, $at) FROM host WHERE hostname = $host)
     FROM json_each($present) WHERE true
     ON CONFLICT (did) DO UPDATE
       SET host = excluded.host,
           version = account.version + (account.status <> excluded.status),
           created_at = iif(account.status = 'deleted', NULL, account.created_at),
           arrived_at = iif(account.status_seq = 0 AND account.arrival IS NULL, excluded.arrived_at, account.arrived_at),
           status = excluded.status,
           status_seq = excluded.status_seq
       WHERE account.status_seq <= excluded.status_seq`,
  )
  const markGone = db.prepare(
    `UPDATE account SET version = version + (status <> 'deleted'), status = 'deleted', status_seq = $asOf, ${ERASE}
     WHERE did = $did AND host = $host AND status_seq <= $asOf`,
  )

  const explainInvited = db.prepare(
    `UPDATE account SET arrival = 'invited'
     WHERE arrival IS NULL AND arrived_at IS NOT NULL AND host = $host
       AND EXISTS (SELECT 1 FROM invite_use
                   WHERE code = account.invited_by_code AND used_by = account.did
                     AND used_at >= account.arrived_at - $margin)`,
  )
  const explainDirect = db.prepare(
    `UPDATE account SET arrival = 'direct'
     WHERE arrival IS NULL AND arrived_at IS NOT NULL AND host = $host
       AND NOT EXISTS (SELECT 1 FROM reservation
                       WHERE host = $host AND ${UNFINISHED} AND started_at <= account.arrived_at + $margin)`,
  )
  const unexplained = prepareRows<[1]>(
    db,
    'SELECT 1 FROM account WHERE arrival IS NULL AND arrived_at IS NOT NULL AND host = ? LIMIT 1',
  )

  const record = auditor(db)

  /** What is noted with an account goes with it; of a batch over several, with the last of them. */
  function eraseNotes(did: string): void {
    eraseKeptNotes.run({ did })
    eraseBatchNotes.run({ did })
  }

  return {
    firehoseCursor: (host) => read(() => cursor.get(host)?.[0] ?? null),

    applyEvent: (host, { seq, at, did, status, handle }) =>
      write(() => {
        if (advance.run({ host, seq }).changes !== 1) return false
        seen.run({ did, host, at })
        if (handle !== undefined) setHandle.run({ did, host, handle })
        if (status === undefined) return true
        if (status === 'deleted') {
          eraseSignUps.run({ did })
          erase.run({ did })
          eraseNotes(did)
        } else comeBack.run({ did, at })
        setStatus.run({ did, host, status, seq })
        if (status !== 'active') endSessions.run({ did })
        return true
      }),

    advanceCursor: (host, seq) => write(() => void advance.run({ host, seq })),

    forgetCursor: (host, refused, at) =>
      write(() => {
        if (forget.run({ host, cursor: refused, at }).changes === 1) forgetSequences.run(host)
      }),

    resync: (host) =>
      read((): Resync | undefined => {
        const row = resync.get(host)
        return row && { wantedAt: row[0], missing: row[1], accepted: row[2] === 1 }
      }),

    wantResync: (host, at) =>
      write(() => {
        if (want.run({ host, at }).changes !== 1) throw new Error(`The host ${host} is unknown`)
      }),

    acceptResync: (host, deed) =>
      write(() => {
        const missing = accept.get(host)?.[0] ?? null
        if (missing !== null) record(deed, 'acceptResync', host, { missing })
        return missing
      }),

    holdResync: (host, missing) => write(() => void hold.run(missing, host)),

    finishResync: (host, wantedAt, at) => write(() => void finish.run({ host, wantedAt, at })),

    knownAccounts: (host) =>
      read(() => ({
        asOf: Math.max(1, cursor.get(host)?.[0] ?? 0),
        dids: known.all(host).map(([did]) => did),
      })),

    applyListing: (host, { asOf, at, present, gone }) =>
      write(() => {
        const rows = JSON.stringify(present.map(({ did, status }) => [did, status]))
        list.run({ host, asOf, at, present: rows })
        endListedSessions.run({ host, present: rows })
        for (const did of gone) {
          if (markGone.run({ did, host, asOf }).changes !== 1) continue
          eraseSignUps.run({ did })
          eraseNotes(did)
          endSessions.run({ did })
        }
      }),

    explainArrivals: async (host, margin) => {
      if (await read(() => unexplained.get(host) === undefined)) return
      await write(() => {
        explainInvited.run({ host, margin })
        explainDirect.run({ host, margin })
      })
    },
  }
}
