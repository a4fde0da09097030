import type { Duration } from '../invites/types.ts'

/** How long things at the doors may take. Not for operators: tests shorten them. */
export interface GateTimings {
  /** How long the PDS may take over a sign-up; the PLC directory is asked on the way. */
  readonly signUpTimeout: Duration
  /** How long a sign-up is its handler's alone, unless renewed. */
  readonly lease: Duration
  readonly renewEvery: Duration
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
}

const SECOND = 1000
const MINUTE = 60 * SECOND

export const TIMINGS: GateTimings = {
  signUpTimeout: MINUTE,
  lease: 30 * SECOND,
  renewEvery: 10 * SECOND,
  settleEvery: 5 * SECOND,
  retryAfter: 5 * SECOND,
  secondLookAfter: 10 * MINUTE,
  sweepEvery: 10 * MINUTE,
  orphanAge: 10 * MINUTE,
}
