import { chmod, copyFile, mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { StoreUnavailableError } from '../../src/invites/store.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { CopyMismatchError } from '../../src/store/sqlite/file/backup.ts'
import { MIGRATIONS } from '../../src/store/sqlite/migrations.ts'
import { openDatabase, UnfitDatabaseError } from '../../src/store/sqlite/file/open.ts'
import { DEFAULT_RETRY } from '../../src/store/sqlite/file/retry.ts'
import { ALICE, codesOf, gift, HOST, NOW } from './conformance/support.ts'
import { openForConformance, temporaryFolder } from './sqlite-support.ts'

const permissionsOf = async (path: string) => (await stat(path)).mode & 0o777

function openWith(path: string, migrations: readonly string[]): Promise<DatabaseSync> {
  return openDatabase({ path, migrations, now: () => NOW, retry: DEFAULT_RETRY })
}

describe('a database file', () => {
  test('belongs to its owner alone, its log as well', async () => {
    await using subject = await openForConformance()
    await gift(subject.store, 'a')
    for (const path of [subject.path, `${subject.path}-wal`, `${subject.path}-shm`])
      expect(await permissionsOf(path)).toBe(0o600)
  })

  test('is kept in a log that is forced to the disk with every write', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'db')
    using db = await openWith(path, MIGRATIONS)
    expect(db.prepare('PRAGMA journal_mode').get()).toMatchObject({ journal_mode: 'wal' })
    expect(db.prepare('PRAGMA synchronous').get()).toMatchObject({ synchronous: 2 })
    expect(db.prepare('PRAGMA busy_timeout').get()).toMatchObject({ timeout: 0 })
  })

  test('keeps what was written when it is closed and opened again, with nothing left in the log', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'db')
    await using reader = await openSqliteStore({ path })
    {
      await using store = await openSqliteStore({ path })
      await gift(store, 'a')
    }
    expect((await stat(`${path}-wal`)).size).toBe(0)
    expect(await codesOf(reader)).toHaveLength(1)
  })

  test('of a newer version is refused in one sentence, and left as it is', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'db')
    {
      await using _ = await openSqliteStore({ path })
    }
    {
      using db = new DatabaseSync(path)
      db.exec('PRAGMA user_version = 99')
    }
    const opening = openSqliteStore({ path })
    await expect(opening).rejects.toThrow(UnfitDatabaseError)
    const newest = MIGRATIONS.length
    await expect(opening).rejects.toThrow(
      `${path} has version 99 and the newest that this Latchkey knows is ${newest}`,
    )
    expect(await readdir(folder.path)).toEqual(['db'])
  })

  test('of another program is refused, and left as it is', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'db')
    {
      using db = new DatabaseSync(path)
      db.exec('CREATE TABLE post (uri TEXT)')
    }
    await expect(openSqliteStore({ path })).rejects.toThrow(`${path} is a database of another program`)
    using db = new DatabaseSync(path)
    expect(db.prepare('SELECT name FROM sqlite_schema').all()).toMatchObject([{ name: 'post' }])
  })
})

describe('a database that can’t be used is reported as such:', () => {
  test('a folder that is missing', async () => {
    await using folder = await temporaryFolder()
    const opening = openSqliteStore({ path: join(folder.path, 'missing', 'db') })
    await expect(opening).rejects.toThrow(StoreUnavailableError)
    await expect(opening).rejects.toMatchObject({ cause: { code: 'ENOENT' } })
  })

  test('a folder in its place', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'db')
    await mkdir(path)
    await expect(openSqliteStore({ path })).rejects.toThrow(StoreUnavailableError)
  })

  test('a file of something else', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'db')
    await writeFile(path, 'Dear diary, '.repeat(500))
    await expect(openSqliteStore({ path })).rejects.toThrow(StoreUnavailableError)
  })

  test('a file of which one page is damaged', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'db')
    {
      await using _ = await openSqliteStore({ path })
    }
    await damage(path, 'sqlite_autoindex_account_1')
    await using store = await openSqliteStore({ path })
    await expect(store.memberSnapshot(ALICE)).rejects.toThrow(StoreUnavailableError)
    await expect(
      store.setInvitesDisabled({ did: ALICE, host: HOST, disabled: true, note: null }),
    ).rejects.toThrow(StoreUnavailableError)
    expect(await store.check()).toBeUndefined()
  })
})

