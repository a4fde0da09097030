import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codesToCreate, earnedBy, nextEarnedAt, nextOrdinal } from '../../src/invites/earning.ts'
import { replacementOf } from '../../src/invites/giving.ts'
import { isOpen, isRoutine } from '../../src/invites/predicates.ts'
import type { InviteCode } from '../../src/invites/types.ts'
import {
  births,
  caps,
  distances,
  intervals,
  lives,
  members,
  openCount,
  type SampleMember,
} from './members.ts'
import { earnedCode, giftedCode } from './sample-codes.ts'

const DAY = 86_400_000
const BIRTH = Date.UTC(2026, 0, 1)

function due({ now, birth, codes, policy }: SampleMember): number {
  return codesToCreate(now, birth, codes, policy)
}

/** The member after creating what is due. */
function created(member: SampleMember): SampleMember {
  const { codes, now } = member
  const first = nextOrdinal(codes)
  const fresh = Array.from({ length: due(member) }, (_, index) =>
    earnedCode({ ordinal: first + index, createdAt: now }),
  )
  return { ...member, codes: [...codes, ...fresh] }
}

describe('what a member has earned', () => {
  test('is the number of marks, set every interval from the birth on, after the epoch and not after now', () => {
    fc.assert(
      fc.property(lives, ({ birth, policy, now }) => {
        const { interval, epoch } = policy
        const marks = Array.from({ length: 41 }, (_, index) => birth + (index + 1) * interval)
        const passed = marks.filter((mark) => mark > epoch && mark <= now)
        expect(Math.max(0, earnedBy(now, birth, policy))).toBe(passed.length)
      }),
    )
  })

  test('grows at the exact instant, and not a millisecond before', () => {
    const counts = fc.integer({ min: 1, max: 1000 })
    fc.assert(
      fc.property(births, intervals, counts, (birth, interval, count) => {
        const policy = { interval, epoch: 0, cap: 5 }
        const mark = birth + count * interval
        expect(earnedBy(mark, birth, policy)).toBe(count)
        expect(earnedBy(mark - 1, birth, policy)).toBe(count - 1)
      }),
    )
  })

  test('floors the life and the time before the epoch apart, so that a mark just after the epoch counts whole', () => {
    const policy = { interval: 10, epoch: 109, cap: 5 }
    expect(earnedBy(109, 100, policy)).toBe(0)
    expect(earnedBy(110, 100, policy)).toBe(1)
    expect(earnedBy(119, 100, policy)).toBe(1)
    expect(earnedBy(120, 100, policy)).toBe(2)
  })

  test.for([
    ['long before the birth', BIRTH - 100 * DAY, 10],
    ['a millisecond before the birth', BIRTH - 1, 10],
    ['at the birth', BIRTH, 10],
    ['a millisecond after the birth', BIRTH + 1, 10],
    ['a millisecond before the first code', BIRTH + DAY - 1, 10],
    ['when the first code was earned', BIRTH + DAY, 9],
    ['a millisecond after the first code', BIRTH + DAY + 1, 9],
    ['a millisecond before now', BIRTH + 10 * DAY - 1, 1],
    ['now', BIRTH + 10 * DAY, 0],
    ['a millisecond from now', BIRTH + 10 * DAY + 1, 0],
  ] as const)('with the epoch %s, after ten intervals', ([, epoch, expected]) => {
    expect(earnedBy(BIRTH + 10 * DAY, BIRTH, { interval: DAY, epoch, cap: 5 })).toBe(expected)
  })
})

