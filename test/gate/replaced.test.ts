import { join as joinPath } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { type RunningPds, startPds } from '../../src/dev/pds.ts'
import { com } from '../../src/lexicons/index.ts'
import { until } from '../pds/firehose-world.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import type { Which } from '../support/lossy-link.ts'
import { giftCode, join } from '../support/members.ts'

const CREATE_ACCOUNT = `/xrpc/${com.atproto.server.createAccount.$nsid}`
const DISABLE = `/xrpc/${com.atproto.admin.disableInviteCodes.$nsid}`
const ACCOUNTS = `/xrpc/${com.atproto.admin.getAccountInfos.$nsid}`
const LIST = `/xrpc/${com.atproto.admin.getInviteCodes.$nsid}`

/** A page of codes that is read for their uses; the watch asks for one code only. */
const READS_USES: Which = ({ url }) => url.startsWith(LIST) && !/[?&]limit=1(&|$)/.test(url)

const QUICK = { lease: 1000, renewEvery: 300, settleEvery: 100, retryAfter: 100 }

/** Starts a PDS where the world's own stood: the same one again, or another one that is empty. */
function startInItsPlace({ world }: FrontedWorld, isAnother: boolean): Promise<RunningPds> {
  const { secrets, pds, publicUrl, plc, dataDir } = world
  return startPds({
    ...secrets,
    port: Number(new URL(pds.url).port),
    publicUrl,
    plcUrl: plc.url,
    dataDir: isAnother ? joinPath(dataDir, 'another') : dataDir,
    ...(isAnother && { serviceDid: 'did:web:elsewhere' }),
  })
}

function statesOf({ databasePath }: FrontedWorld, code: string): readonly unknown[] {
  using database = new DatabaseSync(databasePath, { readOnly: true })
  const rows = database.prepare('SELECT state FROM reservation WHERE code = ?').all(code)
  return rows.map(({ state }) => state)
}

const says = ({ logs }: FrontedWorld, text: string) => logs.some((line) => line.includes(text))

test('another, empty PDS that answers in the middle of a batch settles nothing', async () => {
  await using fronted = await startFrontedWorld({ shutdownTimeout: '100ms' }, {}, QUICK)
  const { world, link } = fronted
  const code = await giftCode(fronted, { useCount: 3 })
  link.loseAnswersTo(CREATE_ACCOUNT)
  link.trouble(READS_USES, { status: 500 })
  for (const name of ['anna', 'bert', 'carl'])
    await join(fronted, `${name}.test`, code).catch(() => undefined)
  await fronted.stopLatchkey()
  link.calm()
  const fence = link.holdRequestTo(DISABLE)
  await fronted.startLatchkey()
  const held = await fence

  await world.pds[Symbol.asyncDispose]()
  const another = await startInItsPlace(fronted, true)
  expect(await held.deliver()).toBe(200)
  await until(() => says(fronted, 'The database belongs to the PDS'))
  expect(statesOf(fronted, code)).toEqual(['settling', 'settling', 'settling'])

  await another[Symbol.asyncDispose]()
  await using _back = await startInItsPlace(fronted, false)
  await until(() => statesOf(fronted, code).every((state) => state === 'committed'), 20_000)
}, 60_000)

test('nor does it take back what was counted', async () => {
  await using fronted = await startFrontedWorld({}, {}, { ...QUICK, secondLookAfter: 1000 })
  const { world, link } = fronted
  const code = await giftCode(fronted)
  link.loseAnswersTo(CREATE_ACCOUNT)
  await join(fronted, 'dora.test', code).catch(() => undefined)
  expect(statesOf(fronted, code)).toEqual(['committed'])
  const held = await link.holdRequestTo(ACCOUNTS)

  await world.pds[Symbol.asyncDispose]()
  await using _another = await startInItsPlace(fronted, true)
  expect(await held.deliver()).toBe(200)
  await until(() => says(fronted, 'The database belongs to the PDS'))
  expect(statesOf(fronted, code)).toEqual(['committed'])
}, 60_000)
