import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ALICE } from '../invites/sample-codes.ts'
import { BIRTH, BOB, DAY } from '../invites/service-bench.ts'
import { BATCHES } from './model/batches.ts'
import { CIRCUMSTANCES, DEEDS } from './model/deeds.ts'
import { Invitations } from './model/invitations.ts'
import { SIGN_UPS } from './model/sign-ups.ts'
import { Tally, World } from './model/world.ts'

// The method over its cache and a real store is led through lives of chance, beside a model that keeps nothing ready. Before
// and after most of what is done all members call the method, and all it shows has to be what the model says, but for the
// random codes themselves.
//
// Whatever is new and changes what a member is shown belongs among the steps in `model/`.

const RUNS = 200
const STEPS = 60

/** A disk in memory, where there is one: thousands of commits wait for nothing, and what is tested here is no power cut. */
const WITHIN = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

const STEP_KINDS = [...CIRCUMSTANCES, ...DEEDS, ...BATCHES, ...SIGN_UPS]

/** Bob is as old as Alice and a bit, so that they earn at instants of their own. */
const BIRTHS = { [ALICE]: BIRTH, [BOB]: BIRTH - 3.3 * DAY }

const START = fc.record({
  isEarning: fc.constantFrom(true, true, false),
  policy: fc.record({
    interval: fc.constant(DAY),
    epoch: fc.constant(0),
    cap: fc.integer({ min: 1, max: 5 }),
  }),
})

test(`a ready answer is what a plain model says, in ${RUNS} lives of chance`, async () => {
  const tally = new Tally()
  const lives = fc.commands([fc.oneof(...STEP_KINDS)], { maxCommands: STEPS, size: 'max' })
  const property = fc.asyncProperty(START, lives, async ({ isEarning, policy }, life) => {
    await using world = await World.open({ earning: isEarning, policy, within: WITHIN }, tally)
    world.bench.pds.accounts.set(BOB, { handle: 'bob.test', createdAt: BIRTHS[BOB] ?? BIRTH })
    const model = new Invitations({ now: BIRTH, policy, isEarning, births: BIRTHS })
    await fc.asyncModelRun(() => ({ model, real: world }), life)
  })
  // A counterexample is told with its seed, and before the test's own timeout; where disks are slow, fewer lives are led.
  await fc.assert(property, { numRuns: RUNS, plugins: [fc.unbiased(), fc.interruptAfterTimeLimit(45_000)] })

  // The test was not about nothing.
  expect(tally.deeds.size).toBe(STEP_KINDS.length)
  expect(Math.min(...tally.deeds.values()), 'how often the rarest thing was done').toBeGreaterThan(5)
  expect(tally.answers.size).toBe(4)
  for (const [flags, answers] of tally.answers)
    expect((tally.ready.get(flags) ?? 0) / answers, `the share of ready answers, ${flags}`).toBeGreaterThan(
      0.2,
    )
})