/** A clock that the test moves, and what a store tells of its file. */
function watched() {
  const told: string[] = []
  const time = { now: 0 }
  return {
    told,
    time,
    options: {
      retry: { elapsed: () => time.now },
      watcher: {
        unwritable: ({ message }: Error) => told.push(message),
        writable: () => told.push('writable'),
      },
    },
  }
}

describe('a file that may only be read', () => {
  /** @param log what lies beside it: nothing, or what a process that was killed has not moved into it */
  async function readOnlyFile(log: 'none' | 'some') {
    await using stack = new AsyncDisposableStack()
    const folder = stack.use(await temporaryFolder())
    const path = join(folder.path, 'db')
    {
      await using source = await temporaryFolder()
      const original = join(source.path, 'db')
      {
        await using store = await openSqliteStore({ path: original })
        if (log === 'none') await gift(store, 'a')
      }
      await using store = await openSqliteStore({ path: original })
      if (log === 'some') await gift(store, 'a')
      const suffixes = log === 'none' ? [''] : ['', '-wal', '-shm']
      for (const suffix of suffixes) await copyFile(`${original}${suffix}`, `${path}${suffix}`)
    }
    const setModes = async (folderMode: number, fileMode: number) => {
      await chmod(folder.path, folderMode)
      for (const name of await readdir(folder.path)) await chmod(join(folder.path, name), fileMode)
    }
    const forbid = () => setModes(0o555, 0o444)
    const allow = () => setModes(0o777, 0o666)
    const resources = stack.move()
    return { path, forbid, allow, [Symbol.asyncDispose]: () => resources.disposeAsync() }
  }

  test.each(['none', 'some'] as const)(
    'is read, and written as soon as it can be; log beside it: %s',
    async (log) => {
      await using file = await readOnlyFile(log)
      await file.forbid()
      const { told, time, options } = watched()
      let nobody: Disposable | undefined = actAsNobody()
      try {
        await using store = await openSqliteStore({ path: file.path, ...options })
        expect(told).toEqual([expect.stringContaining(file.path)])
        time.now += 5000
        expect((await codesOf(store)).map(({ code }) => code)).toEqual(['a'])
        await expect(gift(store, 'c')).rejects.toThrow(StoreUnavailableError)
        await expect(store.check()).rejects.toThrow(StoreUnavailableError)

        nobody[Symbol.dispose]()
        await file.allow()
        nobody = actAsNobody()
        await expect(gift(store, 'c')).rejects.toThrow(StoreUnavailableError)
        time.now += 1000
        await gift(store, 'c')
        expect((await codesOf(store)).map(({ code }) => code)).toEqual(['a', 'c'])
        expect(told).toEqual([expect.anything(), 'writable'])
      } finally {
        nobody[Symbol.dispose]()
      }
    },
  )

  test('shows what another process writes meanwhile', async () => {
    await using file = await readOnlyFile('none')
    await file.forbid()
    const { options } = watched()
    using nobody = actAsNobody()
    await using store = await openSqliteStore({ path: file.path, ...options })
    expect(await codesOf(store)).toHaveLength(1)
    nobody[Symbol.dispose]()
    {
      await using other = await openSqliteStore({ path: file.path })
      await gift(other, 'b')
      const log = [`${file.path}-wal`, `${file.path}-shm`]
      for (const name of log) await chmod(name, 0o444)
      using _ = actAsNobody()
      expect(await codesOf(store)).toHaveLength(2)
    }
  })

  test('and whose log can’t be used is refused: what was committed last is there', async () => {
    await using file = await readOnlyFile('some')
    await rm(`${file.path}-shm`)
    await file.forbid()
    using _ = actAsNobody()
    await expect(openSqliteStore({ path: file.path })).rejects.toThrow(StoreUnavailableError)
  })

  test('and is to be migrated is refused', async () => {
    await using file = await readOnlyFile('none')
    {
      using db = new DatabaseSync(file.path)
      db.exec(`PRAGMA user_version = ${MIGRATIONS.length - 1}`)
    }
    await file.forbid()
    using _ = actAsNobody()
    await expect(openSqliteStore({ path: file.path })).rejects.toThrow(StoreUnavailableError)
  })
})

