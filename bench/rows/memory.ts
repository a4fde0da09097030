import { setTimeout as sleep } from 'node:timers/promises'
import type { Row } from '../bench.ts'
import { MEMBERS } from '../data/sets.ts'
import { residentMegabytes } from '../measure/processor.ts'
import { type Spread, spreadOf } from '../measure/statistics.ts'
import { timesAsMuch } from '../report/model.ts'

const LOOKS = 5

export const memory: Row = {
  name: 'memory',
  title: 'Memory, right after the start',
  async measure(bench) {
    bench.progress('memory')
    const world = await bench.world(MEMBERS)
    await using idle = await world.startLatchkey({ name: 'idle', verifies: 'secret' })
    await using pds = await world.startAnotherPds('idle')
    const [own, theirs] = [await looksAt(idle.pid), await looksAt(pds.pid)]
    if (own === undefined || theirs === undefined) {
      const notes = ['This system does not tell how much memory a process has.']
      return { name: memory.name, title: memory.title, lines: [], notes }
    }
    const results = timesAsMuch(own, theirs, '× the PDS’s')
    return {
      name: memory.name,
      title: memory.title,
      lines: [{ what: 'idle', unit: 'MB', sides: { latchkey: own, pds: theirs }, results }],
      notes: [],
    }
  },
}

async function looksAt(pid: number): Promise<Spread | undefined> {
  const looks: number[] = []
  for (let look = 0; look < LOOKS; look++) {
    await sleep(200)
    const megabytes = residentMegabytes(pid)
    if (megabytes === undefined) return undefined
    looks.push(megabytes)
  }
  return spreadOf(looks)
}
