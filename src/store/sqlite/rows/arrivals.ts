import type { DatabaseSync } from 'node:sqlite'
import { ringCutter } from './rings.ts'

/** Somebody who came in with a code. */
export interface Arrival {
  readonly did: string
  readonly host: string
  readonly handle: string | null
  readonly code: string
}

/**
 * Prepares what records who came in. Whoever comes back arrived anew: the instant known so far is of the time before, and
 * the PDS is asked again.
 */
export function arrivalRecorder(db: DatabaseSync): (arrival: Arrival) => void {
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
  const cutRing = ringCutter(db)
  return ({ did, host, handle, code }) => {
    welcome.run({ did, host, handle, code })
    cutRing(did)
  }
}
