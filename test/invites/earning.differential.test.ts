import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Duration } from '../../src/invites/types.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { startFrontedWorld } from '../support/latchkey.ts'
import type { World } from '../support/pds.ts'
import { type BothSides, Life, onBoth, setClock } from './life.ts'
import { addMember, latchkeySide, pdsSide, type SampleAccount, signUpMember } from './sides.ts'
import { type Action, LOOK, type Step, type Timeline, timelines } from './timelines.ts'

// One real PDS, whose own earning is switched on, answers beside a Latchkey in front of it. Each keeps codes of its own,
// both see the same account, and both live by the one clock of this process. After every step of a timeline both are
// asked, and all they show is compared but the random codes themselves, who used them, and the order.
//
// Two differences are meant, and stay out of the timelines:
// - For a member whose invites are disabled the PDS makes codes that are disabled from the start, and that count
//   against the member once the invites are enabled again. Latchkey makes none. (The last test shows both.)
// - Of parallel calls the PDS fails all and keeps all their rows.

const DAY = 86_400_000
const BIRTH = Date.UTC(2026, 0, 1)
const RUNS = 80

const resources = new AsyncDisposableStack()
let world: World
let sides: BothSides
let born = 0

beforeAll(async () => {
  const fronted = resources.use(await startFrontedWorld())
  const store = resources.use(await openSqliteStore({ path: fronted.databasePath }))
  world = fronted.world
  sides = { pds: pdsSide(world), latchkey: latchkeySide(fronted, store) }
})
afterAll(() => resources.disposeAsync())
afterEach(() => {
  vi.useRealTimers()
})

/** A member newly born under the policy of both. @param epoch as a distance from the birth */
async function begin(
  { birth, interval, epoch }: Pick<Timeline, 'birth' | 'interval' | 'epoch'>,
  create: (world: World, handle: string) => Promise<SampleAccount> = signUpMember,
): Promise<{ life: Life; account: SampleAccount }> {
  setClock(birth)
  const account = await create(world, `member${(born += 1)}.test`)
  await onBoth(sides, (side) => side.setPolicy({ interval, epoch: birth + epoch }))
  return { life: new Life(sides, account, birth), account }
}

/** Steps one after the other at one instant, given as the age of the account. */
function at(age: Duration, ...actions: Action[]): Step[] {
  return actions.map((action) => ({ at: age, ...action }))
}

