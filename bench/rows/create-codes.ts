import { com } from '../../src/lexicons/index.ts'
import type { Bench, Row } from '../bench.ts'
import { codes } from '../data/sets.ts'
import { Client, forEachAtOnce } from '../load/client.ts'
import type { Spread } from '../measure/statistics.ts'
import { atLeast, type Line, timesAsMuch } from '../report/model.ts'
import { adminAuthorization } from '../servers/pds.ts'
import { sideBySide } from './side-by-side.ts'

interface Size {
  /** 10,000 are as many as Latchkey makes in one request by its usual settings; the PDS has no limit. */
  readonly perRequest: number
  readonly atOnce: number
  /** How many codes in all. */
  readonly quick: number
  readonly whole: number
}

const SIZES: readonly Size[] = [
  { perRequest: 1, atOnce: 16, quick: 500, whole: 10_000 },
  { perRequest: 10, atOnce: 16, quick: 5000, whole: 100_000 },
  { perRequest: 100, atOnce: 16, quick: 20_000, whole: 100_000 },
  { perRequest: 10_000, atOnce: 1, quick: 20_000, whole: 100_000 },
]
const AIM = atLeast(4)
/** The listings are measured before: here their set grows. */
const SET = codes(1000)

export const createCodes: Row = {
  name: 'create-codes',
  title: 'createInviteCodes',
  async measure(bench) {
    const world = await bench.world(SET)
    const latchkey = await world.latchkey()
    const lines: Line[] = []
    for (const size of SIZES) {
      const { perRequest, atOnce } = size
      const count = bench.quick ? size.quick : size.whole
      const what = `${count.toLocaleString('en')} codes, ${perRequest.toLocaleString('en')} in each request, ${atOnce} at once`
      bench.progress(`create-codes: ${what}`)
      const contestants = {
        latchkey: makes(bench, latchkey.url, count, size),
        pds: makes(bench, world.reference.url, count, size),
      }
      for (const runUp of Object.values(contestants)) await runUp()
      const results = (own: Spread, theirs: Spread) => timesAsMuch(own, theirs, '× the PDS', AIM)
      lines.push(await sideBySide(bench, { what, unit: 'codes/s', ...contestants, results }))
    }
    const notes = [
      'Latchkey answers once the codes are on disk (`synchronous=FULL`); the PDS leaves that to the system (`NORMAL`).',
    ]
    return { name: createCodes.name, title: createCodes.title, lines, notes }
  },
}

/** One contestant: codes per second, all for the operator. */
function makes(
  { secrets }: Bench,
  url: string,
  count: number,
  { perRequest, atOnce }: Size,
): () => Promise<number> {
  const asked = {
    url: `${url}/xrpc/${com.atproto.server.createInviteCodes.$nsid}`,
    authorization: adminAuthorization(secrets),
    body: { codeCount: perRequest, useCount: 1 },
  }
  return async () => {
    using client = new Client(atOnce)
    const startedAt = performance.now()
    await forEachAtOnce(Array.from({ length: count / perRequest }), atOnce, () => client.askWell(asked))
    return (count / (performance.now() - startedAt)) * 1000
  }
}
