import { expect, test } from 'vitest'
import { Verdicts } from '../../src/auth/verdicts.ts'

const SECOND = 1000
const NOW = Date.UTC(2026, 0, 1)
const NEXT_HOUR = NOW / SECOND + 3600

function openVerdicts(room = 1_000_000) {
  const state = { now: NOW, isFollowing: true }
  const verdicts = new Verdicts({ room, now: () => state.now, isFollowing: () => state.isFollowing })
  return { verdicts, state }
}

test('a verdict is remembered for its own token only', () => {
  const { verdicts } = openVerdicts()
  verdicts.remember('one', 'did:plc:one', NOW, NEXT_HOUR)
  expect(verdicts.get('one')).toBe('did:plc:one')
  expect(verdicts.get('two')).toBeUndefined()
})

test('holds for a minute from when it was asked for, while the firehose is followed', () => {
  const { verdicts, state } = openVerdicts()
  verdicts.remember('one', 'did:plc:one', NOW, NEXT_HOUR)
  state.now = NOW + 60 * SECOND - 1
  expect(verdicts.get('one')).toBe('did:plc:one')
  state.now = NOW + 60 * SECOND
  expect(verdicts.get('one')).toBeUndefined()
})

test('holds for five seconds while the firehose is not followed, whenever that began', () => {
  const { verdicts, state } = openVerdicts()
  verdicts.remember('one', 'did:plc:one', NOW, NEXT_HOUR)
  state.isFollowing = false
  state.now = NOW + 5 * SECOND - 1
  expect(verdicts.get('one')).toBe('did:plc:one')
  state.now = NOW + 5 * SECOND
  expect(verdicts.get('one')).toBeUndefined()
})

test('never holds from the second on in which the token runs out', () => {
  const { verdicts, state } = openVerdicts()
  verdicts.remember('one', 'did:plc:one', NOW, NOW / SECOND + 10)
  state.now = NOW + 10 * SECOND - 1
  expect(verdicts.get('one')).toBe('did:plc:one')
  state.now = NOW + 10 * SECOND
  expect(verdicts.get('one')).toBeUndefined()
})

test('the room is bounded, and without room nothing is remembered', () => {
  const { verdicts } = openVerdicts(10_000)
  for (let index = 0; index < 1000; index++)
    verdicts.remember(`token ${index}`, 'did:plc:one', NOW, NEXT_HOUR)
  const known = Array.from({ length: 1000 }, (_, index) => verdicts.get(`token ${index}`)).filter(Boolean)
  expect(known.length).toBeGreaterThan(10)
  expect(known.length).toBeLessThan(100)
  expect(verdicts.get('token 999')).toBe('did:plc:one')
  const none = openVerdicts(0).verdicts
  none.remember('one', 'did:plc:one', NOW, NEXT_HOUR)
  expect(none.get('one')).toBeUndefined()
})