describe('Latchkey gives what the reference PDS gives', () => {
  test(`on ${RUNS} timelines of chance`, { timeout: 60_000 }, async () => {
    const property = fc.asyncProperty(timelines, async (timeline) => {
      const { life } = await begin(timeline, addMember)
      await life.follow(timeline)
    })
    // Ending before the test's own timeout, so that a counterexample is told with its seed.
    const limits = { interruptAfterTimeLimit: 50_000, markInterruptAsFailure: true }
    await fc.assert(property, { numRuns: RUNS, ...limits })
  })

  /** Looks at each age in turn. @returns how many codes both showed each time */
  async function lookAt(epoch: number, ages: readonly number[]): Promise<number[]> {
    const { life } = await begin({ birth: BIRTH, interval: DAY, epoch })
    const counts: number[] = []
    for (const age of ages) {
      life.goTo(age)
      counts.push(await life.look())
    }
    return counts
  }

  const AROUND_TWO_MARKS = [0, DAY - 1, DAY, DAY + 1, 2 * DAY - 1, 2 * DAY, 2 * DAY + 1]

  test.for<[string, number, number[]]>([
    ['long before the birth', -100 * DAY - 1, [0, 0, 1, 1, 1, 2, 2]],
    ['a millisecond before the birth', -1, [0, 0, 1, 1, 1, 2, 2]],
    ['at the birth', 0, [0, 0, 1, 1, 1, 2, 2]],
    ['a millisecond after the birth', 1, [0, 0, 1, 1, 1, 2, 2]],
    ['a millisecond before the first mark', DAY - 1, [0, 0, 1, 1, 1, 2, 2]],
    ['at the first mark', DAY, [0, 0, 0, 0, 0, 1, 1]],
    ['a millisecond after the first mark', DAY + 1, [0, 0, 0, 0, 0, 1, 1]],
    ['a millisecond before the second mark', 2 * DAY - 1, [0, 0, 0, 0, 0, 1, 1]],
    ['at the second mark', 2 * DAY, [0, 0, 0, 0, 0, 0, 0]],
    ['in the future', 50 * DAY, [0, 0, 0, 0, 0, 0, 0]],
  ])('around the first two marks, with the epoch %s', async ([, epoch, expected]) => {
    expect(await lookAt(epoch, AROUND_TWO_MARKS)).toEqual(expected)
  })

  test('up to the cap of five, at once or one by one', async () => {
    expect(await lookAt(0, [5 * DAY - 1, 5 * DAY, 6 * DAY, 100 * DAY])).toEqual([4, 5, 5, 5])
    expect(await lookAt(0, [100 * DAY, 200 * DAY])).toEqual([5, 5])
    expect(await lookAt(3 * DAY + 1, [7 * DAY, 8 * DAY, 9 * DAY])).toEqual([4, 5, 5])
  })

  test('after uses, disabling and gifts at the cap, at once and one mark later', async () => {
    const { life } = await begin({ birth: BIRTH, interval: DAY, epoch: 0 })
    await life.follow({
      interval: DAY,
      barred: true,
      steps: [
        ...at(5 * DAY, LOOK, { what: 'use', which: 0 }, LOOK),
        ...at(6 * DAY - 1, LOOK),
        ...at(6 * DAY, LOOK, { what: 'use', which: 1 }, { what: 'use', which: 1 }),
        ...at(20 * DAY, LOOK, { what: 'disable', which: 2 }, LOOK, { what: 'disable all' }, LOOK),
        ...at(20 * DAY + 1, { what: 'gift', uses: 2 }, LOOK, { what: 'use', which: 9 }, LOOK),
        ...at(21 * DAY, LOOK, { what: 'look', includeUsed: false, createAvailable: false }),
        ...at(30 * DAY, { what: 'pause' }, LOOK),
      ],
    })
  })

  test('after disabling and gifts below the cap, where what was made is the limit', async () => {
    const { life } = await begin({ birth: BIRTH, interval: DAY, epoch: 0 })
    await life.follow({
      interval: DAY,
      barred: true,
      steps: [
        ...at(2 * DAY, LOOK, { what: 'disable', which: 0 }, LOOK, { what: 'gift', uses: 1 }, LOOK),
        ...at(3 * DAY, LOOK, { what: 'use', which: 0 }, { what: 'use', which: 0 }, LOOK),
        ...at(4 * DAY, { what: 'disable all' }, LOOK, LOOK, { what: 'gift', uses: 2 }),
        ...at(6 * DAY - 1, LOOK),
        ...at(6 * DAY, LOOK),
      ],
    })
  })

  test('when the epoch is moved to the very instant at which codes were made, and past it', async () => {
    const { life } = await begin({ birth: BIRTH, interval: DAY, epoch: 0 })
    await life.follow({
      interval: DAY,
      barred: false,
      steps: [
        ...at(3 * DAY, LOOK, { what: 'policy', interval: DAY, epoch: 3 * DAY }, LOOK),
        ...at(4 * DAY, LOOK, { what: 'policy', interval: DAY, epoch: 3 * DAY - 1 }, LOOK),
        ...at(5 * DAY, LOOK, { what: 'policy', interval: DAY / 2, epoch: 4 * DAY }, LOOK),
      ],
    })
  })

  test('when codes are redeemed by real sign-ups', async () => {
    const { life } = await begin({ birth: BIRTH, interval: DAY, epoch: 0 })
    life.goTo(5 * DAY)
    expect(await life.look()).toBe(5)
    life.goTo(7 * DAY)
    const { pds, latchkey } = sides
    await life.withOpenCode(pds, 0, (code) => pds.signUp('newcomer1.test', code))
    await life.withOpenCode(latchkey, 0, (code) => latchkey.signUp('newcomer2.test', code))
    expect(await life.look()).toBe(6)
    expect(await life.look({ includeUsed: false, createAvailable: true })).toBe(5)
  })
})

test('the difference that is meant: a time of disabled invites costs no codes here', async () => {
  const { life, account } = await begin({ birth: BIRTH, interval: DAY, epoch: 0 })
  const { pds, latchkey } = sides
  await onBoth(sides, (side) => side.setInvitesDisabled(account, true))
  life.goTo(3 * DAY)
  expect(await life.look()).toBe(0)
  expect((await pds.allCodes(account)).map(({ disabled }) => disabled)).toEqual([true, true, true])
  expect(await latchkey.allCodes(account)).toEqual([])
  await onBoth(sides, (side) => side.setInvitesDisabled(account, false))
  const params = { includeUsed: true, createAvailable: true }
  expect(await pds.look(account, params)).toEqual([])
  expect(await latchkey.look(account, params)).toHaveLength(3)
})
