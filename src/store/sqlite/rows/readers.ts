import type { DatabaseSync } from 'node:sqlite'
import type { InviteCodeWithUses, InviteUse, Policy } from '../../../invites/types.ts'
import { prepareRows, toCode, type CodeRow } from './rows.ts'

type UseRow = [code: string, usedBy: string, usedAt: number]
type PolicyRow = [interval: number | null, epoch: number, cap: number]

/** What holds until an operator sets a policy. The cap is the reference PDS's. */
const NOBODY_EARNS: Policy = { interval: null, epoch: 0, cap: 5 }

/**
 * Prepares what turns rows of codes into codes with their uses, newest first, all uses read in one statement and
 * nothing read when there are none.
 */
export function usesReader(db: DatabaseSync): (rows: readonly CodeRow[]) => InviteCodeWithUses[] {
  const usesOf = prepareRows<UseRow>(
    db,
    `SELECT code, used_by, used_at FROM invite_use WHERE code IN (SELECT value FROM json_each(?))
     ORDER BY used_at DESC, used_by`,
  )
  return (rows) => {
    const codes = rows.map(toCode)
    const usesByCode = new Map<string, InviteUse[]>()
    for (const { code, used } of codes) if (used > 0) usesByCode.set(code, [])
    if (usesByCode.size > 0)
      for (const [code, usedBy, usedAt] of usesOf.all(JSON.stringify([...usesByCode.keys()])))
        usesByCode.get(code)?.push({ usedBy, usedAt })
    return codes.map((code) => ({ ...code, uses: usesByCode.get(code.code) ?? [] }))
  }
}

/** Prepares what reads the policy of a host. */
export function policyReader(db: DatabaseSync): (host: string) => Policy {
  const policy = prepareRows<PolicyRow>(db, 'SELECT interval, epoch, cap FROM policy WHERE host = ?')
  return (host) => {
    const row = policy.get(host)
    if (row === undefined) return NOBODY_EARNS
    const [interval, epoch, cap] = row
    return { interval, epoch, cap }
  }
}
