import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench, Row } from '../bench.ts'
import { CROWD, membersOf } from '../data/sets.ts'
import { sessionToken } from '../data/tokens.ts'
import { residentMegabytes } from '../measure/processor.ts'
import { spreadOf } from '../measure/statistics.ts'
import { atMost, type Line } from '../report/model.ts'
import { OWN_CODES } from './members.ts'

const MINUTES = 10
const MINUTE = 60_000
/** How often it looks: what V8 has not collected yet goes up and down within a minute. */
const EVERY = 1000
/** By then everything is compiled and the caches are at work. */
const SETTLED = 2
const GROWTH = atMost(1.1)
const AT_ONCE = 16

export const soak: Row = {
  name: 'soak',
  title: `Memory of Latchkey under load by a million members, ${MINUTES} minutes`,
  runs: 'asked',
  async measure(bench) {
    const world = await bench.world(CROWD)
    const latchkey = await world.latchkey()
    bench.progress('soak: signing a million tokens')
    const membersFile = await signInAll(bench)
    const plan = { url: latchkey.url, membersFile, path: OWN_CODES, connections: AT_ONCE }
    const startedAt = performance.now()
    const load = bench.load({ ...plan, seconds: MINUTES * 60 })
    const lines: Line[] = []
    for (let minute = 1; minute <= MINUTES; minute++) {
      // A second before the minute ends: the last look is under load too.
      const megabytes = spreadOf(await memoryUntil(startedAt + minute * MINUTE - EVERY, latchkey.pid))
      bench.progress(`soak: minute ${minute}, ${megabytes.median.toFixed(0)} MB`)
      lines.push({ what: `minute ${minute}`, unit: 'MB', sides: { latchkey: megabytes }, results: [] })
    }
    const figures = await load
    const [last, settled] = [lines.at(-1), lines[SETTLED - 1]]
    const growth =
      (last?.sides.latchkey?.median ?? Number.NaN) / (settled?.sides.latchkey?.median ?? Number.NaN)
    const result = { of: `× minute ${SETTLED}`, value: growth, target: GROWTH }
    return {
      name: soak.name,
      title: soak.title,
      lines: lines.map((line) => (line === last ? { ...line, results: [result] } : line)),
      notes: [
        `${figures.requests.toLocaleString('en')} requests were answered, ${figures.failures} of them not with success.`,
      ],
    }
  },
}

/** @returns what a process holds in memory, every second until then, in MB */
async function memoryUntil(end: number, pid: number): Promise<readonly number[]> {
  const looks: number[] = []
  do {
    await sleep(EVERY)
    const megabytes = residentMegabytes(pid)
    if (megabytes === undefined) throw new Error('This system does not tell how much memory a process has')
    looks.push(megabytes)
  } while (performance.now() + EVERY < end)
  return looks
}

/** @returns a file of all members, one `did token` a line */
async function signInAll({ folder, secrets }: Pick<Bench, 'folder' | 'secrets'>): Promise<string> {
  const path = join(folder, 'crowd.txt')
  const file = createWriteStream(path)
  for (const { did } of membersOf(CROWD)) {
    if (!file.write(`${did} ${sessionToken(secrets, did)}\n`)) await once(file, 'drain')
  }
  file.end()
  await once(file, 'finish')
  return path
}
