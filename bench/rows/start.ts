import type { Bench, Row } from '../bench.ts'
import { codes } from '../data/sets.ts'
import { timesAsMuch } from '../report/model.ts'
import { sideBySide } from './side-by-side.ts'

export const start: Row = {
  name: 'start',
  runs: 'whole',
  title: 'Start with a million codes in the file, to the first answer',
  async measure(bench: Bench) {
    bench.progress('start')
    const world = await bench.world(codes(1_000_000))
    const line = await sideBySide(bench, {
      what: 'from the start of the process to an answer that says it is ready',
      unit: 'ms',
      latchkey: async () => {
        await using server = await world.startLatchkey({ name: 'started', verifies: 'secret' })
        return server.startedIn
      },
      pds: async () => {
        await using server = await world.startAnotherPds('started')
        return server.startedIn
      },
      results: (own, theirs) => timesAsMuch(own, theirs, '× the PDS’s'),
    })
    return { name: start.name, title: start.title, lines: [line], notes: [] }
  },
}
