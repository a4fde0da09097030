import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  codeToSwitchOff,
  MOST_GIFTS_REPLACED,
  MOST_SWITCHED_OFF,
  replacementOf,
} from '../../src/invites/giving.ts'
import type { InviteCode } from '../../src/invites/types.ts'
import { earnedCode, giftedCode } from './sample-codes.ts'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 0, 10)

const alone = { codes: [] as readonly InviteCode[], invitesDisabled: false, cap: 5 }

describe('which code can be switched off', () => {
  test.each([
    ['none', undefined, 'unknown'],
    ['one that is used up', { used: 1 }, 'not open'],
    ['one that was disabled before', { disabledAt: NOW - 1 }, 'not open'],
    ['one that expires now', { expiresAt: NOW }, 'not open'],
    ['one that the PDS redeems', { upstream: 'theirs' }, 'moving'],
    ['one that is being taken over', { upstream: 'closing' }, 'moving'],
  ] as const)('not %s', (_, change, expected) => {
    const codes = change === undefined ? [] : [earnedCode({ code: 'a', ...change })]
    expect(codeToSwitchOff('a', codes, NOW)).toBe(expected)
  })

  test.each([
    ['an open one', {}],
    ['one that a sign-up holds', { reserved: 1 }],
    ['one that was the PDS’s', { upstream: 'ours' }],
    ['one that was enabled again', { switchedOffAt: NOW - 1 }],
    ['a gift', { ordinal: null, createdBy: 'admin', available: 3, used: 2 }],
  ] as const)('%s', (_, change) => {
    const code = earnedCode({ code: 'a', ...change })
    expect(codeToSwitchOff('a', [earnedCode({ code: 'b' }), code], NOW)).toBe(code)
  })

  test('so many a day, and more the next', () => {
    const off = (at: number) =>
      Array.from({ length: MOST_SWITCHED_OFF }, (_, index) =>
        earnedCode({ code: `off-${index}`, disabledAt: at, switchedOffAt: at }),
      )
    const code = earnedCode({ code: 'a' })
    expect(codeToSwitchOff('a', [code, ...off(NOW - DAY + 1)], NOW)).toBe('too often')
    expect(codeToSwitchOff('a', [code, ...off(NOW - DAY)], NOW)).toBe(code)
    expect(codeToSwitchOff('a', [code, ...off(NOW - 1).slice(1)], NOW)).toBe(code)
  })
})

describe('what comes in its place', () => {
  test('never lets more people in than could come by the code before', () => {
    const codes = fc
      .record({
        available: fc.integer({ min: 1, max: 5 }),
        used: fc.nat({ max: 5 }),
        reserved: fc.nat({ max: 5 }),
        gifted: fc.boolean(),
      })
      .filter(({ available, used, reserved }) => used + reserved <= available && used < available)
    fc.assert(
      fc.property(codes, ({ gifted, ...change }) => {
        const code = gifted ? giftedCode(change) : earnedCode(change)
        const made = replacementOf(code, alone, NOW)
        expect(made?.available ?? 0).toBeLessThanOrEqual(change.available - change.used - change.reserved)
        expect(made === null || made.available > 0).toBe(true)
      }),
    )
  })

  test('of an earned one: one that counts as of when the first was made', () => {
    const code = earnedCode({ createdAt: 7 })
    expect(replacementOf(code, alone, NOW)).toEqual({ available: 1, firstMadeAt: 7 })
    expect(replacementOf({ ...code, firstMadeAt: 3 }, alone, NOW)).toEqual({ available: 1, firstMadeAt: 3 })
  })

  test('of an earned one: none while a sign-up holds it, and none above the cap', () => {
    const code = earnedCode({ code: 'a' })
    expect(replacementOf({ ...code, reserved: 1 }, alone, NOW)).toBeNull()
    const others = [earnedCode({ code: 'b' }), giftedCode({ code: 'c' }), earnedCode({ code: 'd', used: 1 })]
    const codes = [code, ...others]
    expect(replacementOf(code, { ...alone, codes, cap: 2 }, NOW)).not.toBeNull()
    expect(replacementOf(code, { ...alone, codes, cap: 1 }, NOW)).toBeNull()
  })

  test('of a gift: the uses that are left', () => {
    const gift = giftedCode({ createdAt: 7, available: 5, used: 2, reserved: 1 })
    expect(replacementOf(gift, { ...alone, cap: 0 }, NOW)).toEqual({ available: 2, firstMadeAt: 7 })
    expect(replacementOf({ ...gift, used: 4 }, alone, NOW)).toBeNull()
  })

  test('of a gift: three times a day, and again the next', () => {
    const replaced = (createdAt: number) =>
      Array.from({ length: MOST_GIFTS_REPLACED }, (_, index) =>
        giftedCode({ code: `r-${index}`, createdAt, firstMadeAt: 1 }),
      )
    const gift = giftedCode({ code: 'a' })
    expect(replacementOf(gift, { ...alone, codes: replaced(NOW - DAY + 1) }, NOW)).toBeNull()
    expect(replacementOf(gift, { ...alone, codes: replaced(NOW - DAY) }, NOW)).not.toBeNull()
    expect(replacementOf(earnedCode(), { ...alone, codes: replaced(NOW) }, NOW)).not.toBeNull()
  })

  test('is nothing for a member whose invites are disabled', () => {
    expect(replacementOf(earnedCode(), { ...alone, invitesDisabled: true }, NOW)).toBeNull()
    expect(replacementOf(giftedCode(), { ...alone, invitesDisabled: true }, NOW)).toBeNull()
  })
})
