import { spawnSync } from 'node:child_process'
import { copyFile, open, readdir, readFile, rename, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, test } from 'vitest'
import { backUp, restore } from '../../src/workbench.ts'
import { explain } from '../../src/cli/explain.ts'
import { readConfig } from '../../src/config.ts'
import type { InviteStore } from '../../src/invites/store.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { BOB, gift, HOST, NOW, redeem, signUp } from '../store/conformance/support.ts'
import { temporaryFolder } from '../store/sqlite-support.ts'
import { runProgram } from './program.ts'

const KILLED = fileURLToPath(new URL('killed-restore.ts', import.meta.url))

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let path: string
let copy: string

beforeEach(async () => {
  folder = await temporaryFolder()
  path = join(folder.path, 'latchkey.sqlite')
  copy = join(folder.path, 'copy.sqlite')
  return () => folder[Symbol.asyncDispose]()
})

function settings(): Record<string, string> {
  return {
    LATCHKEY_PUBLIC_URL: `https://${HOST}`,
    LATCHKEY_PDS_URL: 'http://127.0.0.1:1',
    LATCHKEY_PDS_ADMIN_PASSWORD: 'unused',
    LATCHKEY_DATABASE: `sqlite:${path}`,
  }
}

function latchkey(...args: string[]) {
  return runProgram(args, settings())
}

/** One sentence on standard error, and the end with 1. */
async function refused(...args: string[]): Promise<string> {
  const { code, stderr, stdout } = await latchkey(...args)
  expect([code, stdout, stderr.trim().split('\n').length], stderr).toEqual([1, '', 1])
  return stderr.trim()
}

async function withStore<T>(work: (store: InviteStore) => Promise<T>): Promise<T> {
  await using store = await openSqliteStore({ path })
  return await work(store)
}

/** A database with these codes of Alice, each with two uses, one of them spent by Bob. */
async function fill(...codes: string[]): Promise<void> {
  await withStore(async (store) => {
    await store.openHost({ hostname: HOST, did: 'did:web:pds.example.com' })
    for (const code of codes) {
      await gift(store, code, { available: 2 })
      await redeem(store, `sign-up with ${code}`, code, BOB)
    }
  })
}

function columnOf(file: string, sql: string): unknown[] {
  using db = new DatabaseSync(file)
  return db
    .prepare(sql)
    .all()
    .map((row) => Object.values(row)[0])
}

const codesIn = (file: string) => columnOf(file, 'SELECT code FROM invite_code ORDER BY code')

/** The files with their sums, read by another process: closing one here would drop the locks that a store holds on it. */
function everything(): string {
  const { stdout } = spawnSync('sha256sum $(ls)', { cwd: folder.path, shell: true, encoding: 'utf8' })
  return stdout
}

describe('latchkey backup', () => {
  test('while others write, copies all that was committed before, in one consistent moment', async () => {
    await using store = await openSqliteStore({ path })
    await gift(store, 'a', { available: 1_000_000 })
    const reserved: string[] = []
    const running = { over: false }
    const writing = (async () => {
      while (!running.over) {
        const id = `r${reserved.length}`
        await store.reserve(signUp(id, 'a'), NOW)
        reserved.push(id)
        await new Promise(setImmediate)
      }
    })()
    while (reserved.length < 100) await new Promise(setImmediate)
    const before = [...reserved]
    const { code, stdout, stderr } = await latchkey('backup', copy)
    const after = reserved.length
    running.over = true
    await writing
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/copy\.sqlite \(\d+ bytes\): accounts 1, invite codes 1, uses 0\.\n$/)

    const copied = columnOf(copy, 'SELECT id FROM reservation')
    expect(copied).toEqual(expect.arrayContaining(before))
    expect(after).toBeGreaterThan(before.length)
    expect(columnOf(copy, 'SELECT reserved FROM invite_code')).toEqual([copied.length])
    expect(columnOf(copy, 'PRAGMA integrity_check')).toEqual(['ok'])
    expect((await stat(copy)).mode & 0o777).toBe(0o600)
    expect((await readdir(folder.path)).filter((name) => name.startsWith('copy'))).toEqual(['copy.sqlite'])
  })

  test('overwrites nothing, and copies no database but Latchkey’s', async () => {
    await fill('a')
    await writeFile(copy, 'dear')
    expect(await refused('backup', copy)).toBe(`${copy} is there already: nothing is overwritten.`)
    expect(await readFile(copy, 'utf8')).toBe('dear')

    path = join(folder.path, 'other.sqlite')
    const fresh = join(folder.path, 'fresh.sqlite')
    expect(await refused('backup', fresh)).toBe(`There is no database ${path}.`)
    new DatabaseSync(path).exec('CREATE TABLE thing (id)')
    expect(await refused('backup', fresh)).toBe(
      `The file ${path} is a database of another program than Latchkey`,
    )
    await writeFile(path, '')
    expect(await refused('backup', fresh)).toBe(`The file ${path} is no database of Latchkey`)
    expect(await refused('backup', '/nowhere/copy.sqlite')).toMatch(
      /^The copy \/nowhere\/copy\S+ can't be written/,
    )
    expect(await readdir(folder.path)).not.toContain('fresh.sqlite')
  })
})

test('latchkey backup is not kept from its work by what one that was killed has left', async () => {
  await fill('a')
  // In a container every process may have the same id.
  const left = `${copy}.partial-${process.pid}`
  await writeFile(left, 'half')
  await backUp(readConfig({}, settings()), copy, () => undefined)
  expect(codesIn(copy)).toEqual(['a'])
  expect(await readFile(left, 'utf8')).toBe('half')
})