describe('the number of codes to create', () => {
  test('is zero when nobody earns, and while the epoch lies in the future', () => {
    fc.assert(
      fc.property(members, fc.integer({ min: 0, max: 10 * DAY }), (member, ahead) => {
        const { policy, now } = member
        expect(due({ ...member, policy: { ...policy, epoch: now + ahead } })).toBe(0)
        expect(codesToCreate(now, member.birth, member.codes, { ...policy, interval: null })).toBe(0)
      }),
    )
  })

  test('is a whole number, never negative, and never brings the open codes above the cap', () => {
    fc.assert(
      fc.property(members, (member) => {
        const count = due(member)
        expect(Number.isSafeInteger(count)).toBe(true)
        expect(count).toBeGreaterThanOrEqual(0)
        const before = openCount(member)
        expect(openCount(created(member))).toBeLessThanOrEqual(Math.max(before, member.policy.cap))
      }),
    )
  })

  test('is the whole cap, whatever it is, after a life long enough, and then nothing more', () => {
    fc.assert(
      fc.property(births, intervals, caps, fc.nat({ max: 20 }), (birth, interval, cap, longer) => {
        const now = birth + (cap + longer) * interval
        const member = { birth, codes: [], now, policy: { interval, cap, epoch: 0 } }
        expect(due(member)).toBe(cap)
        expect(due({ ...member, now: birth + cap * interval - 1 })).toBe(cap - 1)
        expect(due({ ...created(member), now: now + 100 * interval })).toBe(0)
      }),
    )
  })

  test('never shrinks with time when nothing else changes', () => {
    fc.assert(
      fc.property(members, fc.nat({ max: 10 * DAY }), (member, later) => {
        expect(due({ ...member, now: member.now + later })).toBeGreaterThanOrEqual(due(member))
      }),
    )
  })

  test('comes to the same whether the codes are made on the way or all at the end', () => {
    const withLater = members.chain((member) =>
      fc.tuple(fc.constant(member), distances(member.policy.interval, 20)),
    )
    fc.assert(
      fc.property(withLater, ([member, wait]) => {
        // A code that runs out on the way makes room for one more, whoever had it.
        const codes = member.codes.map((code) => ({ ...code, expiresAt: null }))
        const early = { ...member, codes }
        const late = { ...early, now: member.now + wait }
        const onTheWay = created({ ...created(early), now: late.now })
        expect(onTheWay.codes).toHaveLength(created(late).codes.length)
      }),
    )
  })

  test('is zero right after creating', () => {
    fc.assert(
      fc.property(members, (member) => {
        expect(due(created(member))).toBe(0)
      }),
    )
  })

  test('does not depend on gifted codes', () => {
    const gifts = fc.array(fc.integer({ min: 0, max: 3 }).map((used) => giftedCode({ used, available: 3 })))
    fc.assert(
      fc.property(members, gifts, (member, more) => {
        expect(due({ ...member, codes: [...member.codes, ...more] })).toBe(due(member))
      }),
    )
  })

  test('counts disabled and expired codes as made and not as open, exactly as used ones', () => {
    const spent = (code: InviteCode): InviteCode => ({ ...code, used: code.available })
    fc.assert(
      fc.property(members, ({ now, ...member }) => {
        const after = (change: (code: InviteCode) => InviteCode) =>
          due({ ...member, now, codes: member.codes.map(change) })
        const expected = after(spent)
        expect(after((code) => ({ ...code, disabledAt: now }))).toBe(expected)
        expect(after((code) => ({ ...code, expiresAt: now }))).toBe(expected)
      }),
    )
    const [now, policy] = [BIRTH + 3 * DAY, { interval: DAY, epoch: 0, cap: 2 }]
    const made = earnedCode({ createdAt: BIRTH + DAY })
    const dueWith = (...codes: InviteCode[]) => codesToCreate(now, BIRTH, codes, policy)
    expect(dueWith(made)).toBe(1)
    expect(dueWith({ ...made, disabledAt: now })).toBe(2)
    expect(dueWith({ ...made, expiresAt: now })).toBe(2)
    expect(dueWith({ ...made, expiresAt: now + 1 })).toBe(1)
    expect(dueWith(spent(made), spent(made), spent(made))).toBe(0)
  })

  test('leaves out what was made until the epoch, but not from the cap', () => {
    const policy = { interval: DAY, epoch: BIRTH + 10 * DAY, cap: 5 }
    const dueWith = (createdAt: number, used: number) =>
      codesToCreate(BIRTH + 12 * DAY, BIRTH, Array(5).fill(earnedCode({ createdAt, used })), policy)
    expect(dueWith(policy.epoch, 1)).toBe(2)
    expect(dueWith(policy.epoch + 1, 1)).toBe(0)
    expect(dueWith(policy.epoch, 0)).toBe(0)
  })
})

describe('when the next code is earned', () => {
  const next = ({ now, birth, codes, policy }: SampleMember) => nextEarnedAt(now, birth, codes, policy)
  const withoutExpiry = ({ codes, ...member }: SampleMember): SampleMember => ({
    ...member,
    codes: codes.map((code) => ({ ...code, expiresAt: null })),
  })

  test('there is one more to create at that instant, and a millisecond before there is not', () => {
    fc.assert(
      fc.property(members, (sample) => {
        const member = withoutExpiry(sample)
        const at = next(member)
        if (at === null) return
        expect(at).toBeGreaterThan(member.now)
        expect(due({ ...member, now: at })).toBe(due(member) + 1)
        expect(due({ ...member, now: at - 1 })).toBe(due(member))
      }),
    )
  })

  test('so it is with codes that expire, of which several may make room at once', () => {
    fc.assert(
      fc.property(members, (member) => {
        const at = next(member)
        if (at === null) return
        expect(due({ ...member, now: at })).toBeGreaterThan(due(member))
        expect(due({ ...member, now: at - 1 })).toBe(due(member))
      }),
    )
  })

  test('is never exactly when the cap has no room, or nobody earns', () => {
    fc.assert(
      fc.property(members, (member) => {
        const { policy, now } = member
        const forEver = { ...member, now: now + policy.epoch + 200 * policy.interval + 10_000 }
        const isEver = due(forEver) > due(member)
        expect(next(member) !== null).toBe(isEver)
        expect(nextEarnedAt(now, member.birth, member.codes, { ...policy, interval: null })).toBeNull()
      }),
    )
  })

  test('with nothing made yet, it is a whole interval after the birth', () => {
    const policy = { interval: DAY, epoch: 0, cap: 5 }
    expect(nextEarnedAt(BIRTH, BIRTH, [], policy)).toBe(BIRTH + DAY)
    const made = Array.from({ length: 5 }, () => earnedCode({ createdAt: BIRTH + 5 * DAY }))
    expect(nextEarnedAt(BIRTH + 5 * DAY, BIRTH, made, policy)).toBeNull()
  })
})

