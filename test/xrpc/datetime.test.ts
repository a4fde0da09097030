import fc from 'fast-check'
import { expect, test } from 'vitest'
import { datetime } from '../../src/xrpc/kit/datetime.ts'

/** The first and the last millisecond that a Date can tell. */
const ENDS = 8_640_000_000_000_000

test('an instant is told as toISOString tells it', () => {
  for (const instant of [0, -1, Date.UTC(2024, 1, 29, 23, 59, 59, 999), Date.UTC(9999, 11, 31), ENDS, -ENDS])
    expect(datetime(instant)).toBe(new Date(instant).toISOString())
  fc.assert(
    fc.property(fc.integer({ min: -ENDS, max: ENDS }), (instant) => {
      expect(datetime(instant)).toBe(new Date(instant).toISOString())
    }),
    { numRuns: 5000 },
  )
})

test.each([Number.NaN, Infinity, 2 * ENDS])('there is no day of %s', (what) => {
  expect(() => datetime(what)).toThrow(RangeError)
})
