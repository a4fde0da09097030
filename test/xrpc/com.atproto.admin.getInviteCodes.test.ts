import { afterAll, beforeAll, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { getAsAdmin, giftCode, join, postAsAdmin } from '../support/members.ts'

type Page = com.atproto.admin.getInviteCodes.$OutputBody

const TOTAL = 23

let fronted: FrontedWorld
let popular: string

beforeAll(async () => {
  fronted = await startFrontedWorld()
  popular = await giftCode(fronted, { useCount: 3 })
  await join(fronted, 'alice.test', popular)
  await join(fronted, 'bob.test', popular)
  await postAsAdmin(fronted, com.atproto.server.createInviteCodes.$nsid, {
    useCount: 1,
    codeCount: TOTAL - 1,
  })
})

afterAll(() => fronted[Symbol.asyncDispose]())

function getPage(search: string): Promise<Page> {
  return getAsAdmin<Page>(fronted, com.atproto.admin.getInviteCodes.$nsid, search)
}

async function walk(sort: string, limit: number): Promise<Page['codes'][]> {
  const pages: Page['codes'][] = []
  let cursor = ''
  do {
    const page = await getPage(
      `?sort=${sort}&limit=${limit}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
    )
    pages.push(page.codes)
    cursor = page.cursor ?? ''
  } while (cursor !== '')
  return pages
}

for (const sort of ['recent', 'usage']) {
  test(`sort=${sort}: every code once over all pages, and no cursor on the last`, async () => {
    for (const limit of [1, 5, 22, 23, 24, 500]) {
      const pages = await walk(sort, limit)
      const codes = pages.flat().map(({ code }) => code)
      expect(codes).toHaveLength(TOTAL)
      expect(new Set(codes).size).toBe(TOTAL)
      expect(pages).toHaveLength(Math.ceil(TOTAL / limit))
    }
  })
}

test('recent is the default and shows the newest first, usage the most used first', async () => {
  const recent = (await getPage('')).codes.map(({ createdAt, code }) => `${createdAt} ${code}`)
  expect(recent).toEqual(recent.toSorted().toReversed())
  const [first, second] = (await getPage('?sort=usage')).codes
  expect([first?.code, first?.uses.length, second?.uses.length]).toEqual([popular, 2, 0])
})

test('a cursor shows no code', async () => {
  const { codes, cursor = '' } = await getPage('?limit=1')
  expect(cursor).toMatch(/^[\w-]+$/)
  expect(cursor).not.toContain(codes[0]?.code)
})

test('a cursor that is not one of ours and an unknown order are refused', async () => {
  const encoded = (position: string) => `cursor=${Buffer.from(position).toString('base64url')}`
  for (const [search, message] of [
    ['sort=oldest', 'unknown sort method: oldest'],
    ['cursor=x', 'Malformed cursor'],
    // As they were before they were encoded.
    ['cursor=recent:12:code', 'Malformed cursor'],
    [encoded('1::'), 'Malformed cursor'],
    [encoded('::a'), 'Malformed cursor'],
    [encoded('1::2::3'), 'Malformed cursor'],
    [encoded('recent:12abc:code'), 'Malformed cursor'],
    [`sort=usage&${encoded('recent:12:code')}`, 'Malformed cursor'],
    [encoded('usage:1:12:code'), 'Malformed cursor'],
    // As they were before codes of equal use stood by their age.
    [`sort=usage&${encoded('usage:1:code')}`, 'Malformed cursor'],
  ] as const) {
    await expect(getPage(`?${search}`)).rejects.toThrow(
      `400 {"error":"InvalidRequest","message":"${message}"}`,
    )
  }
  expect((await getPage(`?${encoded('recent:12:code')}`)).codes).toEqual([])
  expect((await getPage(`?sort=usage&${encoded('usage:0:12:code')}`)).codes).toEqual([])
})