/** Overwrites the first page of a table or an index with nonsense. */
async function damage(path: string, name: string): Promise<void> {
  await using file = await open(path, 'r+')
  using db = new DatabaseSync(path)
  const [size, page] = ['PRAGMA page_size', `SELECT rootpage FROM sqlite_schema WHERE name = '${name}'`].map(
    (sql) => Number(Object.values(db.prepare(sql).get() ?? {})[0]),
  )
  if (size === undefined || page === undefined) throw new Error(`There is no ${name}`)
  await file.write(Buffer.alloc(size, 0xee), 0, size, (page - 1) * size)
}

/** The superuser may write everything, so that permissions would prove nothing. */
function actAsNobody(): Disposable {
  const superuser = process.geteuid?.() === 0
  if (superuser) process.seteuid?.(65_534)
  return {
    [Symbol.dispose]: () => {
      if (superuser) process.seteuid?.(0)
    },
  }
}

describe('a migration', () => {
  const first = `CREATE TABLE thing (id INTEGER PRIMARY KEY, size INTEGER CHECK (size > 0)) STRICT;
    INSERT INTO thing VALUES (1, 10), (2, 20)`
  const second = 'DELETE FROM thing WHERE id = 1'
  const copyName = `db.before-v2-${new Date(NOW).toISOString().replaceAll(/[:.]/g, '-')}.bak`

  test('of a file with content first writes a whole copy beside it, for its owner alone', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'db')
    ;(await openWith(path, [first])).close()
    expect(await readdir(folder.path)).toEqual(['db'])
    using db = await openWith(path, [first, second])
    expect(db.prepare('SELECT id FROM thing').all()).toMatchObject([{ id: 2 }])
    expect(db.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: 2 })
    const copyPath = join(folder.path, copyName)
    expect((await readdir(folder.path)).filter((name) => !/^db(-wal|-shm)?$/.test(name))).toEqual([copyName])
    expect(await permissionsOf(copyPath)).toBe(0o600)
    using restored = await openWith(copyPath, [first])
    expect(restored.prepare('SELECT id FROM thing').all()).toMatchObject([{ id: 1 }, { id: 2 }])
  })

  test('that was done already makes no copy', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'db')
    ;(await openWith(path, [first, second])).close()
    ;(await openWith(path, [first, second])).close()
    expect(await readdir(folder.path)).toEqual(['db'])
  })

  test('that fails leaves the file as it was', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'db')
    ;(await openWith(path, [first])).close()
    await expect(openWith(path, [first, `${second}; nonsense`])).rejects.toThrow('syntax error')
    using db = await openWith(path, [first])
    expect(db.prepare('SELECT id FROM thing').all()).toHaveLength(2)
  })

  test('is not begun when the copy can’t be verified, and no copy is left', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'db')
    {
      using db = await openWith(path, [first])
      db.exec('PRAGMA ignore_check_constraints = ON; INSERT INTO thing VALUES (3, -1)')
    }
    await expect(openWith(path, [first, second])).rejects.toThrow(CopyMismatchError)
    expect(await readdir(folder.path)).toEqual(['db'])
    using db = await openWith(path, [first])
    expect(db.prepare('SELECT id FROM thing').all()).toHaveLength(3)
  })
})
