import { refuseRedemption, type RedemptionRefusal } from '../../invites/predicates.ts'
import type { InviteStore, NewReservation } from '../../invites/store.ts'
import type { AccountStatus, Instant } from '../../invites/types.ts'
import type { Connection } from './connection.ts'
import {
  CODE_COLUMNS,
  prepareRows,
  RESERVATION_COLUMNS,
  toCode,
  toReservation,
  UNFINISHED,
  type CodeRow,
  type ReservationRow,
} from './rows.ts'
import { versionGrower } from './versions.ts'

type ReservationMethods = Pick<
  InviteStore,
  'reserve' | 'markForwarded' | 'renewLease' | 'startSettling' | 'commit' | 'release' | 'reservation'
>

/** A sign-up in progress: code, host, handle. No handle is the same as none. */
export const SAME_SIGN_UP = `
  SELECT 1 FROM reservation
  WHERE code = ? AND host = ? AND handle = ? COLLATE NOCASE AND ${UNFINISHED}`

/** The whole rule of redemption, as `refuseRedemption` tells it, so that a use is never read and then taken. */
const TAKE_USE = `
  UPDATE invite_code SET reserved = reserved + 1
  WHERE code = $code AND host = $host
    AND disabled_at IS NULL
    AND (expires_at IS NULL OR expires_at > $now)
    AND used + reserved < available
    AND (restricted_to IS NULL OR restricted_to IN ($handle, $did))
    AND NOT EXISTS (SELECT 1 FROM account WHERE did = invite_code.for_account AND status <> 'active')`

/** Sign-ups in progress: each step is one guarded update, and only the caller whose update hit counts anything. */
export function reservationMethods({ db, read, write }: Connection): ReservationMethods {
  const takeUse = db.prepare(TAKE_USE)
  const codeOfHost = prepareRows<CodeRow>(
    db,
    `SELECT ${CODE_COLUMNS} FROM invite_code WHERE code = ? AND host = ?`,
  )
  const statusOf = prepareRows<[AccountStatus]>(db, 'SELECT status FROM account WHERE did = ?')
  const sameSignUp = prepareRows<[1]>(db, SAME_SIGN_UP)
  const insert = db.prepare(
    `INSERT INTO reservation (id, code, host, door, handle, state, holder, lease_until, next_try_at, started_at)
     VALUES ($id, $code, $host, $door, $handle, 'reserved', $holder, $leaseUntil, $leaseUntil, $now)`,
  )
  const markForwarded = db.prepare(
    `UPDATE reservation SET state = 'forwarded', upstream_code = $code, minted_at = $mintedAt
     WHERE id = $id AND state = 'reserved' AND taken_over = 0`,
  )
  const renewLease = db.prepare(
    `UPDATE reservation SET lease_until = ? WHERE id = ? AND holder = ? AND ${UNFINISHED}`,
  )
  const startSettling = db.prepare(
    "UPDATE reservation SET state = 'settling' WHERE id = ? AND holder = ? AND state = 'forwarded'",
  )
  const markCommitted = prepareRows<[code: string, host: string]>(
    db,
    `UPDATE reservation SET state = 'committed', did = $did, settled_at = $at, look_again_at = $lookAgainAt
     WHERE id = $id AND state IN ('forwarded', 'settling') RETURNING code, host`,
  )
  const markReleased = prepareRows<[code: string]>(
    db,
    `UPDATE reservation SET state = 'released', settled_at = ?
     WHERE id = ? AND ${UNFINISHED} RETURNING code`,
  )
  const spendUse = prepareRows<[forAccount: string]>(
    db,
    'UPDATE invite_code SET reserved = reserved - 1, used = used + 1 WHERE code = ? RETURNING for_account',
  )
  const giveBackUse = db.prepare('UPDATE invite_code SET reserved = reserved - 1 WHERE code = ?')
  const insertUse = db.prepare(
    'INSERT INTO invite_use (code, used_by, used_at, reservation_id) VALUES (?, ?, ?, ?)',
  )
  // Whoever comes back arrived anew: the instant known so far is of the time before, and the PDS is asked again.
  const welcome = db.prepare(
    `INSERT INTO account (did, host, handle, invited_by_code, arrival)
     VALUES ($did, $host, $handle, $code, 'invited')
     ON CONFLICT (did) DO UPDATE
       SET host = excluded.host,
           handle = coalesce(excluded.handle, account.handle),
           created_at = NULL,
           -- Whoever was deleted here comes back by moving, and is silent until the move is finished.
           status = iif(account.status = 'deleted', 'deactivated', account.status),
           invited_by_code = excluded.invited_by_code,
           arrival = excluded.arrival,
           version = account.version + 1`,
  )
  const reservation = prepareRows<ReservationRow>(
    db,
    `SELECT ${RESERVATION_COLUMNS} FROM reservation WHERE id = ?`,
  )
  const growVersions = versionGrower(db)

  function refusalOf({ code, host, redeemer }: NewReservation, now: Instant): RedemptionRefusal | null {
    const row = codeOfHost.get(code, host)
    const found = row && toCode(row)
    const [ownerStatus] = (found && statusOf.get(found.forAccount)) ?? ['active' as const]
    return refuseRedemption(found, ownerStatus, redeemer, now)
  }

  function explain(wanted: NewReservation, now: Instant): RedemptionRefusal {
    const refusal = refusalOf(wanted, now)
    if (refusal === null) throw new Error('A use was refused by the database and by no rule of redemption')
    return refusal
  }

  return {
    reserve: (wanted, now) =>
      write(() => {
        const { id, code, host, door, holder, leaseUntil, redeemer } = wanted
        if (sameSignUp.get(code, host, redeemer.handle) !== undefined) {
          const refusal = refusalOf(wanted, now)
          return refusal === 'disabled' || refusal === 'expired' ? refusal : 'in progress'
        }
        const taken = takeUse.run({ code, host, now, handle: redeemer.handle, did: redeemer.did })
        if (taken.changes !== 1) return explain(wanted, now)
        insert.run({ id, code, host, door, handle: redeemer.handle, holder, leaseUntil, now })
        return 'reserved'
      }),

    markForwarded: (id, { code, mintedAt }) =>
      write(() => markForwarded.run({ id, code, mintedAt }).changes === 1),

    renewLease: (id, holder, leaseUntil) => write(() => renewLease.run(leaseUntil, id, holder).changes === 1),

    startSettling: (id, holder) => write(() => startSettling.run(id, holder).changes === 1),

    commit: (id, { did, handle, at, lookAgainAt = null }) =>
      write(() => {
        const settled = markCommitted.get({ did, at, lookAgainAt, id })
        if (settled === undefined) return false
        const [code, host] = settled
        const [owner] = spendUse.get(code) ?? []
        if (owner === undefined) throw new Error('A reservation holds a use of a code that does not exist')
        insertUse.run(code, did, at, id)
        growVersions([{ did: owner, host }])
        welcome.run({ did, host, handle, code })
        return true
      }),

    release: (id, at) =>
      write(() => {
        const settled = markReleased.get(at, id)
        if (settled === undefined) return false
        giveBackUse.run(...settled)
        return true
      }),

    reservation: (id) =>
      read(() => {
        const row = reservation.get(id)
        return row && toReservation(row)
      }),
  }
}
