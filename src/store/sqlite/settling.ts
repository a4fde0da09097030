import type { InviteStore } from '../../invites/store.ts'
import type { Connection } from './file/connection.ts'
import {
  prepareRows,
  RESERVATION_COLUMNS,
  toReservation,
  UNFINISHED,
  type ReservationRow,
} from './rows/rows.ts'
import { versionGrower } from './rows/versions.ts'

type SettlingMethods = Pick<
  InviteStore,
  'takeOver' | 'postpone' | 'dueSecondLooks' | 'endSecondLook' | 'purgeReleased' | 'countOpen'
>

const DUE = `host = $host AND lease_until <= $now AND next_try_at <= $now AND ${UNFINISHED}`

/** RETURNING tells the rows in any order, hence the second statement. */
export const TAKE_OVER = `
  UPDATE reservation
  SET holder = $holder, lease_until = $leaseUntil, taken_over = 1,
      state = CASE WHEN upstream_code IS NULL THEN state ELSE 'settling' END
  WHERE id IN (
    SELECT id FROM reservation
    WHERE ${DUE}
    ORDER BY started_at, id LIMIT $limit
  )
  RETURNING id`

const FORGETTABLE = "host = $host AND state = 'released' AND used_upstream = 0 AND settled_at <= $before"

export const PURGE = `
  DELETE FROM reservation WHERE id IN (
    SELECT id FROM reservation INDEXED BY reservation_forgettable
    WHERE ${FORGETTABLE} ORDER BY settled_at LIMIT $limit
  )`

/** Sign-ups whose handler didn't end them, and the second look at those that ended. */
export function settlingMethods({ db, read, write }: Connection): SettlingMethods {
  const anyDue = prepareRows<[due: number]>(db, `SELECT 1 FROM reservation WHERE ${DUE} LIMIT 1`)
  const takeOver = prepareRows<[id: string]>(db, TAKE_OVER)
  const reservations = prepareRows<ReservationRow>(
    db,
    `SELECT ${RESERVATION_COLUMNS} FROM reservation WHERE id IN (SELECT value FROM json_each(?))
     ORDER BY started_at, id`,
  )
  const postpone = db.prepare(
    `UPDATE reservation SET lease_until = $nextTryAt, next_try_at = $nextTryAt
     WHERE id = $id AND holder = $holder AND ${UNFINISHED}`,
  )
  const dueSecondLooks = prepareRows<ReservationRow>(
    db,
    `SELECT ${RESERVATION_COLUMNS} FROM reservation WHERE host = ? AND look_again_at <= ?
     ORDER BY look_again_at, id LIMIT ?`,
  )
  const markStaying = db.prepare(
    'UPDATE reservation SET look_again_at = NULL WHERE id = ? AND look_again_at IS NOT NULL',
  )
  const markGone = prepareRows<[code: string, host: string]>(
    db,
    `UPDATE reservation SET state = 'released', settled_at = ?, did = NULL, handle = NULL, look_again_at = NULL,
       used_upstream = 1
     WHERE id = ? AND state = 'committed' AND look_again_at IS NOT NULL RETURNING code, host`,
  )
  const deleteUse = prepareRows<[usedBy: string]>(
    db,
    'DELETE FROM invite_use WHERE reservation_id = ? RETURNING used_by',
  )
  const takeBackUse = prepareRows<[forAccount: string]>(
    db,
    'UPDATE invite_code SET used = used - 1 WHERE code = ? RETURNING for_account',
  )
  // Without its instant as well, or this arrival would next be taken for a direct one.
  const forgetArrival = db.prepare(
    `UPDATE account SET invited_by_code = NULL, arrival = NULL, arrived_at = NULL
     WHERE did = ? AND invited_by_code = ?`,
  )
  const anyReleased = prepareRows<[one: number]>(db, `SELECT 1 FROM reservation WHERE ${FORGETTABLE} LIMIT 1`)
  const purge = db.prepare(PURGE)
  const openByState = prepareRows<['reserved' | 'forwarded' | 'settling', number]>(
    db,
    `SELECT state, count(*) FROM reservation WHERE host = ? AND ${UNFINISHED} GROUP BY state`,
  )
  const growVersions = versionGrower(db)

  function undoCommit(id: string, at: number): boolean {
    const ended = markGone.get(at, id)
    if (ended === undefined) return false
    const [code, host] = ended
    const [did] = deleteUse.get(id) ?? []
    const [owner] = takeBackUse.get(code) ?? []
    if (did === undefined || owner === undefined)
      throw new Error('A committed reservation has no use of a code that exists')
    growVersions([{ did: owner, host }])
    forgetArrival.run(did, code)
    return true
  }

  return {
    takeOver: async ({ host, holder, now, leaseUntil, limit }) => {
      // Asked every few seconds by every process, and hardly ever is anything due: no reason to take the write lock.
      if ((await read(() => anyDue.get({ host, now }))) === undefined) return []
      return write(() => {
        const ids = takeOver.all({ host, holder, now, leaseUntil, limit }).map(([id]) => id)
        return reservations.all(JSON.stringify(ids)).map(toReservation)
      })
    },

    postpone: (id, holder, nextTryAt) =>
      write(() => {
        postpone.run({ id, holder, nextTryAt })
      }),

    dueSecondLooks: ({ host, now, limit }) =>
      read(() => dueSecondLooks.all(host, now, limit).map(toReservation)),

    endSecondLook: (id, outcome, at) =>
      write(() => (outcome === 'gone' ? undoCommit(id, at) : markStaying.run(id).changes === 1)),

    purgeReleased: async ({ host, before, limit }) => {
      if ((await read(() => anyReleased.get({ host, before }))) === undefined) return 0
      return write(() => Number(purge.run({ host, before, limit }).changes))
    },

    countOpen: (host) =>
      read(() => ({ reserved: 0, forwarded: 0, settling: 0, ...Object.fromEntries(openByState.all(host)) })),
  }
}
