import { expect, test } from 'vitest'
import { forgetOldest, joinedCookie, readJoined } from '../../src/web/join/joined-cookie.ts'

const CODE = 'harbor-example-aaaaa-bbbbb'
const KEEPING = { key: Buffer.alloc(32, 7), webUrl: new URL('https://harbor.example'), now: () => 1000 }
const BOB = { handle: 'bob.harbor.example', isSure: true }

/** What a browser sends back of a value of `Set-Cookie`. */
const sentBack = (set: string) => set.split(';')[0] ?? ''

test('what a browser keeps of a sign-up no neighbour can plant', () => {
  const set = joinedCookie(BOB, CODE, KEEPING)
  // Browsers take such a name only with these, over https, and from the very host (RFC 6265bis section 4.1.3.2).
  expect(set).toMatch(/^__Host-latchkey-joined-[\w-]{12}=/)
  expect(set).toContain('; Path=/;')
  expect(set).toContain('; Secure')
  expect(set).not.toContain('Domain')
  const planted = `${sentBack(set).replace('__Host-', '').split('=')[0]}=junk`
  expect(readJoined(`${planted}; ${sentBack(set)}`, CODE, KEEPING)).toEqual(BOB)
})

test('it is about its own invite, as it was told, and for an hour', () => {
  const set = sentBack(joinedCookie(BOB, CODE, KEEPING))
  const other = `${CODE.slice(0, -1)}c`
  const renamed = joinedCookie(BOB, other, KEEPING).split('=')[0] ?? ''
  expect(readJoined(`${renamed}=${set.split('=')[1]}`, other, KEEPING)).toBeUndefined()
  expect(readJoined(set.replace('bob', 'eve'), CODE, KEEPING)).toBeUndefined()
  expect(readJoined(set, CODE, { ...KEEPING, key: Buffer.alloc(32, 8) })).toBeUndefined()
  expect(readJoined(set, CODE, { ...KEEPING, now: () => 1000 + 3_599_999 })).toEqual(BOB)
  expect(readJoined(set, CODE, { ...KEEPING, now: () => 1000 + 3_600_000 })).toBeUndefined()
})

test('a browser keeps ten at the most', () => {
  const kept = Array.from({ length: 12 }, (_, index) =>
    sentBack(joinedCookie(BOB, `${CODE}${index}`, KEEPING)),
  )
  const names = kept.map((cookie) => cookie.split('=')[0])
  const gone = (count: number) =>
    forgetOldest(`other=x; ${kept.slice(0, count).join('; ')}`, KEEPING.webUrl).map(
      (set) => set.split('=')[0],
    )
  expect([gone(0), gone(9), gone(10), gone(12)]).toEqual([[], [], names.slice(0, 1), names.slice(0, 3)])
})
