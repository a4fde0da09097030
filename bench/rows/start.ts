import { type Bench, compare, noteOn, type Row } from '../bench.ts'
import { codes } from '../data/sets.ts'
import { spreadOf } from '../measure/statistics.ts'
import { timesAsMuch } from '../report/model.ts'

export const start: Row = {
  name: 'start',
  title: 'Start with a million codes in the file, to the first answer',
  async measure(bench: Bench) {
    bench.progress('start')
    const world = await bench.world(codes(1_000_000))
    const contestants = {
      latchkey: async () => {
        await using server = await world.startLatchkey({ name: 'started', verifies: 'secret' })
        return server.startedIn
      },
      pds: async () => {
        await using server = await world.startAnotherPds('started')
        return server.startedIn
      },
    }
    const rounds = await compare(bench, contestants, (milliseconds) => milliseconds)
    const sides = { latchkey: spreadOf(rounds.figures.latchkey), pds: spreadOf(rounds.figures.pds) }
    const results = timesAsMuch(sides.latchkey, sides.pds, '× the PDS’s')
    const what = 'from the start of the process to an answer that says it is ready'
    const lines = [{ what, unit: 'ms', sides, results }]
    return { name: start.name, title: start.title, lines, notes: noteOn('start', rounds) }
  },
}
