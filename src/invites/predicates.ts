import type { AccountStatus, Host, Instant, InviteCode } from './types.ts'

/** Whether a code has run out of time: from the very instant of its expiry on. */
export function isExpired(code: Pick<InviteCode, 'expiresAt'>, now: Instant): boolean {
  return code.expiresAt !== null && now >= code.expiresAt
}

/** Whether all of a code's uses are finished sign-ups. */
export function isUsedUp(code: Pick<InviteCode, 'available' | 'used'>): boolean {
  return code.used >= code.available
}

/** Whether a code was disabled by hand; an expired code is not. */
export function isDisabled(code: Pick<InviteCode, 'disabledAt'>): boolean {
  return code.disabledAt !== null
}

/** Whether a code can still bring somebody in, as far as its own row says. */
export function isOpen(
  code: Pick<InviteCode, 'available' | 'used' | 'disabledAt' | 'expiresAt'>,
  now: Instant,
): boolean {
  return !isDisabled(code) && !isExpired(code, now) && !isUsedUp(code)
}

/** How a code stands, in one word: the first that fits of disabled, used up and expired. */
export function codeState(
  code: Pick<InviteCode, 'available' | 'used' | 'disabledAt' | 'expiresAt'>,
  now: Instant,
): CodeState {
  if (isDisabled(code)) return 'disabled'
  if (isUsedUp(code)) return 'usedUp'
  return isExpired(code, now) ? 'expired' : 'open'
}

export type CodeState = 'open' | 'usedUp' | 'expired' | 'disabled'

/**
 * Whether a code no longer counts as made, because its owner switched it off before anybody used it. One that a sign-up in
 * progress holds counts until that is settled, and one that an operator enabled again counts as ever.
 */
export function standsAside({
  switchedOffAt,
  disabledAt,
  used,
  reserved,
}: Pick<InviteCode, 'switchedOffAt' | 'disabledAt' | 'used' | 'reserved'>): boolean {
  return switchedOffAt !== null && switchedOffAt === disabledAt && used + reserved === 0
}

/** Whether a code was earned rather than gifted by the operator. */
export function isRoutine(code: Pick<InviteCode, 'ordinal'>): boolean {
  return code.ordinal !== null
}

/** Why a code can't be redeemed. Told to the log and to administrators, never to the person at the door. */
export type RedemptionRefusal = 'unknown' | 'disabled' | 'expired' | 'used up' | 'restricted' | 'owner gone'

/** Who stands at the door. */
export interface Redeemer {
  readonly handle: string | null
  /** Present when an account moves here and brings its DID. */
  readonly did: string | null
}

/**
 * The rule of redemption: a code opens the door when it exists, is not disabled, not expired, has a use that is
 * neither spent nor held by a sign-up in progress, its restriction fits, and its owner is in good standing. An owner
 * whose invites are disabled keeps the codes already made, as the lexicon of `disableAccountInvites` says.
 *
 * @param ownerStatus the owner's status; `active` for `admin` and for owners not seen yet
 * @returns the refusal, or null when the code can be redeemed
 */
export function refuseRedemption(
  code: InviteCode | undefined,
  ownerStatus: AccountStatus,
  redeemer: Redeemer,
  now: Instant,
): RedemptionRefusal | null {
  if (code === undefined) return 'unknown'
  if (isDisabled(code)) return 'disabled'
  if (isExpired(code, now)) return 'expired'
  if (code.used + code.reserved >= code.available) return 'used up'
  const { restrictedTo } = code
  if (restrictedTo !== null && restrictedTo !== redeemer.did && restrictedTo !== redeemer.handle)
    return 'restricted'
  if (ownerStatus !== 'active') return 'owner gone'
  return null
}

/**
 * Whether a code that is good is still the PDS's to redeem under its own name. Until a host's codes are Latchkey's, one
 * that is not known here may be one that the PDS made a moment ago.
 *
 * @param code undefined for one that is not known here
 * @returns `closing` while nobody can redeem it for a moment; null when it is Latchkey's
 */
export function redeemedUpstream(
  code: Pick<InviteCode, 'upstream'> | undefined,
  { earningSince }: Pick<Host, 'earningSince'>,
): 'upstream' | 'closing' | null {
  if (code === undefined) return earningSince === null ? 'upstream' : null
  if (code.upstream === 'theirs') return 'upstream'
  return code.upstream === 'closing' ? 'closing' : null
}
