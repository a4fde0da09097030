import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { until } from '../pds/firehose-world.ts'
import { startFrontedWorld } from '../support/latchkey.ts'
import { getAsAdmin, giftCode, join } from '../support/members.ts'

test('any number of them is forgotten in one go, and while the PDS is away', async () => {
  const day = 24 * 3_600_000
  await using fronted = await startFrontedWorld({}, {}, { sweepEvery: day, keepReleased: day })
  await fronted.stopLatchkey()
  const left = () => {
    using database = new DatabaseSync(fronted.databasePath, { timeout: 5000 })
    return database.prepare('SELECT id FROM reservation ORDER BY id').all()
  }
  {
    using database = new DatabaseSync(fronted.databasePath)
    database
      .prepare(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
         INSERT INTO reservation (id, code, host, door, state, holder, lease_until, next_try_at, started_at, settled_at)
         SELECT 'r' || i, 'a', 'localhost', 'createAccount', 'released', 'nobody', 0, 0, 0,
           iif(i = 7, $now, i) FROM n`,
      )
      .run({ now: Date.now() })
  }
  fronted.link.refuse(true)
  await fronted.startLatchkey()
  await until(() => left().length === 1)
  expect(left()).toMatchObject([{ id: 'r7' }])
})

test('sign-ups that came to nothing are forgotten after a while, and nothing else is', async () => {
  const soon = { sweepEvery: 100, keepReleased: 1500, orphanAge: 0 }
  await using fronted = await startFrontedWorld({}, {}, soon)
  const states = () => {
    using database = new DatabaseSync(fronted.databasePath, { readOnly: true })
    return database
      .prepare('SELECT state FROM reservation ORDER BY state')
      .all()
      .map(({ state }) => state)
  }
  const code = await giftCode(fronted, { useCount: 3 })
  const { did } = await join(fronted, 'anna.test', code)
  await expect(join(fronted, 'anna.test', code)).rejects.toThrow('Handle already taken')
  expect(states()).toEqual(['committed', 'released'])
  await until(() => states().length === 1)
  expect(states()).toEqual(['committed'])

  await join(fronted, 'bert.test', code)
  expect(fronted.logs.filter((line) => line.includes('no sign-up goes through'))).toEqual([])
  const { invitedBy } = await getAsAdmin<com.atproto.admin.defs.AccountView>(
    fronted,
    com.atproto.admin.getAccountInfo.$nsid,
    `?did=${did}`,
  )
  expect([invitedBy?.code, invitedBy?.uses.length]).toEqual([code, 2])
})
