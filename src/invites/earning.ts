import { isDisabled, isExpired, isOpen, isRoutine, standsAside } from './predicates.ts'
import type { Instant, InviteCode, Policy } from './types.ts'

/** What earning looks at of a code. */
export type EarningCode = Pick<
  InviteCode,
  | 'ordinal'
  | 'createdAt'
  | 'available'
  | 'used'
  | 'reserved'
  | 'disabledAt'
  | 'expiresAt'
  | 'switchedOffAt'
  | 'firstMadeAt'
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
 * many that more than `policy.cap` routine codes are open. Disabled codes count as made, gifted codes never count; one that
 * its owner switched off unused stands aside, and a replacement counts as of when the code was made whose place it took.
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
  return Math.max(
    0,
    Math.min(policy.cap - open, earnedBy(now, createdAt, policy) - madeSince(routine, policy)),
  )
}

function madeSince(routine: readonly EarningCode[], { epoch }: Policy): number {
  return routine.filter((code) => !standsAside(code) && (code.firstMadeAt ?? code.createdAt) > epoch).length
}

/**
 * When there is one more code to create than now, if nothing happens until then but that time passes: the member earns it
 * then, and the cap has room for it, since too few are open or enough of them have expired.
 *
 * @param codes all codes that the member owns
 * @returns an instant after now; null when nobody earns, or the cap will not have room
 */
export function nextEarnedAt(
  now: Instant,
  createdAt: Instant,
  codes: readonly EarningCode[],
  policy: Policy,
): Instant | null {
  const { interval, epoch, cap } = policy
  if (interval === null) return null
  const routine = codes.filter(isRoutine)
  const wanted = 1 + codesToCreate(now, createdAt, codes, policy)
  const roomAt = firstWithAtMost(cap - wanted, routine, now)
  if (roomAt === null) return null
  const beforeEpoch = createdAt >= epoch ? 0 : Math.floor((epoch - createdAt) / interval)
  const earnedAt = createdAt + (madeSince(routine, policy) + wanted + beforeEpoch) * interval
  return Math.max(roomAt, earnedAt)
}

/** From when on no more than `most` of the codes are open, if nobody uses them. @returns null for never */
function firstWithAtMost(most: number, routine: readonly EarningCode[], now: Instant): Instant | null {
  if (most < 0) return null
  const open = routine.filter((code) => isOpen(code, now))
  if (open.length <= most) return now
  const expiries = open.flatMap(({ expiresAt }) => expiresAt ?? []).toSorted((one, other) => one - other)
  return expiries[open.length - most - 1] ?? null
}

/**
 * When time alone changes what a member is shown: a code expires, or one more is earned and made.
 *
 * @param codes all codes that the member owns
 * @param earning where codes are made as they are earned; undefined where none are
 * @returns an instant from now on, now itself when codes are due that were not made; `Infinity` for never
 */
export function changesAt(
  now: Instant,
  codes: readonly EarningCode[],
  earning: { readonly createdAt: Instant; readonly policy: Policy } | undefined,
): Instant {
  const nextExpiry = codes.reduce(
    (next, code) =>
      isDisabled(code) || isExpired(code, now) ? next : Math.min(next, code.expiresAt ?? next),
    Infinity,
  )
  if (earning === undefined) return nextExpiry
  const { createdAt, policy } = earning
  if (codesToCreate(now, createdAt, codes, policy) > 0) return now
  return Math.min(nextExpiry, nextEarnedAt(now, createdAt, codes, policy) ?? Infinity)
}

/** The number that the next routine code of an owner takes, given all codes that the owner has. */
export function nextOrdinal(codes: readonly Pick<InviteCode, 'ordinal'>[]): number {
  return 1 + codes.reduce((highest, { ordinal }) => Math.max(highest, ordinal ?? 0), 0)
}
