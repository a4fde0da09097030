import { type Bench, compare } from '../bench.ts'
import { type Spread, spreadOf } from '../measure/statistics.ts'
import type { Line, Result } from '../report/model.ts'

/** One case that Latchkey and the PDS are measured in, in turns. */
interface Case {
  readonly what: string
  readonly unit: string
  readonly latchkey: () => Promise<number>
  readonly pds: () => Promise<number>
  /** What the figures come to. */
  readonly results: (latchkey: Spread, pds: Spread) => readonly Result[]
}

/** Measures one case, and makes a line of it. */
export async function sideBySide(
  bench: Pick<Bench, 'plan' | 'processes'>,
  { what, unit, latchkey, pds, results }: Case,
): Promise<Line> {
  const { figures, disturbed, foreign } = await compare(bench, { latchkey, pds }, (figure) => figure)
  const sides = { latchkey: spreadOf(figures.latchkey), pds: spreadOf(figures.pds) }
  return { what, unit, sides, results: results(sides.latchkey, sides.pds), disturbed, foreign }
}