describe('switching off one’s own code', () => {
  const which = fc.nat({ max: 100 })

  test('changes nothing in what is still to be earned, now and ever, when another takes its place', () => {
    fc.assert(
      fc.property(members, which, fc.nat({ max: 40 }), (member, pick, later) => {
        const { now, policy } = member
        const open = member.codes.filter(
          (code) => isRoutine(code) && isOpen(code, now) && openCount(member) <= policy.cap,
        )
        const code = open[pick % open.length]
        if (code === undefined) return
        const made = replacementOf(
          code,
          { codes: member.codes, invitesDisabled: false, cap: policy.cap },
          now,
        )
        if (made === null) throw new Error('the cap has room for what takes the place of an open code')
        const replaced = {
          ...member,
          codes: [
            ...member.codes.map((one) =>
              one === code ? { ...code, disabledAt: now, switchedOffAt: now } : one,
            ),
            // The expiry is kept: it is no way to more time.
            earnedCode({ ...made, code: 'new', createdAt: now, expiresAt: code.expiresAt }),
          ],
        }
        const at = now + later * policy.interval
        // Under a cap with room for all as well, where only what was made counts.
        for (const cap of [policy.cap, 1000]) {
          const then = { now: at, policy: { ...policy, cap } }
          expect(due({ ...replaced, ...then })).toBe(due({ ...member, ...then }))
        }
        expect(openCount(replaced)).toBe(openCount(member))
      }),
    )
  })

  test('lets one that nobody used be earned anew when none takes its place, and counts it once it is used or enabled', () => {
    const policy = { interval: DAY, epoch: 0, cap: 5 }
    const now = BIRTH + DAY
    const off = earnedCode({ createdAt: now, disabledAt: now, switchedOffAt: now })
    const dueWith = (code: InviteCode) => codesToCreate(now, BIRTH, [code], policy)
    expect(dueWith(off)).toBe(1)
    expect(dueWith({ ...off, reserved: 1 })).toBe(0)
    expect(dueWith({ ...off, used: 1 })).toBe(0)
    expect(dueWith({ ...off, disabledAt: null })).toBe(0)
    expect(dueWith({ ...off, disabledAt: now + 1 })).toBe(0)
    expect(dueWith({ ...off, switchedOffAt: null })).toBe(0)
  })
})

describe('a whole life', () => {
  const events = fc.record({
    wait: fc.nat({ max: 5 * DAY }),
    what: fc.constantFrom('look', 'look', 'use', 'disable', 'gift'),
    which: fc.nat({ max: 100 }),
  })

  test('numbers the routine codes without gaps, never has too many open, and never made more than was earned', () => {
    fc.assert(
      fc.property(caps, fc.array(events, { maxLength: 60 }), (cap, life) => {
        const policy = { interval: DAY, epoch: BIRTH + 2 * DAY, cap }
        let member: SampleMember = { birth: BIRTH, policy, codes: [], now: BIRTH }
        for (const event of life) {
          member = live({ ...member, now: member.now + event.wait }, event)
          const ordinals = member.codes.flatMap(({ ordinal }) => ordinal ?? [])
          expect(ordinals).toEqual(ordinals.map((_, index) => index + 1))
          expect(openCount(member)).toBeLessThanOrEqual(cap)
          expect(ordinals.length).toBeLessThanOrEqual(Math.max(0, earnedBy(member.now, BIRTH, policy)))
        }
      }),
    )
  })

  function live(member: SampleMember, { what, which }: { what: string; which: number }): SampleMember {
    const { codes, now } = member
    if (what === 'look') return created(member)
    if (what === 'gift') return { ...member, codes: [...codes, giftedCode({ createdAt: now })] }
    const change = what === 'use' ? { used: 1 } : { disabledAt: now }
    return {
      ...member,
      codes: codes.map((code, index) => (index === which % codes.length ? { ...code, ...change } : code)),
    }
  }

  test('the next number follows the highest, gifted codes have none', () => {
    expect(nextOrdinal([])).toBe(1)
    expect(nextOrdinal([giftedCode(), giftedCode()])).toBe(1)
    expect(nextOrdinal([earnedCode({ ordinal: 3 }), giftedCode(), earnedCode({ ordinal: 2 })])).toBe(4)
  })
})
