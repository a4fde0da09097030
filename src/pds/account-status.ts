import type { AccountStatus } from '../invites/types.ts'

const INACTIVE = ['takendown', 'suspended', 'deleted'] as const

/** What a PDS says of an account's standing in two words, in one. An inactive account without a known reason is deactivated. */
export function accountStatus(active: boolean, status: string | undefined): AccountStatus {
  if (active) return 'active'
  return INACTIVE.find((known) => known === status) ?? 'deactivated'
}
