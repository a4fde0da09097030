import { describe, expect, test } from 'vitest'
import { NOW } from './conformance/support.ts'
import { ALL, walk } from './conformance/search.ts'
import { COUNT_GIVEABLE, NEXT_GIVEABLE, ownedSql } from '../../src/store/sqlite/batches.ts'
import { eventsSql } from '../../src/store/sqlite/events.ts'
import { CLOSE, CLOSING, COUNT_CLOSING, SETTLE_CLOSED } from '../../src/store/sqlite/imports.ts'
import {
  CODES_BY_ENDING,
  CODES_BY_LETTERS,
  EXPORT,
  NEWEST_USES,
  NOTES_BY_WORDS,
  OWNERS_BY_HANDLE,
  searchSql,
} from '../../src/store/sqlite/search.ts'
import { BATCHES, LEFT_CODES, PREVIEW_CODES } from '../../src/store/sqlite/undoing.ts'
import { openForConformance } from './sqlite-support.ts'

type Execute = Awaited<ReturnType<typeof openForConformance>>['execute']

async function planOf(execute: Execute, sql: string): Promise<readonly string[]> {
  const rows = await execute(`EXPLAIN QUERY PLAN ${sql.replaceAll(/\$\w+|\?/g, "'1'")}`)
  return rows.map(({ detail }) => String(detail))
}

/** Makes SQLite believe that it has looked at a million codes, of one host and few uses. */
async function analyze(execute: Execute): Promise<void> {
  await execute('ANALYZE')
  const tell = "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('invite_code', ?, ?)"
  for (const sort of SORTS) {
    const columns = sort === 'recent' ? '' : ' 1000'
    await execute(tell, `invite_code_${sort}`, `1000000 1000000 333333${columns} 1`)
    await execute(tell, `invite_code_shelf_${sort}`, `1000000 1000000 250000 83000 60000${columns} 1 1`)
  }
  await execute('ANALYZE sqlite_schema')
}

const STATES = [null, 'open', 'usedUp', 'expired', 'disabled'] as const
const NOTHING = {
  beginning: 'none',
  endings: false,
  own: false,
  owners: false,
  notes: false,
  fewTimely: false,
} as const
const KINDS = [null, 'gifted', 'earned'] as const
const SORTS = ['recent', 'usage'] as const

