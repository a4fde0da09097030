import type { Bench, Row } from '../bench.ts'
import { MEMBERS } from '../data/sets.ts'
import { type Freshness, watchFreshness } from '../load/freshness.ts'
import { spreadOf } from '../measure/statistics.ts'
import { atLeast, atMost, type Line, timesAsMuch } from '../report/model.ts'
import { adminAuthorization } from '../servers/pds.ts'
import { askAll, type Crowd, crowdWith, loadOn, OWN_CODES, rateOf } from './members.ts'
import { sideBySide } from './side-by-side.ts'

const AT_ONCE = 16
const CHANGE_EVERY = 100
const AIM = atLeast(20)
const WATCHED_SECONDS = { quick: 2, whole: 10 }

export const changing: Row = {
  name: 'changing',
  title: 'The same while 1 % of the requests change the member’s codes',
  async measure(bench) {
    const world = await bench.world(MEMBERS)
    const latchkey = await world.latchkey()
    const changes = { every: CHANGE_EVERY, adminAuthorization: adminAuthorization(bench.secrets) }
    const lines: Line[] = []
    for (const codesEach of bench.quick ? [5] : [5, 20]) {
      const what = `${codesEach} codes, ${AT_ONCE} at once`
      bench.progress(`changing: ${what}`)
      const crowd = crowdWith(bench, codesEach)
      await askAll(latchkey.url, crowd.members)
      lines.push(
        await sideBySide(bench, {
          what,
          unit: 'requests/s',
          latchkey: rateOf(loadOn(bench, latchkey.url, crowd, AT_ONCE, changes)),
          pds: rateOf(loadOn(bench, world.reference.url, crowd, AT_ONCE, changes)),
          results: (own, theirs) => timesAsMuch(own, theirs, '× the PDS', AIM),
        }),
      )
    }
    const crowd = crowdWith(bench, 5)
    const [own, theirs] = [
      await freshnessUnderLoad(bench, latchkey.url, crowd, changes),
      await freshnessUnderLoad(bench, world.reference.url, crowd, changes),
    ]
    lines.push({
      what: 'a member asks once a change is confirmed, under that load',
      unit: 'stale answers',
      sides: { latchkey: spreadOf([own.stale]), pds: spreadOf([theirs.stale]) },
      results: [{ of: `of ${own.changes} changes`, value: own.stale, target: atMost(0) }],
    })
    return { name: changing.name, title: changing.title, lines, notes: [] }
  },
}

/** Looks at the answers to some members while all others keep the server busy. */
async function freshnessUnderLoad(
  bench: Bench,
  url: string,
  crowd: Crowd,
  changes: { readonly every: number; readonly adminAuthorization: string },
): Promise<Freshness> {
  let isOver = false
  const plan = { url, membersFile: crowd.file, path: OWN_CODES, connections: AT_ONCE, changes }
  const load = bench
    .load({ ...plan, seconds: bench.quick ? WATCHED_SECONDS.quick : WATCHED_SECONDS.whole })
    .finally(() => {
      isOver = true
    })
  const freshness = watchFreshness(url, crowd.members, changes.adminAuthorization, () => isOver)
  await load
  return await freshness
}
