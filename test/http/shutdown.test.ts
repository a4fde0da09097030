import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { startFrontedWorld } from '../support/latchkey.ts'
import { getCodes, join } from '../support/members.ts'

/** Resolves when new requests are refused. */
async function refusesNew(url: string): Promise<void> {
  const knock = () =>
    fetch(url).then(
      () => 'answered',
      () => 'refused',
    )
  await expect.poll(knock).toBe('refused')
}

test('ending lets a request in flight finish, refuses new ones and closes the database', async () => {
  await using fronted = await startFrontedWorld()
  const alice = await join(fronted, 'alice.test')
  const held = fronted.link.holdAnswerTo(`/xrpc/${com.atproto.server.getAccountInviteCodes.$nsid}`)
  const inFlight = getCodes(fronted, alice)
  const release = await held
  const ended = fronted.stopLatchkey()
  await refusesNew(fronted.url)
  release()
  expect((await inFlight).status).toBe(200)
  await ended
  using database = new DatabaseSync(fronted.databasePath)
  database.exec('BEGIN EXCLUSIVE')
})

test('a refusal in flight is told in the words of the PDS too', async () => {
  await using fronted = await startFrontedWorld()
  const path = `/xrpc/${com.atproto.server.getAccountInviteCodes.$nsid}`
  const held = fronted.link.holdAnswerTo(path)
  const inFlight = fetch(fronted.url + path, { headers: { authorization: 'Bearer none' } })
  const release = await held
  const ended = fronted.stopLatchkey()
  await refusesNew(fronted.url)
  release()
  const answer = await inFlight
  expect([answer.status, await answer.json()]).toEqual([
    400,
    expect.objectContaining({ error: 'InvalidToken' }),
  ])
  await ended
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
