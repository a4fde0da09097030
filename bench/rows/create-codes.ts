import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { com } from '../../src/lexicons/index.ts'
import type { Bench, Row } from '../bench.ts'
import { codes } from '../data/sets.ts'
import { Client, forEachAtOnce } from '../load/client.ts'
import type { Spread } from '../measure/statistics.ts'
import { atLeast, type Line, timesAsMuch } from '../report/model.ts'
import { adminAuthorization } from '../servers/pds.ts'
import { openWorld } from '../servers/world.ts'
import { sideBySide } from './side-by-side.ts'

interface Size {
  /** 10,000 are as many as Latchkey makes in one request by its usual settings; the PDS has no limit. */
  readonly perRequest: number
  readonly atOnce: number
  /** How many codes make one figure. */
  readonly count: number
}

const SIZES: readonly Size[] = [
  { perRequest: 1, atOnce: 16, count: 10_000 },
  { perRequest: 10, atOnce: 16, count: 20_000 },
  { perRequest: 100, atOnce: 16, count: 20_000 },
  { perRequest: 10_000, atOnce: 1, count: 20_000 },
]
const AIM = atLeast(4)
/** How many there are before. All sizes begin with them: what a code costs to make grows with their number. */
const THERE = 100_000

export const createCodes: Row = {
  name: 'create-codes',
  title: `createInviteCodes, beginning with ${THERE.toLocaleString('en')} codes`,
  async measure(bench) {
    const lines: Line[] = []
    for (const size of bench.quick ? SIZES.slice(-1) : SIZES) lines.push(await measureSize(bench, size))
    const notes = [
      'Latchkey answers once the codes are on disk (`synchronous=FULL`); the PDS leaves that to the system (`NORMAL`).',
    ]
    return { name: createCodes.name, title: createCodes.title, lines, notes }
  },
}

async function measureSize(bench: Bench, size: Size): Promise<Line> {
  const { perRequest, atOnce, count } = size
  const what = `${perRequest.toLocaleString('en')} in each request, ${atOnce} at once`
  bench.progress(`create-codes: ${what}`)
  const folder = join(bench.folder, `create-${perRequest}`)
  await using open = new AsyncDisposableStack()
  open.defer(() => rm(folder, { recursive: true, force: true }))
  const world = open.use(await openWorld({ ...bench, folder }, codes(THERE)))
  const contestants = {
    latchkey: makes(bench, (await world.latchkey()).url, size),
    pds: makes(bench, world.reference.url, size),
  }
  for (const runUp of Object.values(contestants)) await runUp()
  const results = (own: Spread, theirs: Spread) => timesAsMuch(own, theirs, '× the PDS', AIM)
  return await sideBySide(bench, {
    what: `${count.toLocaleString('en')} codes, ${what}`,
    unit: 'codes/s',
    ...contestants,
    results,
  })
}

/** One contestant: codes per second, all for the operator. */
function makes({ secrets }: Bench, url: string, { perRequest, atOnce, count }: Size): () => Promise<number> {
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
