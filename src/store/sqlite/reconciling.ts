import {
  type HeldUse,
  LOST_CODE_NOTE,
  type ReconcileStore,
  type SignUpVerdict,
  type UpstreamArrival,
  type UpstreamSignUp,
} from '../../invites/reconciling.ts'
import { ADMIN, type Instant, type ReservationState } from '../../invites/types.ts'
import type { Connection } from './file/connection.ts'
import { ringCutter } from './rows/rings.ts'
import { noteKeeper } from './rows/notes.ts'
import { prepareRows } from './rows/rows.ts'
import { type Owner, versionGrower } from './rows/versions.ts'

type HeldRow = [
  code: string,
  usedBy: string,
  usedAt: number,
  reservation: string | null,
  upstreamCode: string,
  handle: string | null,
]

const VERDICTS: Record<ReservationState, SignUpVerdict> = {
  reserved: 'unfinished',
  forwarded: 'unfinished',
  settling: 'unfinished',
  committed: 'settled',
  released: 'released',
}

/** By a CROSS JOIN the uses come first, in their own order; otherwise each page would sort all of them. */
export const HELD_USES = `
  SELECT u.code, u.used_by, u.used_at, u.reservation_id, coalesce(r.upstream_code, u.code), coalesce(a.handle, r.handle)
  FROM invite_use u CROSS JOIN invite_code c ON c.code = u.code
    LEFT JOIN reservation r ON r.id = u.reservation_id LEFT JOIN account a ON a.did = u.used_by
  WHERE (u.code, u.used_by, u.used_at) > ($code, $usedBy, $usedAt) AND u.used_at < $before AND c.host = $host
    AND (u.reservation_id IS NOT NULL OR c.upstream IS NOT NULL)
  ORDER BY u.code, u.used_by, u.used_at LIMIT $limit`

/** The code of an account's newest use; null when it has none. */
const NEWEST = '(SELECT code FROM invite_use WHERE used_by = $did ORDER BY used_at DESC LIMIT 1)'

