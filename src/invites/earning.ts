import { isOpen, isRoutine } from './predicates.ts'
import type { Instant, InviteCode, Policy } from './types.ts'

type EarningCode = Pick<
  InviteCode,
  'ordinal' | 'createdAt' | 'available' | 'used' | 'disabledAt' | 'expiresAt'
>

/**
 * How many codes a member could have made by now, had they made none: the whole intervals of the account's life, less
 * the whole intervals that lay before the epoch when the account is older than it. The two are floored apart, as the
 * reference PDS does (`calculateCodesToCreate` in its `getAccountInviteCodes.ts`).
 *
 * @param createdAt when the account was created on, or arrived at, its host
 * @returns a count; negative while the epoch lies in the future
 */
export function earnedBy(now: Instant, createdAt: Instant, policy: Policy): number {
  const { interval, epoch } = policy
  if (interval === null) return 0
  const lifetime = Math.floor((now - createdAt) / interval)
  if (createdAt >= epoch) return lifetime
  return lifetime - Math.floor((epoch - createdAt) / interval)
}

/**
 * How many earned codes to make for a member now: what was earned less what was made since the epoch, and never so
 * many that more than `policy.cap` routine codes are open. Disabled codes count as made, gifted codes never count.
 *
 * @param codes all codes that the member owns
 * @returns a count, zero when nothing is due
 */
export function codesToCreate(
  now: Instant,
  createdAt: Instant,
  codes: readonly EarningCode[],
  policy: Policy,
): number {
  const routine = codes.filter(isRoutine)
  const open = routine.filter((code) => isOpen(code, now)).length
  const madeSinceEpoch = routine.filter((code) => code.createdAt > policy.epoch).length
  return Math.max(0, Math.min(policy.cap - open, earnedBy(now, createdAt, policy) - madeSinceEpoch))
}

/** The number that the next routine code of an owner takes, given all codes that the owner has. */
export function nextOrdinal(codes: readonly Pick<InviteCode, 'ordinal'>[]): number {
  return 1 + codes.reduce((highest, { ordinal }) => Math.max(highest, ordinal ?? 0), 0)
}
