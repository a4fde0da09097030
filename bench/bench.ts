import type { DataSet } from './data/sets.ts'
import type { Shelf } from './data/shelf.ts'
import type { Load } from './load/load.ts'
import { type Contestants, inRounds, type RoundPlan, type Rounds } from './measure/rounds.ts'
import type { Section } from './report/model.ts'
import type { Secrets } from './servers/pds.ts'
import type { Processes } from './servers/processes.ts'
import type { World } from './servers/world.ts'

/** What rows measure with. */
export interface Bench {
  readonly quick: boolean
  readonly processes: Processes
  /** A set of data with servers over it, the same one for all rows that ask for it. */
  readonly world: (set: DataSet) => Promise<World>
  readonly shelf: Shelf
  readonly load: Load
  readonly secrets: Secrets
  /** Which members have made which servers warm, as `loadOn` notes it. */
  readonly warmed: Set<string>
  /** A folder of this run alone, which goes with it. */
  readonly folder: string
  readonly plan: RoundPlan
  /** How long one run of a load takes. */
  readonly seconds: number
  readonly progress: (message: string) => void
}

/** A row of the table. */
export interface Row {
  readonly name: string
  readonly title: string
  /** Which runs measure it: `whole` ones, or those in which it is `asked` for by name or a flag; left out: all. */
  readonly runs?: 'whole' | 'asked'
  readonly measure: (bench: Bench) => Promise<Section>
}

/** Measures in turns, as the options of this run have it. @param size what a figure of the floor is compared by */
export function compare<K extends string, T>(
  { plan, processes }: Pick<Bench, 'plan' | 'processes'>,
  contestants: Contestants<K, T>,
  size: (figure: T) => number,
): Promise<Rounds<K, T>> {
  return inRounds(contestants, { plan, size, watch: (work) => processes.watch(work) })
}
