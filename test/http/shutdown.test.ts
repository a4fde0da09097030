import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { startFrontedWorld } from '../support/latchkey.ts'
import { getCodes, join } from '../support/members.ts'

test('ending lets a request in flight finish, refuses new ones and closes the database', async () => {
  await using fronted = await startFrontedWorld()
  const alice = await join(fronted, 'alice.test')
  const held = fronted.link.holdAnswerTo(`/xrpc/${com.atproto.server.getAccountInviteCodes.$nsid}`)
  const inFlight = getCodes(fronted, alice)
  const release = await held
  const ended = fronted.stopLatchkey()
  await expect
    .poll(() =>
      fetch(fronted.url).then(
        () => 'answered',
        () => 'refused',
      ),
    )
    .toBe('refused')
  release()
  expect((await inFlight).status).toBe(200)
  await ended
  using database = new DatabaseSync(fronted.databasePath)
  database.exec('BEGIN EXCLUSIVE')
})

test('what takes longer than the time for ending is cut off', async () => {
  await using fronted = await startFrontedWorld({ shutdownTimeout: '200ms' })
  const alice = await join(fronted, 'alice.test')
  const held = fronted.link.holdAnswerTo(`/xrpc/${com.atproto.server.getAccountInviteCodes.$nsid}`)
  const inFlight = getCodes(fronted, alice).catch(() => 'cut off')
  await held
  await fronted.stopLatchkey()
  expect(await inFlight).toBe('cut off')
})
