import fc from 'fast-check'
import { isOpen, isRoutine } from '../../src/invites/predicates.ts'
import type { Instant, InviteCode, Policy } from '../../src/invites/types.ts'
import { earnedCode, giftedCode } from './sample-codes.ts'

/** A member at one instant of a life under one policy. */
export interface SampleMember {
  readonly birth: Instant
  readonly policy: Policy & { readonly interval: number }
  readonly codes: readonly InviteCode[]
  readonly now: Instant
}

export const intervals = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 604_800_000 }))
export const births = fc.integer({ min: 0, max: 4_000_000_000_000 })
export const caps = fc.integer({ min: 1, max: 12 })

/**
 * A distance in time: mostly whole intervals and a millisecond to either side of them, where the arithmetic may break.
 *
 * @param most the longest, in intervals
 */
export function distances(interval: number, most: number): fc.Arbitrary<number> {
  const whole = fc.integer({ min: 0, max: most }).map((count) => count * interval)
  const nearly = fc.tuple(whole, fc.constantFrom(-1, 1)).map(([length, by]) => Math.max(0, length + by))
  return fc.oneof(whole, nearly, fc.integer({ min: 0, max: most * interval }))
}

/** Births, policies and instants with the epoch before, at and after the birth, and before, at and after now. */
export const lives: fc.Arbitrary<Omit<SampleMember, 'codes'>> = fc
  .record({ birth: births, interval: intervals, cap: caps, older: fc.boolean() })
  .chain(({ birth, interval, cap, older }) =>
    fc.record({ age: distances(interval, 40), away: distances(interval, 40) }).map(({ age, away }) => ({
      birth,
      policy: { interval, cap, epoch: older ? birth + away : birth - away },
      now: birth + age,
    })),
  )

/** The same with codes of every kind, made at any time of the life; more than were earned, too. */
export const members: fc.Arbitrary<SampleMember> = lives.chain((life) =>
  fc.array(codesIn(life), { maxLength: 20 }).map((codes) => ({ ...life, codes })),
)

function codesIn({ birth, now }: Omit<SampleMember, 'codes'>): fc.Arbitrary<InviteCode> {
  const instant = fc.integer({ min: birth, max: now })
  return fc
    .record({
      createdAt: instant,
      used: fc.integer({ min: 0, max: 1 }),
      disabledAt: fc.option(instant),
      expiresAt: fc.option(fc.integer({ min: birth, max: now + 1000 })),
      gifted: fc.boolean(),
    })
    .map(({ gifted, ...change }) => (gifted ? giftedCode(change) : earnedCode(change)))
}

/** How many open routine codes there are. */
export function openCount({ codes, now }: Pick<SampleMember, 'codes' | 'now'>): number {
  return codes.filter((code) => isRoutine(code) && isOpen(code, now)).length
}