describe.each(SORTS)('a listing by %s', (sort) => {
  const position = sort === 'recent' ? 'created_at,code' : 'used,created_at,code'

  test.each([false, true])('is read from indexes in its own order, analyzed: %j', async (isAnalyzed) => {
    await using subject = await openForConformance()
    if (isAnalyzed) await analyze(subject.execute)
    for (const meaning of [{}, { beginning: 'frequent' }, { own: true }] as const)
      for (const state of STATES)
        for (const kind of KINDS) {
          const wanted = { ...NOTHING, ...meaning, state, kind, sort }
          const plan = await planOf(subject.execute, searchSql(wanted))
          const reads = plan.filter((detail) => detail.includes('invite_code'))
          const shelf = new RegExp(
            `^SEARCH invite_code USING (COVERING )?INDEX invite_code_(${sort}|shelf_${sort}) \\(host=\\?( AND standing=\\? AND kind=\\?)? AND \\(${position}\\)<\\([?,]+\\)\\)$`,
          )
          expect(reads.length).toBeGreaterThan(0)
          for (const read of reads) expect(read, JSON.stringify(wanted)).toMatch(shelf)
          // Sorted is only what the pages of several shelves have, never a shelf: right after it is read, it is walked along.
          for (const [index, detail] of plan.entries())
            if (detail.startsWith('SEARCH invite_code')) expect(plan[index + 1]).toMatch(/^SCAN \(subquery/)
        }
  })

  test.each([
    [{ beginning: 'rare' }, /sqlite_autoindex_invite_code_1 \(code>\? AND code<\?\)/],
    [{ endings: true }, /sqlite_autoindex_invite_code_1 \(code=\?\)/],
    [
      { own: true, fewTimely: true, state: 'expired' },
      /INDEX invite_code_expiry \(host=\? AND expires_at<\?\)/,
    ],
    [{ owners: true }, /INDEX invite_code_owner \(for_account=\?/],
    [
      { notes: true },
      new RegExp(`INDEX invite_code_note_${sort} \\(host=\\? AND note=\\? AND \\(${position}\\)<`),
    ],
    [{ fewTimely: true, state: 'expired' }, /INDEX invite_code_expiry \(host=\? AND expires_at<\?\)/],
    [{ fewTimely: true, state: 'open' }, /INDEX invite_code_expiry \(host=\? AND expires_at>\?\)/],
  ] as const)('of what is rare is found by what makes it so: %j', async (change, index) => {
    await using subject = await openForConformance()
    const wanted = { ...NOTHING, state: null, kind: 'gifted', sort, ...change } as const
    const plan = await planOf(subject.execute, searchSql(wanted))
    expect(plan.join('\n')).toMatch(index)
    expect(plan.filter((detail) => detail.startsWith('SCAN invite_code'))).toEqual([])
  })
})

test.each([
  ['codes to export', EXPORT, /INDEX invite_code_recent \(host=\? AND \(created_at,code\)>/],
  ['who used a code', NEWEST_USES, /INDEX invite_use_newest \(code=\?\)/],
  [
    'codes by their letters',
    CODES_BY_LETTERS,
    /INDEX sqlite_autoindex_invite_code_1 \(code>\? AND code<\?\)/,
  ],
  [
    'codes of other spelling by their letters',
    CODES_BY_ENDING,
    /INDEX invite_code_ending \(<expr>>\? AND <expr><\?\)/,
  ],
  ['notes by their words', NOTES_BY_WORDS, /SEARCH code_note USING INTEGER PRIMARY KEY/],
  ['owners by handle', OWNERS_BY_HANDLE, /INDEX account_handle \(host=\? AND handle>\? AND handle<\?\)/],
  ['how many can be given codes', COUNT_GIVEABLE, /INDEX account_giveable \(host=\?\)/],
  ['who is given codes next', NEXT_GIVEABLE, /INDEX account_giveable \(host=\? AND did>\?\)/],
  ['batches', BATCHES, /INDEX batch_recent \(host=\? AND \(at,id\)</],
  ['what is left to undo', LEFT_CODES, /INDEX batch_code_left \(batch=\?\)/],
  ['what undoing would do', PREVIEW_CODES, /INDEX batch_code_left \(batch=\? AND \(made,code\)>/],
  [
    'the next codes of an owner',
    ownedSql('disabled_at IS NULL'),
    /INDEX invite_code_owner \(for_account=\? AND \(created_at,code\)>/,
  ],
  ['the log', eventsSql('all'), /INDEX audit_event_recent \(\(at,id\)</],
  ['the log of one actor', eventsSql('actor'), /INDEX audit_event_actor \(actor=\? AND \(at,id\)</],
  ['the log of one action', eventsSql('action'), /INDEX audit_event_action \(action=\? AND \(at,id\)</],
  ['the log of both', eventsSql('both'), /INDEX audit_event_both \(actor=\? AND action=\? AND \(at,id\)</],
])('%s: found by an index, in its order', async (_, sql, index) => {
  await using subject = await openForConformance()
  const plan = await planOf(subject.execute, sql)
  expect(plan.join('\n')).toMatch(index)
  expect(plan.filter((detail) => detail.includes('B-TREE') || detail.startsWith('SCAN account'))).toEqual([])
})

test.each(Object.entries({ SETTLE_CLOSED, CLOSE, CLOSING, COUNT_CLOSING }))(
  '%s looks at no code that is Latchkey’s',
  async (_, sql) => {
    await using subject = await openForConformance()
    const [search = ''] = await planOf(subject.execute, sql)
    expect(search).toMatch(/INDEX invite_code_upstream \(host=\? AND upstream=\?\)/)
  },
)

describe('with so many codes that other ways are taken', () => {
  const CODES = 60_000

  test('a search finds the same: codes that begin alike, codes whose time is up, and codes whose time is not', async () => {
    await using subject = await openForConformance()
    await subject.execute(
      `WITH RECURSIVE numbers(number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM numbers WHERE number < ${CODES - 1})
       INSERT INTO invite_code (code, host, for_account, created_by, created_at, available, used, disabled_at, expires_at)
       SELECT printf('code-%05d', number), ?, 'admin', 'admin', ? - number % 7, 3, number % 3, iif(number % 10 = 0, 1, NULL),
              CASE number % 5 WHEN 0 THEN ? - number WHEN 1 THEN ? + 1 + number WHEN 2 THEN ? END
       FROM numbers`,
      ALL.host,
      NOW,
      NOW,
      NOW,
      NOW,
    )
    for (const sort of SORTS)
      for (const query of ['', 'code-', 'code-0123'])
        for (const [state, condition] of [
          ['open', 'disabled_at IS NULL AND (expires_at IS NULL OR expires_at > ?1)'],
          ['expired', 'disabled_at IS NULL AND expires_at <= ?1'],
          ['disabled', 'disabled_at IS NOT NULL AND ?1 > 0'],
        ] as const) {
          const order = `${sort === 'recent' ? '' : 'used DESC, '}created_at DESC, code DESC`
          const wanted = await subject.execute(
            `SELECT code FROM invite_code WHERE ${condition} AND code >= ?2 AND code < ?2 || 'z' ORDER BY ${order}`,
            NOW,
            query,
          )
          const found = await walk(subject.store, { query, sort, state, limit: 9000 })
          expect(
            found.map(({ code }) => code),
            `${sort} ${state} ${query}`,
          ).toEqual(wanted.map(({ code }) => code))
        }
  })
})
