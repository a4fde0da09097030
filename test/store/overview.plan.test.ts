import { expect, test } from 'vitest'
import {
  ACCOUNTS,
  BRANCHES,
  BY_DAY,
  COUNT_EXPIRED,
  COUNT_STANDING,
  COUNT_TIMELY,
  COUNTS,
  EARNERS,
  ENDED,
  INVITEES,
} from '../../src/store/sqlite/overview.ts'
import { openForConformance } from './sqlite-support.ts'

/** How each of the statements that look at many rows finds them. */
const PLANS: Readonly<Record<string, readonly [sql: string, plan: RegExp]>> = {
  'accounts, newest first': [ACCOUNTS.joined, /USING INDEX account_recent \(host=\? AND \(joined_at,did\)</],
  'accounts by handle': [
    ACCOUNTS.handle,
    /USING INDEX account_handle \(host=\? AND handle>\? AND handle<\?\)/,
  ],
  'one account': [ACCOUNTS.did, /USING INDEX sqlite_autoindex_account_1 \(did=\?\)/],
  'codes of accounts': [COUNTS, /SEARCH invite_code USING INDEX \S+ \(for_account=\?\)/],
  'a level of the tree': [
    BRANCHES,
    /USING INDEX account_branch \(host=\? AND inviter=\? AND \(joined_at,did\)</,
  ],
  'those below some': [INVITEES, /SEARCH a USING COVERING INDEX account_branch \(host=\? AND inviter=\?\)/],
  'sign-ups that ended': [ENDED, /USING INDEX reservation_ended \(host=\? AND settled_at>\?\)/],
  'sign-ups by day': [BY_DAY, /USING COVERING INDEX reservation_ended \(host=\? AND settled_at>\?\)/],
  'codes of a state': [COUNT_STANDING, /USING INDEX invite_code_shelf_recent \(host=\? AND standing=\?\)/],
  'codes whose time is not up': [
    COUNT_TIMELY,
    /USING INDEX invite_code_expiry \(host=\? AND expires_at>\?\)/,
  ],
  'codes whose time is up': [COUNT_EXPIRED, /USING INDEX invite_code_expiry \(host=\? AND expires_at<\?\)/],
  'who could earn': [EARNERS, /USING INDEX account_giveable \(host=\? AND did>\?\)/],
}

/** What may be sorted: the few days, and those of one handle. */
const SORTED = new Set(['sign-ups by day', 'accounts by handle'])

test.each(Object.entries(PLANS))('%s: found by an index, never by a scan', async (name, [sql, plan]) => {
  await using subject = await openForConformance()
  const rows = await subject.execute(`EXPLAIN QUERY PLAN ${sql.replaceAll(/\$\w+/g, "'1'")}`)
  const details = rows.map(({ detail }) => String(detail))
  expect(details.join('\n')).toMatch(plan)
  expect(details.filter((detail) => /^SCAN (?!asked|json_each)/.test(detail))).toEqual([])
  if (!SORTED.has(name)) expect(details.join('\n')).not.toContain('TEMP B-TREE')
})

/** SQLite calls no index with a generated column a covering one, so that the plan does not tell. */
test.each(Object.entries({ COUNT_STANDING, COUNT_TIMELY, COUNT_EXPIRED }))(
  '%s reads nothing but the index',
  async (_, sql) => {
    await using subject = await openForConformance()
    const steps = await subject.execute(`EXPLAIN ${sql.replaceAll(/\$\w+/g, "'1'")}`)
    const rows = steps.find(({ opcode }) => opcode === 'DeferredSeek')?.['p3']
    expect(rows).toBeTypeOf('number')
    expect(steps.filter(({ opcode, p1 }) => opcode === 'Column' && p1 === rows)).toEqual([])
  },
)
