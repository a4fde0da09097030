import { compare, type Row } from '../bench.ts'
import { didOf } from '../data/names.ts'
import { MEMBERS, MEMBERS_PER_GROUP } from '../data/sets.ts'
import { sessionToken } from '../data/tokens.ts'
import { Client } from '../load/client.ts'
import { median, type Spread, spreadOf } from '../measure/statistics.ts'
import { atMost, type Line, type Target, timesAsMuch } from '../report/model.ts'
import { startRelay } from '../servers/floor.ts'
import { OWN_CODES } from './members.ts'

const PER_ROUND = { quick: 100, whole: 300 }
/** Members with other numbers of codes, so that nobody of those who are measured was there before. */
const RUN_UP = { first: MEMBERS_PER_GROUP, quick: 1500, whole: 3000 }
/** What Latchkey asks the PDS. */
const PROBE = `${OWN_CODES}?includeUsed=false&createAvailable=false`
const PROBE_AIM = atMost(1.3)
const SECRET_AIM = atMost(0.3)

export const firstContact: Row = {
  name: 'first-contact',
  title: 'First contact: a token that was never seen, 5 codes, one after the other',
  async measure(bench) {
    bench.progress('first-contact')
    const world = await bench.world(MEMBERS)
    await using probing = await world.startLatchkey({ name: 'probe', verifies: 'probe' })
    await using verifying = await world.startLatchkey({ name: 'secret', verifies: 'secret' })
    const perRound = bench.quick ? PER_ROUND.quick : PER_ROUND.whole
    await using relay = await startRelay(bench.processes, 'relay', world.upstream.url + PROBE)
    const ask = async (url: string, first: number, count: number) => {
      using client = new Client()
      const times: number[] = []
      for (let member = first; member < first + count; member++) {
        const token = sessionToken(bench.secrets, didOf(member))
        const asked = { url: url + OWN_CODES, authorization: `Bearer ${token}` }
        times.push((await client.askWell(asked)).milliseconds)
      }
      return median(times)
    }
    /** Each time other members; of two that ask the same PDS, too. */
    const onFirstSight = async (url: string, first = 0) => {
      await ask(url, RUN_UP.first, bench.quick ? RUN_UP.quick : RUN_UP.whole)
      let next = first
      return () => ask(url, (next += perRound) - perRound, perRound)
    }
    const contestants = {
      pds: await onFirstSight(world.reference.url),
      probing: await onFirstSight(probing.url),
      verifying: await onFirstSight(verifying.url),
      relay: await onFirstSight(relay.url, MEMBERS_PER_GROUP / 2),
    }
    const rounds = await compare(bench, contestants, (milliseconds) => milliseconds)

    const pds = spreadOf(rounds.figures.pds)
    const line = (what: string, times: readonly number[], aim: Target, floor?: Spread): Line => {
      const latchkey = spreadOf(times)
      return {
        what,
        unit: 'ms',
        sides: { latchkey, pds, ...(floor !== undefined && { floor }) },
        results: [
          ...timesAsMuch(latchkey, pds, '× the PDS’s', aim),
          ...timesAsMuch(latchkey, floor, '× the floor’s'),
          ...timesAsMuch(floor, pds, '× the PDS’s is the floor’s'),
        ],
        disturbed: rounds.disturbed,
        foreign: rounds.foreign,
      }
    }
    return {
      name: firstContact.name,
      title: firstContact.title,
      lines: [
        line(
          'the PDS is asked, on a core of its own',
          rounds.figures.probing,
          PROBE_AIM,
          spreadOf(rounds.figures.relay),
        ),
        line('Latchkey has the JWT secret', rounds.figures.verifying, SECRET_AIM),
      ],
      notes: [
        'The floor of the first is a bare proxy: it passes the request to the same PDS, and its answer back.',
      ],
    }
  },
}
