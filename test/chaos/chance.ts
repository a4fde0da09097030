/** Chance that can be repeated. */
export interface Chance {
  /** A whole number from `least` to `most`. */
  readonly whole: (least: number, most: number) => number
  /** True this often, from 0 to 1. */
  readonly odds: (share: number) => boolean
  readonly pick: <T>(from: readonly T[]) => T
}

/** @param seed a whole number; the same one gives the same chance */
export function chanceOf(seed: number): Chance {
  let state = seed % 2_147_483_647
  if (state <= 0) state += 2_147_483_646

  // Lehmer's generator with the multiplier 48271: its products stay below 2 to the 53.
  function next(): number {
    state = (state * 48_271) % 2_147_483_647
    return (state - 1) / 2_147_483_646
  }

  // The first numbers of small seeds are small ones.
  for (let skipped = 0; skipped < 10; skipped++) next()
  const whole = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  return {
    whole,
    odds: (share) => next() < share,
    pick: (from) => from[whole(0, from.length - 1)] as (typeof from)[number],
  }
}
