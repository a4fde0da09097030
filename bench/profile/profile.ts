import { freePort } from '../../src/dev/free-port.ts'
import type { Bench } from '../bench.ts'
import { MEMBERS } from '../data/sets.ts'
import { figure } from '../report/table.ts'
import { askAll, crowdWith, OWN_CODES } from '../rows/members.ts'
import { timeByPart } from './parts.ts'
import { sampleWhile } from './sampling.ts'

const CODES_EACH = 5
const AT_ONCE = 16
const RUN_UP = 3
const SECONDS = 10
/** Parts with a smaller share of the time are told together. */
const LEAST = 0.005

/** Shows where the microseconds of a cached answer go, as a Markdown table. */
export async function profile(bench: Bench): Promise<string> {
  const world = await bench.world(MEMBERS)
  const port = await freePort()
  await using latchkey = await world.startLatchkey({
    name: 'profiled',
    verifies: 'secret',
    nodeArgs: [`--inspect=127.0.0.1:${port}`],
  })
  const crowd = crowdWith(bench, CODES_EACH)
  await askAll(latchkey.url, crowd.members)
  const plan = { url: latchkey.url, membersFile: crowd.file, path: OWN_CODES, connections: AT_ONCE }
  await bench.load({ ...plan, seconds: RUN_UP })
  bench.progress('profiling')
  const sampled = await sampleWhile(port, () => bench.load({ ...plan, seconds: SECONDS }))
  const { requests, failures } = sampled.value
  if (failures > 0) throw new Error(`${failures} of ${requests} requests failed`)
  const times = [...timeByPart(sampled.profile)].toSorted(([, a], [, b]) => b - a)
  const total = times.reduce((sum, [, time]) => sum + time, 0)
  const [large, small] = [
    times.filter(([, time]) => time >= total * LEAST),
    times.filter(([, time]) => time < total * LEAST),
  ]
  const line = (part: string, time: number) =>
    `| ${part} | ${figure(time / requests)} | ${figure((100 * time) / total)} % |`
  return `${[
    `getAccountInviteCodes, ${CODES_EACH} codes, ${AT_ONCE} at once, verdict and answer cached: ${requests.toLocaleString('en')} requests, ${figure(total / requests)} µs each`,
    '',
    '| part | µs of a request | share |',
    '|---|---|---|',
    ...large.map(([part, time]) => line(part, time)),
    line(
      'all others',
      small.reduce((sum, [, time]) => sum + time, 0),
    ),
  ].join('\n')}\n`
}
