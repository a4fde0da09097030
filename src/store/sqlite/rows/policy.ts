import type { DatabaseSync } from 'node:sqlite'
import type { Policy } from '../../../invites/types.ts'
import { prepareRows } from './rows.ts'

type PolicyRow = [interval: number | null, epoch: number, cap: number]

/** What holds until an operator sets a policy. The cap is the reference PDS's. */
const NOBODY_EARNS: Policy = { interval: null, epoch: 0, cap: 5 }

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
