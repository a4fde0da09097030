import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { until } from '../pds/firehose-world.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import type { Which } from '../support/lossy-link.ts'
import { giftCode, join } from '../support/members.ts'

const CREATE_ACCOUNT = `/xrpc/${com.atproto.server.createAccount.$nsid}`
const LIST = `/xrpc/${com.atproto.admin.getInviteCodes.$nsid}`

/** A page of codes that is read for their uses; the watch asks for one code only. */
const READS_USES: Which = ({ url }) => url.startsWith(LIST) && !/[?&]limit=1(&|$)/.test(url)

/** No request to a PDS is given up sooner than this, in milliseconds. */
const TIMEOUT = 15_000

function stateOf({ databasePath }: FrontedWorld, code: string): unknown {
  using database = new DatabaseSync(databasePath, { readOnly: true })
  return database.prepare('SELECT state FROM reservation WHERE code = ?').get(code)?.['state']
}

/** Latchkey ends while it reads uses that nobody tells. @returns how long that took, in milliseconds */
async function endedWhileReading(fronted: FrontedWorld): Promise<number> {
  const began = performance.now()
  await fronted.stopLatchkey()
  return performance.now() - began
}

test('a process that ends leaves what it was finding out at the door to the next one, which counts it', async () => {
  await using fronted = await startFrontedWorld({ shutdownTimeout: '100ms' })
  const code = await giftCode(fronted)
  fronted.link.loseAnswersTo(CREATE_ACCOUNT)
  const reading = fronted.link.holdAnswerTo(READS_USES)
  const heard = join(fronted, 'anna.test', code).catch(() => 'cut off')
  const release = await reading
  expect(await endedWhileReading(fronted)).toBeLessThan(TIMEOUT / 3)
  expect(await heard).toBe('cut off')
  expect(stateOf(fronted, code)).toBe('settling')

  release()
  fronted.link.calm()
  await fronted.startLatchkey()
  // Its lease would run for half a minute.
  await until(() => stateOf(fronted, code) === 'committed')
})

test('a settler that ends leaves what it was finding out to the next one', async () => {
  const quick = { lease: 500, renewEvery: 200, settleEvery: 100, retryAfter: 100 }
  await using fronted = await startFrontedWorld({ shutdownTimeout: '100ms' }, {}, quick)
  const code = await giftCode(fronted)
  fronted.link.loseAnswersTo(CREATE_ACCOUNT)
  fronted.link.trouble(READS_USES, { status: 500 })
  await join(fronted, 'bert.test', code).catch(() => undefined)
  fronted.link.trouble(READS_USES, undefined)
  const release = await fronted.link.holdAnswerTo(READS_USES)
  expect(await endedWhileReading(fronted)).toBeLessThan(TIMEOUT / 3)
  expect(stateOf(fronted, code)).toBe('settling')

  release()
  fronted.link.calm()
  await fronted.startLatchkey()
  await until(() => stateOf(fronted, code) === 'committed')
})
