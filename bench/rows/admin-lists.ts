import { DatabaseSync } from 'node:sqlite'
import { com } from '../../src/lexicons/index.ts'
import type { Bench, Row } from '../bench.ts'
import { codes, HOSTNAME } from '../data/sets.ts'
import { Client } from '../load/client.ts'
import { median, type Spread } from '../measure/statistics.ts'
import { atLeast, atMost, type Line, type Result, timesFaster } from '../report/model.ts'
import { adminAuthorization } from '../servers/pds.ts'
import type { World } from '../servers/world.ts'
import { sideBySide } from './side-by-side.ts'

type Sort = 'recent' | 'usage'

const PAGE = 100
const SIZES = { quick: [1_000_000], whole: [1000, 100_000, 1_000_000] }
const SMALLEST = 1000
const LARGEST = 1_000_000
const AIMS: Readonly<Record<Sort, number>> = { usage: 1500, recent: 100 }
const FLATNESS = atMost(1.5)

/** How many requests make one figure: more of those that are answered soon, in milliseconds in all. */
const ENOUGH = { quick: 100, whole: 1000 }
const AT_MOST = 200

export const adminLists: Row = {
  name: 'admin-lists',
  title: 'admin.getInviteCodes, pages of 100',
  async measure(bench) {
    const lines: Line[] = []
    const smallest = new Map<string, Spread>()
    for (const size of bench.quick ? SIZES.quick : SIZES.whole) {
      const world = await bench.world(codes(size))
      const latchkey = await world.latchkey()
      for (const sort of ['recent', 'usage'] as const) {
        for (const place of ['first', 'deep'] as const) {
          const what = `${size.toLocaleString('en')} codes, ${sort}, ${place} page`
          bench.progress(`admin-lists: ${what}`)
          const cursors = place === 'deep' ? cursorsInTheMiddle(world, sort, size) : undefined
          const line = await sideBySide(bench, {
            what,
            unit: 'ms',
            latchkey: pages(bench, latchkey.url, sort, cursors?.latchkey),
            pds: pages(bench, world.reference.url, sort, cursors?.pds),
            results: (own, theirs) => {
              const key = `${sort} ${place}`
              if (size === SMALLEST) smallest.set(key, own)
              return resultsOf(own, theirs, sort, size, smallest.get(key))
            },
          })
          lines.push(line)
        }
      }
    }
    const notes = [
      'A deep page begins in the middle of the list. The most used hundred codes have three uses each, at every size.',
    ]
    return { name: adminLists.name, title: adminLists.title, lines, notes }
  },
}

function resultsOf(
  latchkey: Spread,
  pds: Spread,
  sort: Sort,
  size: number,
  smallest: Spread | undefined,
): Result[] {
  if (size !== LARGEST) return timesFaster(latchkey, pds, '× as fast as the PDS')
  const flatness = smallest && { of: '× itself at 1,000', value: latchkey.median / smallest.median }
  return [
    ...timesFaster(latchkey, pds, '× as fast as the PDS', atLeast(AIMS[sort])),
    ...(flatness === undefined ? [] : [{ ...flatness, target: FLATNESS }]),
  ]
}

/** One contestant: the median of some requests, one after the other, in milliseconds. */
function pages(bench: Bench, url: string, sort: Sort, cursor: string | undefined): () => Promise<number> {
  const query = new URLSearchParams({ sort, limit: String(PAGE), ...(cursor !== undefined && { cursor }) })
  const asked = {
    url: `${url}/xrpc/${com.atproto.admin.getInviteCodes.$nsid}?${query}`,
    authorization: adminAuthorization(bench.secrets),
  }
  const enough = bench.quick ? ENOUGH.quick : ENOUGH.whole
  return async () => {
    using client = new Client()
    const times: number[] = []
    for (let spent = 0; times.length === 0 || (spent < enough && times.length < AT_MOST);) {
      const { milliseconds, body } = await client.askWell(asked)
      if (times.length === 0) requireFullPage(body)
      times.push(milliseconds)
      spent += milliseconds
    }
    return median(times)
  }
}

function requireFullPage(body: string): void {
  const { codes: listed } = JSON.parse(body) as { codes: unknown[] }
  if (listed.length !== PAGE) throw new Error(`a page has ${listed.length} codes`)
}

/** Where the second half of a list begins, as each of the servers says it: codes of equal use stand in orders of their own. */
function cursorsInTheMiddle(
  { databases }: Pick<World, 'databases'>,
  sort: Sort,
  size: number,
): Readonly<Record<'latchkey' | 'pds', string>> {
  using db = new DatabaseSync(databases.latchkey, { readOnly: true })
  const inTheMiddle = (columns: readonly string[]): readonly string[] => {
    const row = db
      .prepare(
        `SELECT ${columns.join(', ')} FROM invite_code WHERE host = ?
         ORDER BY ${columns.map((column) => `${column} DESC`).join(', ')} LIMIT 1 OFFSET ?`,
      )
      .get(HOSTNAME, size / 2)
    return columns.map((column) => String(row?.[column]))
  }
  const own = inTheMiddle(sort === 'recent' ? ['created_at', 'code'] : ['used', 'created_at', 'code'])
  const theirs = inTheMiddle(sort === 'recent' ? ['created_at', 'code'] : ['used', 'code'])
  return {
    latchkey: Buffer.from([sort, ...own].join(':')).toString('base64url'),
    pds: theirs.join('::'),
  }
}
