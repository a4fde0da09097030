import { describe, expect, test } from 'vitest'
import {
  isDisabled,
  isExpired,
  isOpen,
  isRoutine,
  isUsedUp,
  type Redeemer,
  type RedemptionRefusal,
  refuseRedemption,
} from '../../src/invites/predicates.ts'
import type { AccountStatus, InviteCode } from '../../src/invites/types.ts'
import { earnedCode, giftedCode } from './sample-codes.ts'

const NOW = Date.UTC(2026, 0, 1)
const BOB: Redeemer = { handle: 'bob.test', did: 'did:plc:bob' }
const STRANGER: Redeemer = { handle: 'bob.test', did: null }

describe('the door', () => {
  test('refuses a code that does not exist', () => {
    expect(refuseRedemption(undefined, 'active', BOB, NOW)).toBe('unknown')
  })

  test.for<[string, RedemptionRefusal | null, Partial<InviteCode>]>([
    ['disabled just now', 'disabled', { disabledAt: NOW }],
    ['disabled at the beginning of time', 'disabled', { disabledAt: 0 }],
    ['expired a millisecond ago', 'expired', { expiresAt: NOW - 1 }],
    ['expiring at this very instant', 'expired', { expiresAt: NOW }],
    ['expired at the beginning of time', 'expired', { expiresAt: 0 }],
    ['expiring in a millisecond', null, { expiresAt: NOW + 1 }],
    ['never used', null, {}],
    ['used once of once', 'used up', { used: 1 }],
    ['used more often than it has uses', 'used up', { used: 2 }],
    ['made without uses', 'used up', { available: 0 }],
    ['held by a sign-up in progress', 'used up', { reserved: 1 }],
    ['with its last uses spent and held', 'used up', { available: 3, used: 2, reserved: 1 }],
    ['with one use neither spent nor held', null, { available: 3, used: 1, reserved: 1 }],
    ['made in the future by a clock gone back', null, { createdAt: NOW + 1 }],
    ['of the operator', null, { forAccount: 'admin', createdBy: 'admin', ordinal: null }],
    ['restricted to another handle', 'restricted', { restrictedTo: 'carol.test' }],
    ['restricted to another DID', 'restricted', { restrictedTo: 'did:plc:carol' }],
    ['restricted to nobody', 'restricted', { restrictedTo: '' }],
    ['restricted to the handle', null, { restrictedTo: 'bob.test' }],
    ['restricted to the DID', null, { restrictedTo: 'did:plc:bob' }],
  ])('a code %s: %s', ([, expected, change]) => {
    expect(refuseRedemption(earnedCode(change), 'active', BOB, NOW)).toBe(expected)
  })

  test('lets nobody claim a restricted code by saying nothing', () => {
    const unnamed = { handle: null, did: null }
    expect(refuseRedemption(earnedCode({ restrictedTo: 'did:plc:bob' }), 'active', STRANGER, NOW)).toBe(
      'restricted',
    )
    expect(refuseRedemption(earnedCode({ restrictedTo: 'bob.test' }), 'active', unnamed, NOW)).toBe(
      'restricted',
    )
    expect(refuseRedemption(earnedCode(), 'active', unnamed, NOW)).toBeNull()
  })

  test.for<[AccountStatus, RedemptionRefusal | null]>([
    ['active', null],
    ['deactivated', 'owner gone'],
    ['takendown', 'owner gone'],
    ['suspended', 'owner gone'],
    ['deleted', 'owner gone'],
  ])('a code whose owner is %s: %s', ([status, expected]) => {
    expect(refuseRedemption(earnedCode(), status, BOB, NOW)).toBe(expected)
  })

  test('tells the administrator what is wrong with the code before what is wrong around it', () => {
    const faults: Partial<InviteCode>[] = [
      { disabledAt: NOW },
      { expiresAt: NOW },
      { used: 1 },
      { restrictedTo: 'carol.test' },
      {},
    ]
    const told = faults.map((_, index) => {
      const change: Partial<InviteCode> = Object.assign({}, ...faults.slice(index))
      return refuseRedemption(earnedCode(change), 'deleted', BOB, NOW)
    })
    expect(told).toEqual(['disabled', 'expired', 'used up', 'restricted', 'owner gone'])
  })
})

describe('a code', () => {
  test.for<[string, boolean, Partial<InviteCode>]>([
    ['as made', true, {}],
    ['used up', false, { used: 1 }],
    ['with a use left', true, { available: 2, used: 1 }],
    ['held by a sign-up that may yet fail', true, { reserved: 1 }],
    ['disabled', false, { disabledAt: NOW + 1 }],
    ['expiring in a millisecond', true, { expiresAt: NOW + 1 }],
    ['expiring now', false, { expiresAt: NOW }],
    ['restricted', true, { restrictedTo: 'carol.test' }],
  ])('%s is open: %s', ([, expected, change]) => {
    expect(isOpen(earnedCode(change), NOW)).toBe(expected)
  })

  test('that has run out of time is not disabled, and one that is disabled has not run out of time', () => {
    const [expired, disabled] = [earnedCode({ expiresAt: NOW }), earnedCode({ disabledAt: NOW })]
    expect([isExpired(expired, NOW), isDisabled(expired), isUsedUp(expired)]).toEqual([true, false, false])
    expect([isExpired(disabled, NOW), isDisabled(disabled), isUsedUp(disabled)]).toEqual([false, true, false])
  })

  test('is routine when it was earned and not when it was given, whoever owns it', () => {
    expect(isRoutine(earnedCode())).toBe(true)
    expect(isRoutine(giftedCode())).toBe(false)
    expect(isRoutine(giftedCode({ forAccount: 'admin' }))).toBe(false)
  })
})
