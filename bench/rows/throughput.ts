import { type Bench, compare, noteOn } from '../bench.ts'
import type { LoadFigures } from '../load/load.ts'
import { spreadOf } from '../measure/statistics.ts'
import { type Line, type Target, timesAsMuch } from '../report/model.ts'

/** Compares how many requests Latchkey and the PDS answer. @returns the line, and what is to be said of it */
export async function compareThroughput(
  bench: Bench,
  what: string,
  contestants: Readonly<Record<'latchkey' | 'pds', () => Promise<LoadFigures>>>,
  aim: Target,
): Promise<{ line: Line; notes: readonly string[] }> {
  const rounds = await compare(bench, contestants, ({ requestsPerSecond }) => requestsPerSecond)
  const rate = (figures: readonly LoadFigures[]) =>
    spreadOf(figures.map(({ requestsPerSecond }) => requestsPerSecond))
  const sides = { latchkey: rate(rounds.figures.latchkey), pds: rate(rounds.figures.pds) }
  const results = timesAsMuch(sides.latchkey, sides.pds, '× the PDS', aim)
  return { line: { what, unit: 'requests/s', sides, results }, notes: noteOn(what, rounds) }
}
