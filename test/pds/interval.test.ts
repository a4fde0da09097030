import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { pdsInterval, watchInterval } from '../../src/pds/interval.ts'
import { temporaryFolder } from '../store/sqlite-support.ts'

const HOUR = 3_600_000

let path: string

beforeEach(async () => {
  const folder = await temporaryFolder()
  path = join(folder.path, 'pds.env')
  return () => folder[Symbol.asyncDispose]()
})

test.each([
  ['PDS_INVITE_INTERVAL=604800000', 'set'],
  ['export PDS_INVITE_INTERVAL="604800000"', 'set'],
  ['#PDS_INVITE_INTERVAL=604800000', 'unset'],
  ['PDS_INVITE_INTERVAL=', 'unset'],
  ['PDS_INVITE_INTERVAL=weekly', 'unset'],
  ['PDS_HOSTNAME=pds.example.com', 'unset'],
])('%s counts as %s', async (text, found) => {
  await writeFile(path, `${text}\n`)
  expect(await pdsInterval(path)).toBe(found)
})

test('a file that is missing or no file is unreadable', async () => {
  expect(await pdsInterval(path)).toBe('unreadable')
  expect(await pdsInterval('/')).toBe('unreadable')
})

test('the warning comes at the start and once a day, until the interval is gone', async () => {
  const clock = { now: 0 }
  const lines: string[] = []
  const warnedAt: number[] = []
  await using _watch = watchInterval({
    path,
    // Asked for once in each look: the next one comes an hour later.
    now: () => (clock.now += HOUR),
    log: {
      info: (_, message) => lines.push(message),
      warn: (_, message) => {
        lines.push(message)
        warnedAt.push(clock.now)
      },
    },
    rhythm: { every: 1, remindAfter: 24 * HOUR },
  })
  await vi.waitFor(() => expect(lines).toEqual([expect.stringMatching(/can't be read/)]))
  await writeFile(path, 'PDS_INVITE_INTERVAL=604800000')
  await vi.waitFor(() => expect(warnedAt.length).toBeGreaterThan(2))
  const [first = 0, second, third] = warnedAt
  expect([second, third]).toEqual([first + 24 * HOUR, first + 48 * HOUR])
  expect(lines[1]).toMatch(/remove PDS_INVITE_INTERVAL from \S+pds.env and restart the PDS/)
  await writeFile(path, '')
  await vi.waitFor(() => expect(lines.at(-1)).toMatch(/^PDS_INVITE_INTERVAL is gone/))
  await rm(path)
  await vi.waitFor(() => expect(lines.filter((line) => line.includes("can't be read"))).toHaveLength(2))
})
