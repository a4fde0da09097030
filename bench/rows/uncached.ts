import { SETTINGS } from '../../src/settings.ts'
import type { Row } from '../bench.ts'
import { MEMBERS } from '../data/sets.ts'
import { atLeast, type Line, timesAsMuch } from '../report/model.ts'
import { askAll, crowdWith, loadOn, rateOf } from './members.ts'
import { sideBySide } from './side-by-side.ts'

/**
 * Room for the verdicts on ten thousand tokens, and not for ten thousand answers: when members ask in turns, an answer is gone
 * each time before its member asks again.
 */
const CACHE_MB = 16
const AT_ONCE = 16
const AIM = atLeast(10)

export const uncached: Row = {
  name: 'uncached',
  title: 'getAccountInviteCodes, verdict known, answer not cached',
  async measure(bench) {
    const world = await bench.world(MEMBERS)
    const settings = { [SETTINGS.cacheSize.variable]: String(CACHE_MB) }
    const lines: Line[] = []
    for (const codesEach of bench.quick ? [5] : [5, 20]) {
      const what = `${codesEach} codes, ${AT_ONCE} at once`
      bench.progress(`uncached: ${what}`)
      const name = `uncached-${codesEach}`
      await using latchkey = await world.startLatchkey({ name, verifies: 'secret', settings })
      const crowd = crowdWith(bench, codesEach)
      await askAll(latchkey.url, crowd.members)
      lines.push(
        await sideBySide(bench, {
          what,
          unit: 'requests/s',
          latchkey: rateOf(loadOn(bench, latchkey.url, crowd, AT_ONCE)),
          pds: rateOf(loadOn(bench, world.reference.url, crowd, AT_ONCE)),
          results: (own, theirs) => timesAsMuch(own, theirs, '× the PDS', AIM),
        }),
      )
    }
    const notes = [
      `With \`${SETTINGS.cacheSize.variable}=${CACHE_MB}\`: room for all verdicts, and too little for an answer to be there still when its member asks again.`,
    ]
    return { name: uncached.name, title: uncached.title, lines, notes }
  },
}
