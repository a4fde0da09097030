import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { pdsInterval, watchInterval } from '../../src/pds/interval.ts'
import { temporaryFolder } from '../store/sqlite-support.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

let path: string

beforeEach(async () => {
  const folder = await temporaryFolder()
  path = join(folder.path, 'pds.env')
  return () => folder[Symbol.asyncDispose]()
})

test.each([
  ['PDS_INVITE_INTERVAL=604800000', 'set'],
  ['export PDS_INVITE_INTERVAL="604800000"', 'set'],
  ['PDS_HOSTNAME=a.test\n#PDS_INVITE_INTERVAL=604800000', 'unset'],
  ['PDS_INVITE_INTERVAL=', 'unset'],
  ['PDS_INVITE_INTERVAL=weekly', 'unset'],
  ['PDS_HOSTNAME=pds.example.com', 'unset'],
])('%s counts as %s', async (text, found) => {
  await writeFile(path, `${text}\n`)
  expect(await pdsInterval(path)).toBe(found)
})

test('a file that is missing, empty or no file is unreadable', async () => {
  expect(await pdsInterval(path)).toBe('unreadable')
  expect(await pdsInterval('/')).toBe('unreadable')
  for (const text of ['', '# nothing here\n']) {
    await writeFile(path, text)
    expect(await pdsInterval(path)).toBe('unreadable')
  }
})

/** A watch over the file, by a clock that goes on by an hour with each look. */
function startWatch() {
  const clock = { now: 0 }
  const lines: string[] = []
  const warnings: { readonly at: number; readonly message: string }[] = []
  const watch = watchInterval({
    path,
    // Asked for once in each look: the next one comes an hour later.
    now: () => (clock.now += HOUR),
    log: {
      info: (_, message) => lines.push(message),
      warn: (_, message) => warnings.push({ at: clock.now, message }),
    },
    rhythm: { every: 1, remindAfter: DAY },
  })
  return { lines, warnings, [Symbol.asyncDispose]: () => watch[Symbol.asyncDispose]() }
}

test.each([
  [
    'the interval is set',
    'PDS_INVITE_INTERVAL=604800000',
    /remove PDS_INVITE_INTERVAL from \S+pds.env and restart/,
  ],
  [
    'it can’t be told',
    undefined,
    /pds.env can't be read here.* let Latchkey's user read .* or unset LATCHKEY_PDS_ENV$/,
  ],
])('while %s, the warning comes at the start and once a day', async (_state, text, message) => {
  if (text !== undefined) await writeFile(path, text)
  await using watch = startWatch()
  await vi.waitFor(() => expect(watch.warnings.length).toBeGreaterThan(2))
  expect(watch.warnings.slice(0, 3).map(({ at }) => at)).toEqual([HOUR, HOUR + DAY, HOUR + 2 * DAY])
  for (const warning of watch.warnings) expect(warning.message).toMatch(message)
  expect(watch.lines).toEqual([])
})

test('that the interval is gone is told once', async () => {
  await writeFile(path, 'PDS_INVITE_INTERVAL=604800000')
  await using watch = startWatch()
  await vi.waitFor(() => expect(watch.warnings).not.toEqual([]))
  // In one step: a look at a file half written would find it empty.
  await writeFile(`${path}.new`, 'PDS_HOSTNAME=pds.example.com')
  await rename(`${path}.new`, path)
  await vi.waitFor(() => expect(watch.lines).toEqual([expect.stringMatching(/^PDS_INVITE_INTERVAL is gone/)]))
  const told = watch.warnings.length
  await rm(path)
  await vi.waitFor(() => expect(watch.warnings.length).toBeGreaterThan(told))
  expect(watch.warnings[told]?.message).toMatch(/can't be read/)
})
