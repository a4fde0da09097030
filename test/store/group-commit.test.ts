import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { GroupCommit } from '../../src/store/sqlite/file/group-commit.ts'
import { DEFAULT_RETRY } from '../../src/store/sqlite/file/retry.ts'
import { temporaryFolder } from './sqlite-support.ts'

/** A table, what writes to it in groups, and another connection that sees what is committed. */
async function openGroup(most = 1000) {
  const folder = await temporaryFolder()
  const path = join(folder.path, 'group.sqlite')
  const db = new DatabaseSync(path, { timeout: 0 })
  db.exec('PRAGMA journal_mode = WAL')
  db.exec(
    'CREATE TABLE line (id INTEGER PRIMARY KEY, next INTEGER REFERENCES line DEFERRABLE INITIALLY DEFERRED)',
  )
  const side = new DatabaseSync(path, { timeout: 0, readOnly: true })
  const insert = db.prepare('INSERT INTO line VALUES (?, ?)')
  const group = new GroupCommit(db, DEFAULT_RETRY, most)
  return {
    db,
    group,
    /** Writes a line; `next` has to be there at the commit. */
    write: (id: number, next: number | null = null) => group.write(() => insert.run(id, next).changes),
    committed: () =>
      side
        .prepare('SELECT id FROM line ORDER BY id')
        .all()
        .map(({ id }) => id),
    [Symbol.asyncDispose]: async () => {
      await group.idle()
      side.close()
      db.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

test('what is asked for in one turn is one commit, and nobody hears of it before', async () => {
  await using subject = await openGroup()
  const heard: unknown[] = []
  const writes = [1, 2, 3].map((id) => subject.write(id).then(() => heard.push(subject.committed())))
  expect(subject.committed()).toEqual([])
  await Promise.all(writes)
  expect(heard).toEqual([1, 2, 3].map(() => [1, 2, 3]))
})

test('with one operation for each commit they come one after the other', async () => {
  await using subject = await openGroup(1)
  const heard: unknown[] = []
  await Promise.all([1, 2, 3].map((id) => subject.write(id).then(() => heard.push(subject.committed()))))
  expect(heard).toEqual([[1], [1, 2], [1, 2, 3]])
})

test('an operation that throws is undone, and nothing of the others', async () => {
  await using subject = await openGroup()
  const half = subject.group.write(() => {
    subject.db.exec('INSERT INTO line VALUES (7, NULL)')
    throw new Error('half way')
  })
  const outcomes = await Promise.allSettled([subject.write(1), half, subject.write(1), subject.write(2)])
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
  expect(outcomes[1]).toMatchObject({ reason: { message: 'half way' } })
  expect(subject.committed()).toEqual([1, 2])
})

test('the others share a commit also when several throw', async () => {
  await using subject = await openGroup()
  const heard: unknown[] = []
  const write = (id: number) => subject.write(id).then(() => heard.push(subject.committed()))
  const outcomes = await Promise.allSettled([1, 1, 2, 2, 3].map(write))
  const [done, failed] = ['fulfilled', 'rejected']
  expect(outcomes.map(({ status }) => status)).toEqual([done, failed, done, failed, done])
  expect(heard).toEqual([1, 2, 3].map(() => [1, 2, 3]))
  // Those that come afterwards share one too.
  await Promise.all([4, 5].map(write))
  expect(heard.slice(3)).toEqual([4, 5].map(() => [1, 2, 3, 4, 5]))
})

test('a commit that fails fails for those alone who are to blame', async () => {
  await using subject = await openGroup()
  const outcomes = await Promise.allSettled([subject.write(1), subject.write(2, 99), subject.write(3, 1)])
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(subject.committed()).toEqual([1, 3])
  // They share commits again afterwards.
  const heard: unknown[] = []
  await Promise.all([4, 5].map((id) => subject.write(id).then(() => heard.push(subject.committed().length))))
  expect(heard).toEqual([4, 4])
})

test('an operation that ends the whole transaction takes nobody along', async () => {
  await using subject = await openGroup()
  const outcomes = await Promise.allSettled([
    subject.write(1),
    subject.group.write(() => subject.db.exec('INSERT OR ROLLBACK INTO line VALUES (1, NULL)')),
    subject.write(2),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(subject.committed()).toEqual([1, 2])
})

test('an operation asked for by one that has just heard comes with the next commit', async () => {
  await using subject = await openGroup()
  await subject.write(1).then(() => subject.write(2))
  expect(subject.committed()).toEqual([1, 2])
})