describe('latchkey restore', () => {
  test('brings back what was copied, and sets aside what came after', async () => {
    await fill('a')
    await latchkey('backup', copy)
    const backup = await readFile(copy)
    await fill('b')
    const { code, stdout } = await latchkey('restore', copy)
    expect(code).toBe(0)
    expect(stdout).toMatch(/is as it was: accounts 2, invite codes 1, uses 1\./)
    expect(stdout).toMatch(/latchkey reconcile --preview/)
    const aside = /What was there before is (\S+)\.\n/.exec(stdout)?.[1] ?? ''
    expect(codesIn(aside)).toEqual(['a', 'b'])
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readFile(copy)).toEqual(backup)
    expect((await readdir(folder.path)).toSorted()).toEqual(
      ['copy.sqlite', 'latchkey.sqlite', aside.slice(folder.path.length + 1)].toSorted(),
    )
    await withStore(async (store) => {
      expect(await store.host(HOST)).toBeDefined()
      await redeem(store, 'again', 'a', BOB, NOW + 3)
    })
    expect(codesIn(path)).toEqual(['a'])
  })

  test('is refused while a process has the database open, even one that does nothing', async () => {
    await fill('a')
    await latchkey('backup', copy)
    await using store = await openSqliteStore({ path })
    const before = everything()
    expect(await refused('restore', copy)).toBe(
      `The database ${path} is in use: stop every Latchkey that has it open, and try again.`,
    )
    expect(everything()).toEqual(before)
    await gift(store, 'b')
    expect(codesIn(path)).toEqual(['a', 'b'])
  })

  test('of what is damaged, foreign, newer or in use changes nothing', async () => {
    await fill('a')
    await withStore((store) => {
      const codes = Array.from({ length: 500 }, (_, index) => ({
        code: `code ${index}`,
        forAccount: BOB,
        available: 1,
      }))
      return store.insertGifted(codes, HOST, NOW)
    })
    await latchkey('backup', copy)
    await withStore((store) => gift(store, 'b'))
    const variant = (name: string) => join(folder.path, name)
    const made = async (name: string, change: (file: string) => unknown) => {
      await copyFile(copy, variant(name))
      await change(variant(name))
    }
    await made('short', (file) => truncate(file, 20_000))
    await made('scribbled', async (file) => {
      await using handle = await open(file, 'r+')
      const { size } = await handle.stat()
      await handle.write(Buffer.alloc(4096, 0x5a), 0, 4096, Math.floor(size / 2 / 4096) * 4096)
    })
    await made('text', (file) =>
      writeFile(file, 'no database at all, but long enough to be read as one'.repeat(20)),
    )
    await made('empty', (file) => truncate(file))
    await made('newer', (file) => {
      using db = new DatabaseSync(file)
      db.exec('PRAGMA user_version = 9999')
    })
    await made('live', (file) => writeFile(`${file}-wal`, 'a log'))
    const before = everything()
    for (const [name, sentence] of [
      ['short', /short/],
      ['scribbled', /scribbled/],
      ['text', /file is not a database/],
      ['empty', /is no database of Latchkey/],
      ['newer', /has version 9999/],
      ['live', /live is a database in use and no backup/],
      ['latchkey.sqlite', /is the database itself/],
      ['missing', /There is no backup/],
    ] as const) {
      const said = await restore(readConfig({}, settings()), variant(name)).then(() => 'restored', explain)
      expect(said).toMatch(sentence)
      expect(said).not.toMatch(/restoring|\n/)
    }
    expect(everything()).toEqual(before)
  })

  test('puts it where there is none, and takes no log of another database for its own', async () => {
    await fill('a')
    await latchkey('backup', copy)
    {
      using db = new DatabaseSync(path)
      db.exec('PRAGMA journal_mode = WAL')
      db.exec("UPDATE invite_code SET code = 'of another database'")
      await copyFile(`${path}-wal`, join(folder.path, 'log'))
    }
    await rename(path, join(folder.path, 'away'))
    await rename(join(folder.path, 'log'), `${path}-wal`)
    const { code, stdout } = await latchkey('restore', copy)
    expect(code).toBe(0)
    expect(stdout).not.toMatch(/before is/)
    expect(codesIn(path)).toEqual(['a'])
    expect(columnOf(path, 'PRAGMA integrity_check')).toEqual(['ok'])
  })

  test.each([
    ['before', 'linkSync', ['a', 'b']],
    ['after', 'linkSync', ['a', 'b']],
    ['before', 'renameSync', ['a', 'b']],
    ['after', 'renameSync', ['a']],
  ])('killed %s %s leaves one of the two, whole', async (when, step, codes) => {
    await fill('a')
    await latchkey('backup', copy)
    await fill('b')
    const { signal } = spawnSync(process.execPath, [KILLED, path, copy, when, step])
    expect(signal).toBe('SIGKILL')
    expect(codesIn(path)).toEqual(codes)
    expect(columnOf(path, 'PRAGMA integrity_check')).toEqual(['ok'])
    expect((await latchkey('restore', copy)).code).toBe(0)
    expect(codesIn(path)).toEqual(['a'])
  })

  test('a start that waits meanwhile works on what was restored', async () => {
    await fill('a')
    await latchkey('backup', copy)
    await fill('b')
    let opening: Promise<InviteStore>
    {
      using lock = new DatabaseSync(path)
      lock.exec('PRAGMA journal_mode = DELETE')
      lock.exec('BEGIN EXCLUSIVE')
      opening = openSqliteStore({ path })
      await new Promise(setImmediate)
      await rename(copy, path)
    }
    await using store = await opening
    await gift(store, 'c')
    expect(codesIn(path)).toEqual(['a', 'c'])
  })
})
