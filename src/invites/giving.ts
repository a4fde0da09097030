import type { Deed } from './audit.ts'
import { isOpen, isRoutine } from './predicates.ts'
import type { Duration, Instant, InviteCode, InviteCodeWithUses, Person } from './types.ts'

/** A code as its owner sees it. */
export interface OwnCode extends InviteCodeWithUses {
  /** What the owner calls it. */
  readonly label: string | null
}

/** What a member has to give and what became of it, read in one snapshot. */
export interface Giving {
  /** All codes that the DID owns, by `(createdAt, code)` descending; uses newest first. */
  readonly codes: readonly OwnCode[]
  /** Whoever used one of them, by DID. */
  readonly people: ReadonlyMap<string, Person>
  /** Who owns the newest code that the member came in with; null for the operator, and when there is none. */
  readonly invitedBy: Person | null
}

/** A member wants one of their codes to be good for nobody any more. */
export interface SwitchOff {
  readonly code: string
  readonly host: string
  /** The name of the code that comes in its place, if one does. */
  readonly replacement: string
  /** The most open routine codes of a member, by the host's policy. */
  readonly cap: number
  /** By the owner; `at` is when it is switched off. */
  readonly deed: Deed
}

/**
 * The name of what came in its place, null where nothing did. `moving`: the PDS still redeems it; `collision`: a code of the
 * replacement's name exists already. Where it is a word nothing was changed.
 */
export type SwitchOffOutcome = { readonly replacement: string | null } | SwitchOffRefusal | 'collision'

export type SwitchOffRefusal = 'unknown' | 'not open' | 'moving' | 'too often'

/** What keeps the codes of members for the members themselves. Part of the store: its rules hold here too. */
export interface GivingStore {
  /** Reads what a member sees. People whom the host was not known to have are taken for deleted, once all were listed. */
  giving(did: string, host: string): Promise<Giving>
  /** Reads an account as others may know it. */
  person(did: string, host: string): Promise<Person>
  /** Names a code for its owner alone; null takes the name away. @returns false when the owner has no such code */
  labelCode(label: { code: string; owner: string; label: string | null }): Promise<boolean>
  /**
   * Disables an open code for its owner, who is the deed's actor, and puts another in its place where
   * {@link replacementOf} says so. A sign-up that holds a use may finish, none starts afterwards. The owner's version grows,
   * and the deed is recorded.
   */
  switchOff(wanted: SwitchOff): Promise<SwitchOffOutcome>
}

/** What is counted by the day: what a member switches off, and what is replaced. */
const DAY: Duration = 86_400_000

/** So often a member can switch off a code in a day: each time leaves a row here for ever. */
export const MOST_SWITCHED_OFF = 20

/** So many gifted codes of a member are replaced in a day. */
export const MOST_GIFTS_REPLACED = 3

/**
 * Whether a member can switch off a code now.
 *
 * @param codes all codes that the member owns
 * @returns the code, or why not
 */
export function codeToSwitchOff(
  name: string,
  codes: readonly InviteCode[],
  now: Instant,
): InviteCode | SwitchOffRefusal {
  const code = codes.find((one) => one.code === name)
  if (code === undefined) return 'unknown'
  if (!isOpen(code, now)) return 'not open'
  if (code.upstream === 'theirs' || code.upstream === 'closing') return 'moving'
  const today = codes.filter(({ switchedOffAt }) => switchedOffAt !== null && switchedOffAt > now - DAY)
  return today.length < MOST_SWITCHED_OFF ? code : 'too often'
}

/** What a replacement is made with; the rest it has from the code whose place it takes. */
export interface Replacement {
  readonly available: number
  readonly firstMadeAt: Instant
}

/**
 * What comes in the place of a code that its owner switches off. Never can more people come in by both than could by the
 * one before.
 *
 * The reference PDS counts a disabled code against the allotment for ever, so that giving up a leaked code would be a loss.
 * Here a routine code that its owner switched off, and that nobody used, stands aside (`standsAside`), and its replacement
 * takes its place: it counts as of when the first of them was made. So switching off changes nothing in what is still to be
 * earned. One that has no replacement, since the cap has no room, invites are disabled or a sign-up in progress holds it,
 * is earned anew as soon as it stands aside and the cap has room.
 *
 * In the place of a gifted code comes another with the uses that are left, three times a day at most.
 *
 * @param code as it is while it is still open
 * @param owner.codes all codes that the member owns
 * @returns null when nothing comes in its place now
 */
export function replacementOf(
  code: InviteCode,
  { codes, invitesDisabled, cap }: { codes: readonly InviteCode[]; invitesDisabled: boolean; cap: number },
  now: Instant,
): Replacement | null {
  const left = code.available - code.used - code.reserved
  if (invitesDisabled || left <= 0) return null
  const others = codes.filter((one) => one.code !== code.code)
  const isAllowed = isRoutine(code)
    ? left === code.available && others.filter((one) => isRoutine(one) && isOpen(one, now)).length < cap
    : others.filter((one) => isReplacedGift(one) && one.createdAt > now - DAY).length < MOST_GIFTS_REPLACED
  return isAllowed ? { available: left, firstMadeAt: code.firstMadeAt ?? code.createdAt } : null
}

function isReplacedGift(code: InviteCode): boolean {
  return !isRoutine(code) && code.firstMadeAt !== null
}
