import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { portOf } from '../../src/dev/free-port.ts'
import { examineLatchkey } from '../../src/doctor/running.ts'
import { firehoseHealth } from '../../src/http/health.ts'
import { patientIn } from './installation.ts'

/** What the doctor says of a program on Latchkey's port that answers so. */
async function look(status: number, body: unknown) {
  await using server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const config = readConfig(
    {
      port: String(portOf(server)),
      bind: '0.0.0.0',
      publicUrl: 'https://pds.example.com',
      pdsUrl: 'http://127.0.0.1:9',
      pdsAdminPassword: 'unused',
    },
    {},
  )
  const outcomes = await examineLatchkey(patientIn({ config }))
  server.closeAllConnections()
  return outcomes
}

const passed = { kind: 'passed' }
const failure = (saw: RegExp) => ({
  kind: 'failed',
  tried: expect.any(String),
  saw: expect.stringMatching(saw),
})

test('a firehose is behind until all is worked in that happened before', async () => {
  expect(firehoseHealth({ connected: false, isCaughtUp: true })).toBe('not connected')
  const behind = firehoseHealth({ connected: true, isCaughtUp: false })
  expect(await look(200, { status: 'ready', database: 'ok', pds: 'ok', firehose: behind })).toEqual({
    latchkey: passed,
    firehose: failure(/not worked in yet/),
  })
  const caughtUp = firehoseHealth({ connected: true, isCaughtUp: true })
  expect(await look(200, { status: 'ready', database: 'ok', pds: 'ok', firehose: caughtUp })).toEqual({
    latchkey: passed,
    firehose: passed,
  })
})

test('a Latchkey that misses only its PDS runs; one without its database is told', async () => {
  const away = { status: 'not ready', database: 'ok', pds: 'unreachable', firehose: 'not connected' }
  expect(await look(503, away)).toMatchObject({ latchkey: passed, firehose: failure(/not connected/) })
  const { latchkey } = await look(503, { ...away, database: 'unavailable' })
  expect(latchkey).toEqual(failure(/its database is unavailable/))
})

test('an older Latchkey does not say, and another program is told', async () => {
  const { firehose } = await look(200, { status: 'ready', database: 'ok', pds: 'ok' })
  expect(firehose).toEqual({ kind: 'skipped', reason: expect.stringMatching(/older/) })
  for (const body of [{ hello: 'world' }, ['a'], null])
    expect((await look(200, body)).latchkey).toEqual(failure(/another program/))
})
