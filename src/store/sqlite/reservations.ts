import { redeemedUpstream, refuseRedemption } from '../../invites/predicates.ts'
import type { InviteStore, NewReservation, ReserveOutcome } from '../../invites/store.ts'
import type { AccountStatus, Instant } from '../../invites/types.ts'
import { arrivalRecorder } from './rows/arrivals.ts'
import type { Connection } from './file/connection.ts'
import {
  CODE_COLUMNS,
  prepareRows,
  RESERVATION_COLUMNS,
  toCode,
  toReservation,
  UNFINISHED,
  type CodeRow,
  type ReservationRow,
} from './rows/rows.ts'
import { versionGrower } from './rows/versions.ts'

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
    AND (upstream IS NULL OR upstream = 'ours')
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
  const earningSinceOf = prepareRows<[number | null]>(db, 'SELECT earning_since FROM host WHERE hostname = ?')
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
  // Not by RETURNING: with it SQLite writes down every page that the statement changes.
  const markCommitted = db.prepare(
    `UPDATE reservation SET state = 'committed', did = $did, settled_at = $at, look_again_at = $lookAgainAt
     WHERE id = $id AND state IN ('forwarded', 'settling')`,
  )
  const spendUse = db.prepare(
    'UPDATE invite_code SET reserved = reserved - 1, used = used + 1 WHERE code = ?',
  )
  const codeHeldBy = prepareRows<[code: string, host: string, forAccount: string | null]>(
    db,
    `SELECT r.code, r.host, for_account FROM reservation r LEFT JOIN invite_code c ON c.code = r.code WHERE r.id = ?`,
  )
  // Who used the PDS's code was deleted there.
  const markReleased = prepareRows<[code: string]>(
    db,
    `UPDATE reservation SET state = 'released', settled_at = $at, used_upstream = $usedUpstream,
       handle = iif($usedUpstream, NULL, handle)
     WHERE id = $id AND ${UNFINISHED} RETURNING code`,
  )
  const giveBackUse = prepareRows<[did: string, host: string, isSwitchedOff: 0 | 1]>(
    db,
    `UPDATE invite_code SET reserved = reserved - 1 WHERE code = ?
     RETURNING for_account, host, switched_off_at IS NOT NULL`,
  )
  const insertUse = db.prepare(
    'INSERT INTO invite_use (code, used_by, used_at, reservation_id) VALUES (?, ?, ?, ?)',
  )
  const recordArrival = arrivalRecorder(db)
  const reservation = prepareRows<ReservationRow>(
    db,
    `SELECT ${RESERVATION_COLUMNS} FROM reservation WHERE id = ?`,
  )
  const growVersions = versionGrower(db)

  function look({ code, host, redeemer }: NewReservation, now: Instant) {
    const row = codeOfHost.get(code, host)
    const found = row && toCode(row)
    const [ownerStatus] = (found && statusOf.get(found.forAccount)) ?? ['active' as const]
    return { found, refusal: refuseRedemption(found, ownerStatus, redeemer, now) }
  }

  /** Why no use was taken: the PDS redeems it, or the code is not good. */
  function explain(wanted: NewReservation, now: Instant): ReserveOutcome {
    const { found, refusal } = look(wanted, now)
    if (refusal !== null && refusal !== 'unknown') return refusal
    const [earningSince] = earningSinceOf.get(wanted.host) ?? [now]
    const outcome = redeemedUpstream(found, { earningSince }) ?? refusal
    if (outcome === null) throw new Error('A use was refused by the database and by no rule of redemption')
    return outcome
  }

  return {
    reserve: (wanted, now) =>
      write(() => {
        const { id, code, host, door, holder, leaseUntil, redeemer } = wanted
        if (sameSignUp.get(code, host, redeemer.handle) !== undefined) {
          const { refusal } = look(wanted, now)
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
        if (markCommitted.run({ did, at, lookAgainAt, id }).changes !== 1) return false
        const [code, host, owner = null] = codeHeldBy.get(id) ?? []
        if (code === undefined || host === undefined || owner === null)
          throw new Error('A reservation holds a use of a code that does not exist')
        spendUse.run(code)
        insertUse.run(code, did, at, id)
        growVersions([{ did: owner, host }])
        recordArrival({ did, host, handle, code })
        return true
      }),

    release: (id, at, upstream = 'unused') =>
      write(() => {
        const settled = markReleased.get({ id, at, usedUpstream: upstream === 'used' ? 1 : 0 })
        if (settled === undefined) return false
        const [did, host, isSwitchedOff] = giveBackUse.get(...settled) ?? []
        // It stands aside from now on, and its owner may earn another.
        if (did !== undefined && host !== undefined && isSwitchedOff === 1) growVersions([{ did, host }])
        return true
      }),

    reservation: (id) =>
      read(() => {
        const row = reservation.get(id)
        return row && toReservation(row)
      }),
  }
}
