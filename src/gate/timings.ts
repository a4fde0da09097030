import type { Duration } from '../invites/types.ts'

/** How long things at the doors may take. Not for operators: tests shorten them. */
export interface GateTimings {
  /** How long the PDS may take over a sign-up; the PLC directory is asked on the way. */
  readonly signUpTimeout: Duration
  /** How long a sign-up is its handler's alone, unless renewed. */
  readonly lease: Duration
  readonly renewEvery: Duration
  /** How long a sign-up waits for a code that is being taken over from the PDS. */
  readonly closingPatience: Duration
  /** How often it looks meanwhile. */
  readonly closingRetry: Duration
  /** How often sign-ups without a handler are looked for. */
  readonly settleEvery: Duration
  /** How long to wait at the least before settling is tried again. */
  readonly retryAfter: Duration
  /** When a settled sign-up is looked at once more: the PDS's own clean-up may delete an account just after. */
  readonly secondLookAfter: Duration
  /** How often the PDS is searched for codes that no sign-up goes through. */
  readonly sweepEvery: Duration
  /** How old such a code must be, by the PDS's clock: younger ones may be on their way. */
  readonly orphanAge: Duration
  /** How often the PDS is searched for codes that were made there past Latchkey. */
  readonly adoptEvery: Duration
  /** How old such a code must be, by the PDS's clock. */
  readonly adoptAge: Duration
  /** For how long sign-ups that came to nothing are remembered. */
  readonly keepReleased: Duration
  /** How long after one look at the PDS the next one follows, while nothing is wrong. */
  readonly lookWhileSound: Duration
  readonly lookWhileFaulty: Duration
  /** The same while the PDS may be another than the one last looked at, and the doors are closed for it. */
  readonly lookInDoubt: Duration
  /** How long a sign-up waits until it is known whether the doors are open, and how often it looks meanwhile. */
  readonly doubtPatience: Duration
  readonly doubtRetry: Duration
  /**
   * How long the doors of a PDS that is in order wait for its firehose: to come, or for the next thing that it tells while
   * it catches up.
   */
  readonly catchUpPatience: Duration
  /** How long they wait for it in all. */
  readonly catchUpLimit: Duration
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE

export const TIMINGS: GateTimings = {
  signUpTimeout: MINUTE,
  lease: 30 * SECOND,
  renewEvery: 10 * SECOND,
  closingPatience: 20 * SECOND,
  closingRetry: SECOND / 4,
  settleEvery: 5 * SECOND,
  retryAfter: 5 * SECOND,
  secondLookAfter: 10 * MINUTE,
  sweepEvery: 10 * MINUTE,
  orphanAge: 10 * MINUTE,
  adoptEvery: MINUTE,
  adoptAge: MINUTE,
  keepReleased: 30 * DAY,
  lookWhileSound: 5 * SECOND,
  lookWhileFaulty: 3 * SECOND,
  lookInDoubt: SECOND / 4,
  doubtPatience: 10 * SECOND,
  doubtRetry: SECOND / 10,
  catchUpPatience: 5 * SECOND,
  catchUpLimit: MINUTE,
}
