import { median } from './statistics.ts'

/** What is known of how quiet the machine was in one round. */
export interface Quietness {
  /** How many cores' worth of work others did in the meantime, the hypervisor included; undefined where that can't be told. */
  readonly foreign: number | undefined
  /** What the floor did in this round; undefined where none is measured. */
  readonly floor: number | undefined
}

/** Others may take this much of one core. */
const MOST_FOREIGN = 0.1

/** The floor does the same work each time, so it may be off its own median by no more than this share. */
const MOST_FLOOR_DRIFT = 0.1

/** @returns for each round whether something other than what it measures decided its figures */
export function disturbed(rounds: readonly Quietness[]): readonly boolean[] {
  const floors = rounds.flatMap(({ floor }) => floor ?? [])
  const usual = floors.length === 0 ? undefined : median(floors)
  return rounds.map(({ foreign, floor }) => {
    if (foreign !== undefined && foreign > MOST_FOREIGN) return true
    return floor !== undefined && usual !== undefined && Math.abs(floor / usual - 1) > MOST_FLOOR_DRIFT
  })
}

/**
 * Chooses the rounds that count: the quiet ones, and where they are too few, of the others those that were disturbed least.
 *
 * @returns the chosen ones in their order, and how many of them were disturbed
 */
export function chooseRounds<R extends Quietness>(
  rounds: readonly R[],
  wanted: number,
): { readonly chosen: readonly R[]; readonly disturbed: number } {
  const flags = disturbed(rounds)
  const ranked = rounds
    .map((round, index) => ({ round, index, isDisturbed: flags[index] === true }))
    .toSorted(
      (a, b) =>
        Number(a.isDisturbed) - Number(b.isDisturbed) ||
        (a.isDisturbed ? (a.round.foreign ?? 0) - (b.round.foreign ?? 0) : a.index - b.index),
    )
    .slice(0, wanted)
  return {
    chosen: ranked.toSorted((a, b) => a.index - b.index).map(({ round }) => round),
    disturbed: ranked.filter(({ isDisturbed }) => isDisturbed).length,
  }
}
