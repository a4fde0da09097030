import type { Door } from '../../src/invites/types.ts'
import type { Trouble } from '../support/lossy-link.ts'
import type { Chance } from './chance.ts'
import { DOORS } from './people.ts'

/** One round: who comes when, and what goes wrong meanwhile. All times are milliseconds from its beginning. */
export interface Round {
  /** The uses of its codes. */
  readonly codes: readonly number[]
  readonly arrivals: readonly {
    readonly at: number
    readonly door: Door
    /** Which of the round's codes. */
    readonly code: number
    /** Whether the handle is that of the one before. */
    readonly sameHandle: boolean
  }[]
  readonly network: { readonly to: 'door' | 'mint' | 'anywhere'; readonly what: Trouble } | undefined
  readonly directory: Trouble | undefined
  readonly deaths: readonly {
    readonly at: number
    readonly who: 0 | 1 | 'pds'
    /** `stalled`: it is only stopped for longer than its leases, and wakes. */
    readonly how: 'killed' | 'stalled'
  }[]
}

/** Draws a round. */
export function drawRound(chance: Chance): Round {
  const { whole, odds, pick } = chance
  const codes = Array.from({ length: whole(1, 2) }, () => whole(1, 3))
  const arrivals = Array.from({ length: whole(2, 4) }, (_, index) => ({
    at: whole(0, 150),
    door: pick(DOORS),
    code: whole(0, codes.length - 1),
    sameHandle: index > 0 && odds(0.15),
  }))
  const network = odds(0.35)
    ? {
        to: pick(['door', 'door', 'mint', 'anywhere'] as const),
        what: pick<Trouble>(['reset', 'lose', { status: 500 }, { delay: whole(50, 800) }, 'swallow']),
      }
    : undefined
  const directory = odds(0.2)
    ? pick<Trouble>(['reset', 'lose', { status: 500 }, { delay: whole(100, 1500) }, 'swallow'])
    : undefined
  const deaths = Array.from({ length: pick([0, 0, 1, 1, 1, 2]) }, () => ({
    at: whole(0, 600),
    who: odds(0.04) ? ('pds' as const) : pick([0, 1] as const),
    how: odds(0.15) ? ('stalled' as const) : ('killed' as const),
  }))
  return { codes, arrivals, network, directory, deaths }
}
