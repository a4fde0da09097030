import { copyFileSync, existsSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore } from '../../src/workbench.ts'
import { type Config, readConfig } from '../../src/config.ts'
import type { Outcome } from '../../src/doctor/checks.ts'
import { examineDatabase } from '../../src/doctor/database.ts'
import { holdWriteLock } from '../support/write-lock.ts'
import { patientIn } from './installation.ts'

let folder: string
let config: Config

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-doctor-'))
  config = readConfig(
    {
      database: `sqlite:${join(folder, 'good.sqlite')}`,
      publicUrl: 'https://pds.example.com',
      pdsUrl: 'http://127.0.0.1:9',
      pdsAdminPassword: 'unused',
    },
    {},
  )
  await using store = await openStore(config)
  await store.openHost({ hostname: 'pds.example.com', did: 'did:web:pds.example.com' })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function look(databasePath: string): Promise<Outcome> {
  const { outcomes } = await examineDatabase(patientIn({ config }, { databasePath }))
  return outcomes.database
}

const failure = (saw: RegExp) => ({
  kind: 'failed',
  tried: expect.any(String),
  saw: expect.stringMatching(saw),
})

test('a database that is not there is told, and none is made', async () => {
  const path = join(folder, 'missing.sqlite')
  expect(await look(path)).toEqual(failure(/^there is no database \S+missing\.sqlite$/))
  expect(existsSync(path)).toBe(false)
})

test('one of an older version is told, and stays one', async () => {
  const path = join(folder, 'older.sqlite')
  copyFileSync(config.databasePath, path)
  const version = (set = '') => {
    using db = new DatabaseSync(path)
    if (set !== '') db.exec(`PRAGMA user_version = ${set}`)
    return db.prepare('PRAGMA user_version').get()?.['user_version']
  }
  version('1')
  expect(await look(path)).toEqual(failure(/is of an older version/))
  expect(version()).toBe(1)
})

test('one of a newer version, or of another program, or no database at all, is told', async () => {
  const path = join(folder, 'newer.sqlite')
  copyFileSync(config.databasePath, path)
  {
    using db = new DatabaseSync(path)
    db.exec('PRAGMA user_version = 999')
  }
  expect(await look(path)).toEqual(failure(/has version 999 and the newest/))
  const foreign = join(folder, 'foreign.sqlite')
  {
    using db = new DatabaseSync(foreign)
    db.exec('CREATE TABLE recipe (name TEXT)')
  }
  expect(await look(foreign)).toEqual(failure(/database of another program than Latchkey/))
  const text = join(folder, 'text.sqlite')
  writeFileSync(text, 'This is no database, however long one reads it. '.repeat(100))
  expect(await look(text)).toEqual(failure(/text\.sqlite/))
})

test('one that somebody keeps locked is told', async () => {
  await using _lock = await holdWriteLock(config.databasePath)
  expect(await look(config.databasePath)).toEqual(failure(/locked|busy/i))
})

test('a good one passes, and a member’s handle under the host is found in it', async () => {
  await using store = await openStore(config)
  const host = 'pds.example.com'
  await store.upsertAccount({ did: 'did:plc:alice', host, createdAt: 1, handle: 'alice.example.org' })
  await store.upsertAccount({ did: 'did:plc:bob', host, createdAt: 1, handle: 'bob.pds.example.com' })
  const { outcomes, memory } = await examineDatabase(patientIn({ config }))
  expect(outcomes).toEqual({
    database: { kind: 'passed' },
    disk: { kind: 'passed' },
    resync: { kind: 'passed' },
  })
  expect(memory?.handle).toBe('bob.pds.example.com')
})
