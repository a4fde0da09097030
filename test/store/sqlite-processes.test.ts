import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { codeOf, codesOf, forward, gift, NOW, versionOf } from './conformance/support.ts'
import { openForConformance, temporaryFolder } from './sqlite-support.ts'
import type { Job } from './sqlite-writer.ts'

const WRITER = fileURLToPath(new URL('sqlite-writer.ts', import.meta.url))
const PROCESSES = 4

/** Starts processes that all do one job, at once when all are ready. @returns what each of their calls answered */
async function inProcesses(path: string, job: Job): Promise<string[]> {
  const writers = Array.from({ length: PROCESSES }, (_, index) =>
    fork(WRITER, [path, `process${index}`], { execArgv: [] }),
  )
  try {
    await Promise.all(writers.map((writer) => once(writer, 'message')))
    const answers = await Promise.all(
      writers.map(async (writer) => {
        const answered = once(writer, 'message')
        writer.send(job)
        const [outcomes]: string[][] = await answered
        return outcomes ?? []
      }),
    )
    return answers.flat()
  } finally {
    for (const writer of writers) writer.kill()
  }
}

describe('several processes on one file', () => {
  test('that all create it all find it whole', async () => {
    await using folder = await temporaryFolder()
    const outcomes = await inProcesses(join(folder.path, 'new.sqlite'), { kind: 'open' })
    expect(outcomes).toEqual(Array<string>(PROCESSES).fill('done'))
  })

  test('that all migrate it migrate it once, after one copy', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'old.sqlite')
    const first = 'CREATE TABLE thing (id INTEGER PRIMARY KEY) STRICT; INSERT INTO thing VALUES (1)'
    await inProcesses(path, { kind: 'migrate', migrations: [first] })
    const second = 'INSERT INTO thing (id) SELECT max(id) + 1 FROM thing'
    const outcomes = await inProcesses(path, { kind: 'migrate', migrations: [first, second] })
    expect(outcomes).toEqual(Array<string>(PROCESSES).fill('done'))
    using db = new DatabaseSync(path)
    expect(db.prepare('SELECT id FROM thing').all()).toMatchObject([{ id: 1 }, { id: 2 }])
    const copies = (await readdir(dirname(path))).filter((name) => name.includes('.before-'))
    expect(copies).toHaveLength(1)
  })

  test.each([1, 5])('hold exactly the %i use(s) of a code', async (uses) => {
    await using subject = await openForConformance()
    await gift(subject.store, 'a', { available: uses })
    const outcomes = await inProcesses(subject.path, { kind: 'reserve', code: 'a', times: 20 })
    expect(outcomes.filter((outcome) => outcome === 'reserved')).toHaveLength(uses)
    expect(outcomes.filter((outcome) => outcome === 'used up')).toHaveLength(PROCESSES * 20 - uses)
    expect(await codeOf(subject.store)).toMatchObject({ reserved: uses })
    expect(await subject.execute('SELECT id FROM reservation')).toHaveLength(uses)
  })

  test('take over each sign-up once', async () => {
    await using subject = await openForConformance()
    await gift(subject.store, 'a', { available: 20 })
    for (let index = 0; index < 20; index++) await forward(subject.store, `r${index}`, 'a')
    const now = NOW + 60_000
    const ids = await inProcesses(subject.path, { kind: 'take over', now, limit: 1, times: 20 })
    expect(ids).toHaveLength(20)
    expect(new Set(ids).size).toBe(20)
  })

  test('make each earned code once', async () => {
    await using subject = await openForConformance()
    const codes = ['a', 'b', 'c', 'd', 'e']
    const outcomes = await inProcesses(subject.path, { kind: 'earn', codes, times: 20 })
    expect(new Set(outcomes)).toEqual(new Set(['done']))
    expect((await codesOf(subject.store)).map(({ ordinal }) => ordinal)).toEqual([1, 2, 3, 4, 5])
    expect(await versionOf(subject.store)).toBe(1)
  })
})
