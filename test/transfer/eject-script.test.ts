import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as path } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { UpstreamCode } from '../../src/invites/imports.ts'
import type { InviteStore } from '../../src/invites/store.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { ejectAsSql } from '../../src/transfer/eject/eject-sql.ts'
import { SILENT } from '../../src/transfer/progress.ts'
import { upstreamOwner } from '../../src/pds/upstream-owner.ts'
import { type Member, startWorld } from '../support/pds.ts'
import { runScript } from './eject-scripts.ts'

const HOST = 'localhost'
const NOW = Date.now()
const BIRTH = NOW - 5000
const UNWATCHED = { progress: SILENT, signal: new AbortController().signal }

let folder: string
let member: Member
let runs = 0
let accountDb: string
let latchkeyDb: string

beforeAll(async () => {
  folder = await mkdtemp(path(tmpdir(), 'latchkey-script-'))
  await using world = await startWorld()
  member = await world.createAccount({ handle: 'alice.test' })
  using db = new DatabaseSync(path(world.dataDir, 'pds', 'account.sqlite'))
  db.exec(`VACUUM INTO '${path(folder, 'pds.sqlite')}'`)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

beforeEach(() => {
  runs += 1
  accountDb = path(folder, `account-${runs}.sqlite`)
  latchkeyDb = path(folder, `latchkey-${runs}.sqlite`)
  using db = new DatabaseSync(path(folder, 'pds.sqlite'))
  db.exec(`VACUUM INTO '${accountDb}'`)
})

function upstream(code: string, change: Partial<UpstreamCode> = {}): UpstreamCode {
  const owner = { forAccount: member.did, createdBy: 'admin', createdAt: BIRTH }
  return { code, ...owner, available: 3, disabled: false, uses: [], ...change }
}

/** Prepares a store, and runs the script that is written from it on the PDS's database. */
async function giveBack(prepare: (store: InviteStore) => Promise<void>): Promise<void> {
  const file = path(folder, `eject-${runs}.sql`)
  await using store = await openSqliteStore({ path: latchkeyDb })
  await store.openHost({ hostname: HOST, did: 'did:web:localhost' })
  await store.upsertAccount({ did: member.did, host: HOST })
  await prepare(store)
  await ejectAsSql({ store, hostname: HOST, now: NOW, file, anyway: true, ...UNWATCHED })
  expect(await runScript(accountDb, await readFile(file, 'utf8'))).toMatchObject({ failed: false })
}

function codeAtPds(code: string): unknown {
  using db = new DatabaseSync(accountDb)
  const columns = 'code, availableUses, disabled, forAccount, createdBy, createdAt'
  return db.prepare(`SELECT ${columns} FROM invite_code WHERE code = ?`).get(code)
}

function insertAtPds(code: string, row: { owner: string; disabled?: number; usedBy?: string }): void {
  using db = new DatabaseSync(accountDb)
  const at = new Date(BIRTH).toISOString()
  const { owner, disabled = 0, usedBy } = row
  db.prepare('INSERT INTO invite_code VALUES (?, 1, ?, ?, ?, ?)').run(code, disabled, owner, 'admin', at)
  if (usedBy !== undefined) db.prepare('INSERT INTO invite_code_use VALUES (?, ?, ?)').run(code, usedBy, at)
}

test('names and owners come through as they are, whatever is in them', async () => {
  const names = [
    "o'clock'; DROP TABLE actor; --",
    'line\n.quit\n;\nGO\n',
    'ümläut \u{1f511} "quoted"',
    String.raw`back\slash`,
  ]
  await giveBack(async (store) => {
    const codes = names.map((name) => upstream(name, { forAccount: name }))
    await store.importCodes(HOST, codes, { at: NOW, dryRun: false })
  })
  for (const name of names)
    expect(codeAtPds(name)).toEqual({
      code: name,
      availableUses: 3,
      disabled: 0,
      forAccount: name,
      createdBy: 'admin',
      createdAt: new Date(BIRTH).toISOString(),
    })
})

test('more codes than are read at once are all there', async () => {
  const names = Array.from({ length: 1203 }, (_, number) => `code-${number}`)
  await giveBack((store) =>
    store
      .importCodes(
        HOST,
        names.map((name) => upstream(name)),
        { at: NOW, dryRun: false },
      )
      .then(() => undefined),
  )
  for (const name of names) expect(codeAtPds(name), name).toBeDefined()
})

test('who came twice is one use at the PDS, and as many are left as before', async () => {
  await giveBack(async (store) => {
    await store.insertGifted([{ code: 'twice', forAccount: 'admin', available: 3 }], HOST, BIRTH)
    using db = new DatabaseSync(latchkeyDb)
    const use = db.prepare('INSERT INTO invite_use (code, used_by, used_at) VALUES (?, ?, ?)')
    for (const at of [BIRTH, NOW]) use.run('twice', member.did, at)
    db.exec(`UPDATE invite_code SET used = 2 WHERE code = 'twice'`)
  })
  expect(codeAtPds('twice')).toMatchObject({ availableUses: 2 })
})

test('a code that the PDS still redeems keeps what the PDS says, and is closed by either side', async () => {
  const theirs = { owner: member.did }
  insertAtPds('good', theirs)
  insertAtPds('closed-there', { ...theirs, disabled: 1 })
  insertAtPds('closed-here', theirs)
  await giveBack(async (store) => {
    const codes = ['good', 'closed-there', 'closed-here'].map((code) => upstream(code, { available: 1 }))
    await store.importCodes(HOST, codes, { at: NOW, dryRun: false })
    await store.disableCodes({ codes: ['closed-here'], owners: [], at: NOW })
  })
  expect(codeAtPds('good')).toMatchObject({ disabled: 0, availableUses: 1 })
  expect(codeAtPds('closed-there')).toMatchObject({ disabled: 1 })
  expect(codeAtPds('closed-here')).toMatchObject({ disabled: 1 })
})

test('the codes of a deleted account stay shut', async () => {
  await giveBack(async (store) => {
    const gone = 'did:plc:gone'
    await store.insertGifted([{ code: 'orphaned', forAccount: gone, available: 1 }], HOST, BIRTH)
    await store.applyEvent(HOST, { seq: 1, at: NOW, did: gone, status: 'deleted' })
  })
  expect(codeAtPds('orphaned')).toMatchObject({ disabled: 1 })
})

test("a sign-up's code whose real one nobody knows any more stays where it was used, and goes where it was not", async () => {
  insertAtPds('used', { owner: upstreamOwner(HOST, 'r1', 'lost-1'), usedBy: member.did })
  insertAtPds('unused', { owner: upstreamOwner(HOST, 'r2', 'lost-2') })
  insertAtPds('elsewhere', { owner: upstreamOwner(`${HOST}.example`, 'r3', 'lost-3') })
  await giveBack(async () => {})
  expect(codeAtPds('used')).toBeDefined()
  expect(codeAtPds('unused')).toBeUndefined()
  expect(codeAtPds('elsewhere')).toBeDefined()
})

test('nothing is left behind where the script could not be finished', async () => {
  await using store = await openSqliteStore({ path: latchkeyDb })
  await store.openHost({ hostname: HOST, did: 'did:web:localhost' })
  await store.insertGifted([{ code: 'a', forAccount: 'admin', available: 1 }], HOST, BIRTH)
  const file = path(folder, 'unfinished.sql')
  const signal = AbortSignal.abort()
  const ejection = {
    store,
    hostname: HOST,
    now: NOW,
    file,
    anyway: true,
    ...UNWATCHED,
    signal,
  }
  await expect(ejectAsSql(ejection)).rejects.toThrow('Broken off')
  await expect(readFile(file)).rejects.toThrow('ENOENT')
  expect(await store.host(HOST)).toMatchObject({ ejectedAt: null })
})
