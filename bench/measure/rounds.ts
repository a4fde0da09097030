import { chooseRounds, disturbed, type Quietness } from './disturbance.ts'

/** How often a measurement is repeated. */
export interface RoundPlan {
  /** How many undisturbed rounds are wanted. */
  readonly wanted: number
  /** How many rounds are made at most, disturbed ones included. */
  readonly most: number
}

/** What is measured in turns: A B C A B C. */
export type Contestants<K extends string, T> = Readonly<Record<K, () => Promise<T>>>

/** What the rounds that count have measured, by contestant. */
export interface Rounds<K extends string, T> {
  readonly figures: Readonly<Record<K, readonly T[]>>
  readonly made: number
  /** How many of those that count were disturbed, since there were not enough others. */
  readonly disturbed: number
  /** How much others worked in the busiest of them, in cores; 0 where that can't be told. */
  readonly foreign: number
}

export interface RoundPorts<T> {
  readonly plan: RoundPlan
  /** Runs something and tells how much others worked meanwhile, in cores. */
  readonly watch: <V>(work: () => Promise<V>) => Promise<{ value: V; foreign: number | undefined }>
  /** What a figure of the contestant `floor` says, for comparing the rounds. */
  readonly size: (figure: T) => number
}

/** Measures all contestants in turns, and once more for each round in which the machine was disturbed. */
export async function inRounds<K extends string, T>(
  contestants: Contestants<K, T>,
  { plan, watch, size }: RoundPorts<T>,
): Promise<Rounds<K, T>> {
  const names = Object.keys(contestants) as K[]
  const rounds: (Quietness & { readonly figures: Readonly<Record<K, T>> })[] = []
  const quiet = () => disturbed(rounds).filter((flag) => !flag).length
  while (rounds.length < plan.most && quiet() < plan.wanted) {
    const figures: [K, T][] = []
    const foreign: number[] = []
    let floor: number | undefined
    for (const name of names) {
      const watched = await watch(contestants[name])
      figures.push([name, watched.value])
      if (watched.foreign !== undefined) foreign.push(watched.foreign)
      if (name === 'floor') floor = size(watched.value)
    }
    rounds.push({
      figures: Object.fromEntries(figures) as Record<K, T>,
      foreign: foreign.length === 0 ? undefined : Math.max(...foreign),
      floor,
    })
  }
  const { chosen, disturbed: kept } = chooseRounds(rounds, plan.wanted)
  const byName = names.map((name): [K, T[]] => [name, chosen.map(({ figures }) => figures[name])])
  return {
    figures: Object.fromEntries(byName) as Record<K, T[]>,
    made: rounds.length,
    disturbed: kept,
    foreign: Math.max(...chosen.map(({ foreign = 0 }) => foreign)),
  }
}
