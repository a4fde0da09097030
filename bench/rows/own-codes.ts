import { type Bench, compare, type Row } from '../bench.ts'
import { MEMBERS } from '../data/sets.ts'
import type { LoadFigures } from '../load/load.ts'
import type { Rounds } from '../measure/rounds.ts'
import { type Spread, spreadOf } from '../measure/statistics.ts'
import { atLeast, atMost, type Line, type Target, timesAsMuch } from '../report/model.ts'
import { startFloor } from '../servers/floor.ts'
import { askAll, type Crowd, crowdWith, loadOn, OWN_CODES, requireSameAnswers } from './members.ts'

/** What Latchkey has to reach, by codes of a member and members at once. */
interface Aims {
  readonly pds?: Target
  readonly floor?: Target
}

const AIMS: Readonly<Record<number, Readonly<Record<number, Aims>>>> = {
  5: { 1: { pds: atLeast(12), floor: atLeast(0.75) }, 16: { pds: atLeast(30), floor: atLeast(0.5) } },
  20: { 1: { pds: atLeast(12), floor: atLeast(0.75) }, 16: { pds: atLeast(25), floor: atLeast(0.45) } },
}

/** The slowest of a hundred, beside the PDS's. */
const P99_AIM = atMost(1 / 25)

const COMPARED = 50

export const ownCodes: Row = {
  name: 'own-codes',
  title: 'getAccountInviteCodes, 10,000 members, verdict and answer cached',
  async measure(bench) {
    const lines: Line[] = []
    const world = await bench.world(MEMBERS)
    const latchkey = await world.latchkey()
    for (const codesEach of bench.quick ? [5] : [5, 20]) {
      const crowd = crowdWith(bench, codesEach)
      const [representative] = crowd.members
      if (representative === undefined) throw new Error('there are no members')
      await requireSameAnswers(latchkey.url, world.reference.url, crowd.members.slice(0, COMPARED))
      const headers = { authorization: representative.authorization }
      await using floor = await startFloor(bench.processes, {
        name: `floor-${codesEach}`,
        folder: bench.folder,
        url: latchkey.url + OWN_CODES,
        headers,
      })
      const urls = { latchkey: latchkey.url, pds: world.reference.url, floor: floor.url }
      await askAll(latchkey.url, crowd.members)
      for (const connections of bench.quick ? [1, 16] : [1, 16, 64]) {
        const what = `${codesEach} codes, ${connections} at once`
        bench.progress(`own-codes: ${what}`)
        const rounds = await compareLoads(bench, urls, crowd, connections)
        lines.push(...linesOf(what, rounds, AIMS[codesEach]?.[connections] ?? {}))
      }
    }
    const notes = [
      `The answers of Latchkey and the PDS were compared for ${COMPARED} members of each kind: the same.`,
    ]
    return { name: ownCodes.name, title: ownCodes.title, lines, notes }
  },
}

type Loads = Rounds<'latchkey' | 'pds' | 'floor', LoadFigures>

function compareLoads(
  bench: Bench,
  urls: Readonly<Record<'latchkey' | 'pds' | 'floor', string>>,
  crowd: Crowd,
  connections: number,
): Promise<Loads> {
  const on = (url: string) => loadOn(bench, url, crowd, connections)
  const contestants = { latchkey: on(urls.latchkey), pds: on(urls.pds), floor: on(urls.floor) }
  return compare(bench, contestants, ({ requestsPerSecond }) => requestsPerSecond)
}

function linesOf(what: string, { figures, disturbed, foreign }: Loads, aims: Aims): Line[] {
  const sides = (of: (figure: LoadFigures) => number) => ({
    latchkey: spreadOf(figures.latchkey.map(of)),
    pds: spreadOf(figures.pds.map(of)),
    floor: spreadOf(figures.floor.map(of)),
  })
  const rate = sides(({ requestsPerSecond }) => requestsPerSecond)
  const [p50, p99] = [sides((figure) => figure.p50), sides((figure) => figure.p99)]
  return [
    {
      what,
      unit: 'requests/s',
      sides: rate,
      results: [
        ...timesAsMuch(rate.latchkey, rate.pds, '× the PDS', aims.pds),
        ...timesAsMuch(rate.latchkey, rate.floor, 'of the floor', aims.floor),
      ],
      disturbed,
      foreign,
    },
    { what, unit: 'p50 in ms', sides: p50, results: besidePds(p50), disturbed },
    { what, unit: 'p99 in ms', sides: p99, results: besidePds(p99, P99_AIM), disturbed },
  ]
}

function besidePds({ latchkey, pds }: Record<'latchkey' | 'pds', Spread>, target?: Target) {
  return timesAsMuch(latchkey, pds, '× the PDS’s', target)
}
