import type { DatabaseSync } from 'node:sqlite'
import type { Policy } from '../../../invites/types.ts'
import { prepareRows } from './rows.ts'

/** Nothing but nulls where no policy was found. */
export type PolicyRow = [interval: number | null, epoch: number | null, cap: number | null]

/** What holds until an operator sets a policy. The cap is the reference PDS's. */
const NOBODY_EARNS: Policy = { interval: null, epoch: 0, cap: 5 }

/** Prepares what reads the policy of a host. */
export function policyReader(db: DatabaseSync): (host: string) => Policy {
  const policy = prepareRows<PolicyRow>(db, 'SELECT interval, epoch, cap FROM policy WHERE host = ?')
  return (host) => toPolicy(policy.get(host) ?? [null, null, null])
}

/** @returns that nobody earns, where no policy was found */
export function toPolicy([interval, epoch, cap]: PolicyRow): Policy {
  return epoch === null || cap === null ? NOBODY_EARNS : { interval, epoch, cap }
}
