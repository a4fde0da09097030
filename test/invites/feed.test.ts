import { expect, test } from 'vitest'
import { isSuspicious, missingFrom } from '../../src/invites/feed.ts'

test.each([
  [0, 0, false],
  [20, 20, false],
  [21, 22, true],
  [21, 419, true],
  [21, 420, false],
  [50, 1000, false],
  [51, 1000, true],
])('%i of %i accounts gone at once: suspicious is %s', (gone, known, suspicious) => {
  expect(isSuspicious(gone, known, null)).toBe(suspicious)
})

test('the operator’s word covers as many as were told, and no more', () => {
  expect(isSuspicious(500, 1000, 500)).toBe(false)
  expect(isSuspicious(499, 1000, 500)).toBe(false)
  expect(isSuspicious(501, 1000, 500)).toBe(true)
})

test('missing is who is known and not listed', () => {
  expect(missingFrom(new Map([['did:plc:a', 'takendown']]), ['did:plc:b', 'did:plc:a'])).toEqual([
    'did:plc:b',
  ])
})
