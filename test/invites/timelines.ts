import fc from 'fast-check'
import type { Duration, Instant } from '../../src/invites/types.ts'
import { distances } from './members.ts'

/** What is done to one member's invitations, on both servers alike. `which` picks among the codes that fit. */
export type Action =
  /** The member calls the method, and what comes is compared. */
  | { readonly what: 'look'; readonly includeUsed: boolean; readonly createAvailable: boolean }
  | { readonly what: 'use'; readonly which: number }
  | { readonly what: 'gift'; readonly uses: number }
  | { readonly what: 'disable'; readonly which: number }
  | { readonly what: 'disable all' }
  /** The member's invites are disabled and enabled again, without a call that would create codes in between. */
  | { readonly what: 'pause' }
  /** The operator sets another policy; the epoch is given as its distance from the birth, or is that very instant. */
  | { readonly what: 'policy'; readonly interval: Duration; readonly epoch: Duration | 'now' }

export type Step = Action & {
  /** When, counted from the birth. */
  readonly at: Duration
}

/** A life to be led on both servers. */
export interface Timeline {
  readonly birth: Instant
  readonly interval: Duration
  /** Its distance from the birth; negative when it lies before. */
  readonly epoch: Duration
  readonly steps: readonly Step[]
  /** Whether the member's invites are disabled for good at the end, and the method called on. */
  readonly barred: boolean
}

/** Lengths of lives in intervals: what was made is the limit of the shorter ones, the cap of five that of the longest. */
const lengths = fc.constantFrom(4, 8, 16)

const intervals = fc.constantFrom(7, 1000, 1013, 86_400_000, 604_800_000)
const births = fc.integer({ min: Date.UTC(2025, 0, 1), max: Date.UTC(2027, 0, 1) })

export const LOOK = { what: 'look', includeUsed: true, createAvailable: true } as const satisfies Action

const look: fc.Arbitrary<Action> = fc.record({
  what: fc.constant('look' as const),
  includeUsed: fc.boolean(),
  createAvailable: fc.constantFrom(true, true, true, false),
})

const picks = fc.nat({ max: 20 })

function actions(interval: Duration): fc.Arbitrary<Action> {
  return fc.oneof(
    { weight: 8, arbitrary: look },
    { weight: 5, arbitrary: fc.record({ what: fc.constant('use' as const), which: picks }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('disable' as const), which: picks }) },
    {
      weight: 2,
      arbitrary: fc.record({ what: fc.constant('gift' as const), uses: fc.integer({ min: 1, max: 2 }) }),
    },
    { weight: 1, arbitrary: fc.constant<Action>({ what: 'disable all' }) },
    { weight: 1, arbitrary: fc.constant<Action>({ what: 'pause' }) },
    {
      weight: 2,
      arbitrary: fc.record({
        what: fc.constant('policy' as const),
        interval: fc.constantFrom(interval, 2 * interval, Math.ceil(interval / 2)),
        epoch: fc.oneof(epochs(interval), fc.constant('now' as const)),
      }),
    },
  )
}

function epochs(interval: Duration): fc.Arbitrary<Duration> {
  return fc
    .tuple(distances(interval, 6), fc.constantFrom(-1, 0, 1))
    .map(([away, side]) => (side === 0 ? 0 : side * away))
}

/** Lives with the epoch on both sides of the birth and on it, and steps at and around the instants that count. */
export const timelines: fc.Arbitrary<Timeline> = fc
  .record({ birth: births, interval: intervals, length: lengths })
  .chain((life) => epochs(life.interval).map((epoch) => ({ ...life, epoch })))
  .chain((life) =>
    fc.record({
      birth: fc.constant(life.birth),
      interval: fc.constant(life.interval),
      epoch: fc.constant(life.epoch),
      steps: fc
        .array(fc.tuple(instants(life), actions(life.interval)), { minLength: 3, maxLength: 12 })
        .map((steps) => inOrder(steps.map(([at, action]) => ({ at, ...action })))),
      barred: fc.nat({ max: 4 }).map((chance) => chance === 4),
    }),
  )

function instants({
  interval,
  epoch,
  length,
}: Pick<Timeline, 'interval' | 'epoch'> & { length: number }): fc.Arbitrary<Duration> {
  const aroundEpoch = fc.constantFrom(-1, 0, 1).map((by) => Math.max(0, epoch + by))
  return fc.oneof(
    { weight: 6, arbitrary: distances(interval, length) },
    { weight: 1, arbitrary: aroundEpoch },
  )
}

function inOrder(steps: readonly Step[]): readonly Step[] {
  return steps.toSorted((one, other) => one.at - other.at)
}