/** Uses that one side has and the other has lost. */
export function reconcileMethods({ db, read, write }: Connection): ReconcileStore {
  const known = prepareRows<[ReservationState | null, codes: 0 | 1, cameLater: 0 | 1]>(
    db,
    `SELECT (SELECT state FROM reservation WHERE id = $reservation),
            EXISTS (SELECT 1 FROM invite_code WHERE code = $code),
            EXISTS (SELECT 1 FROM invite_use WHERE used_by = $usedBy AND used_at >= $usedAt)`,
  )
  const insertCode = db.prepare(
    `INSERT INTO invite_code (code, host, for_account, created_by, created_at, available, note)
     VALUES ($code, $host, '${ADMIN}', '${ADMIN}', $mintedAt, 0, '${LOST_CODE_NOTE}')
     ON CONFLICT (code) DO NOTHING`,
  )
  const keepNote = noteKeeper(db)
  // Which door it was nobody knows any more.
  const insertSignUp = db.prepare(
    `INSERT INTO reservation (id, code, host, door, handle, upstream_code, minted_at, state, holder, lease_until,
       next_try_at, taken_over, started_at, settled_at, did)
     VALUES ($reservation, $code, $host, 'createAccount', $handle, $upstreamCode, $mintedAt, 'committed', 'reconcile',
       $at, $at, 1, $mintedAt, $usedAt, $did)
     ON CONFLICT (id) DO UPDATE
       SET state = 'committed', upstream_code = excluded.upstream_code, minted_at = excluded.minted_at,
           settled_at = excluded.settled_at, did = excluded.did, used_upstream = 0`,
  )
  const insertUse = db.prepare(
    'INSERT INTO invite_use (code, used_by, used_at, reservation_id) VALUES ($code, $did, $usedAt, $reservation)',
  )
  const countUse = prepareRows<[forAccount: string]>(
    db,
    `UPDATE invite_code SET used = used + 1, available = max(available, used + reserved + 1)
     WHERE code = $code AND host = $host RETURNING for_account`,
  )
  // Not as by a sign-up of now: somebody who is deleted here may have been deleted since.
  const welcome = db.prepare(
    `INSERT INTO account (did, host, handle, created_at, status, invited_by_code, arrival)
     VALUES ($did, $host, $handle, $createdAt, iif($createdAt IS NULL, 'deleted', 'active'), ${NEWEST}, 'invited')
     ON CONFLICT (did) DO UPDATE
       SET handle = coalesce(account.handle, excluded.handle),
           created_at = coalesce(excluded.created_at, account.created_at),
           invited_by_code = excluded.invited_by_code,
           arrival = excluded.arrival,
           version = account.version + 1`,
  )
  const takenOver = prepareRows<[code: string, usedBy: string | null]>(
    db,
    `SELECT c.code, u.used_by FROM invite_code c LEFT JOIN invite_use u ON u.code = c.code
     WHERE c.code IN (SELECT value FROM json_each($codes)) AND c.host = $host AND c.upstream = 'ours'`,
  )
  const held = prepareRows<HeldRow>(db, HELD_USES)
  const deleteUse = db.prepare(
    `DELETE FROM invite_use
     WHERE code = $code AND used_by = $usedBy AND used_at = $usedAt AND reservation_id IS $reservation`,
  )
  const release = db.prepare(
    `UPDATE reservation SET state = 'released', settled_at = ?, did = NULL, look_again_at = NULL,
       used_upstream = 1 WHERE id = ?`,
  )
  const takeBack = prepareRows<[forAccount: string]>(
    db,
    'UPDATE invite_code SET used = used - 1 WHERE code = ? RETURNING for_account',
  )
  // Without its instant as well, or this arrival would next be taken for a direct one.
  const forgetArrival = db.prepare(
    `UPDATE account SET invited_by_code = ${NEWEST}, arrival = NULL, arrived_at = NULL
     WHERE did = $did AND invited_by_code = $code`,
  )
  const cutRing = ringCutter(db)
  const growVersions = versionGrower(db)

  function judge({ reservation, code, use }: UpstreamSignUp): SignUpVerdict {
    const { usedBy = null, usedAt = null } = use ?? {}
    const [state = null, codes, cameLater] = known.get({ reservation, code, usedBy, usedAt }) ?? []
    if (state === null) return codes === 1 ? 'lost' : 'lost with its code'
    const verdict = VERDICTS[state]
    return verdict === 'released' && cameLater === 1 ? 'settled' : verdict
  }

  function count(host: string, arrival: UpstreamArrival, at: Instant): Owner {
    const { reservation, code, upstreamCode, mintedAt, account, use } = arrival
    const { usedBy: did, usedAt } = use
    const handle = account?.handle ?? null
    insertCode.run({ code, host, mintedAt })
    keepNote(LOST_CODE_NOTE)
    insertSignUp.run({ reservation, code, host, handle, upstreamCode, mintedAt, at, usedAt, did })
    insertUse.run({ code, did, usedAt, reservation })
    const [owner] = countUse.get({ code, host }) ?? []
    if (owner === undefined) throw new Error('A sign-up at this PDS used a code of another host')
    welcome.run({ did, host, handle, createdAt: account?.createdAt ?? null })
    cutRing(did)
    return { did: owner, host }
  }

  function undo(host: string, use: HeldUse, at: Instant): Owner | undefined {
    const { code, usedBy, usedAt, reservation } = use
    if (deleteUse.run({ code, usedBy, usedAt, reservation }).changes !== 1) return undefined
    if (reservation !== null) release.run(at, reservation)
    const [owner] = takeBack.get(code) ?? []
    if (owner === undefined) throw new Error('A use is of a code that does not exist')
    forgetArrival.run({ did: usedBy, code })
    return { did: owner, host }
  }

  return {
    judgeSignUps: (signUps) => read(() => signUps.map(judge)),

    countSignUps: (host, arrivals, at) =>
      write(() => {
        const owners: Owner[] = []
        const verdicts = arrivals.map((arrival) => {
          const verdict = judge(arrival)
          if (verdict !== 'settled' && verdict !== 'unfinished') owners.push(count(host, arrival, at))
          return verdict
        })
        growVersions(owners)
        return verdicts
      }),

    takenOver: (host, codes) =>
      read(() => {
        const users = new Map<string, Set<string>>()
        for (const [code, usedBy] of takenOver.all({ host, codes: JSON.stringify(codes) })) {
          const those = users.get(code) ?? new Set()
          users.set(code, those)
          if (usedBy !== null) those.add(usedBy)
        }
        return users
      }),

    heldUses: ({ host, before, after, limit }) =>
      read(() => {
        const { code, usedBy, usedAt } = after ?? { code: '', usedBy: '', usedAt: 0 }
        return held
          .all({ host, before, code, usedBy, usedAt, limit })
          .map(([ofCode, by, when, reservation, upstreamCode, handle]) => ({
            code: ofCode,
            usedBy: by,
            usedAt: when,
            reservation,
            upstreamCode,
            handle,
          }))
      }),

    giveBack: (host, uses, at) =>
      write(() => {
        const owners = uses.map((use) => undo(host, use, at)).filter((owner) => owner !== undefined)
        growVersions(owners)
        return owners.length
      }),
  }
}
