import { com } from '../../src/lexicons/index.ts'
import type { Bench, Row } from '../bench.ts'
import { codes } from '../data/sets.ts'
import { Client } from '../load/client.ts'
import { atLeast, timesAsMuch } from '../report/model.ts'
import { adminAuthorization } from '../servers/pds.ts'
import { sideBySide } from './side-by-side.ts'

/** As many as Latchkey makes in one request by its usual settings; the PDS has no limit. */
const PER_REQUEST = 10_000
const CODES = { quick: 20_000, whole: 100_000 }
const AIM = atLeast(4)
/** The listings are measured before: here their set grows. */
const SET = codes(1000)

export const createCodes: Row = {
  name: 'create-codes',
  title: `createInviteCodes, ${PER_REQUEST.toLocaleString('en')} codes in each request`,
  async measure(bench) {
    const world = await bench.world(SET)
    const latchkey = await world.latchkey()
    const count = bench.quick ? CODES.quick : CODES.whole
    const what = `${count.toLocaleString('en')} codes`
    bench.progress(`create-codes: ${what}`)
    const contestants = {
      latchkey: makes(bench, latchkey.url, count),
      pds: makes(bench, world.reference.url, count),
    }
    for (const runUp of Object.values(contestants)) await runUp()
    const line = await sideBySide(bench, {
      what,
      unit: 'codes/s',
      ...contestants,
      results: (own, theirs) => timesAsMuch(own, theirs, '× the PDS', AIM),
    })
    return {
      name: createCodes.name,
      title: createCodes.title,
      lines: [line],
      notes: [
        'Latchkey answers once the codes are on disk (`synchronous=FULL`); the PDS leaves that to the system (`NORMAL`).',
      ],
    }
  },
}

/** One contestant: codes per second, all for the operator. */
function makes({ secrets }: Bench, url: string, count: number): () => Promise<number> {
  const asked = {
    url: `${url}/xrpc/${com.atproto.server.createInviteCodes.$nsid}`,
    authorization: adminAuthorization(secrets),
    body: { codeCount: PER_REQUEST, useCount: 1 },
  }
  return async () => {
    using client = new Client()
    const startedAt = performance.now()
    for (let made = 0; made < count; made += PER_REQUEST) await client.askWell(asked)
    return (count / (performance.now() - startedAt)) * 1000
  }
}
