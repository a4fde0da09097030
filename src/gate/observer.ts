import type { RedemptionRefusal } from '../invites/predicates.ts'
import type { Door } from '../invites/types.ts'

/** Told what happens at the doors and behind them, for metrics. Implementations count; they never throw. */
export interface GateObserver {
  /** Somebody's code was not good. */
  readonly refused: (door: Door, reason: RedemptionRefusal) => void
  /** Somebody was turned away before their code was looked at. */
  readonly turnedAway: (
    door: Door,
    why:
      | 'paused'
      | 'guessing'
      | 'too many'
      | 'in progress'
      | 'codes moving'
      | 'doors closed'
      | 'store unavailable',
  ) => void
  /** A sign-up that held a use has ended at the door, after this many ms. `unknown` leaves it to the settler. */
  readonly finished: (door: Door, outcome: 'committed' | 'released' | 'unknown', ms: number) => void
  /** The settler found out how a sign-up went, or did not. */
  readonly settled: (outcome: 'committed' | 'released' | 'postponed' | 'taken back') => void
  /** So many codes that no sign-up goes through were disabled at the PDS. */
  readonly swept: (codes: number) => void
  /** So many codes that the PDS made past Latchkey are Latchkey's from now on. */
  readonly adopted: (codes: number) => void
}
