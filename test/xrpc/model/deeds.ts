import fc from 'fast-check'
import { expect } from 'vitest'
import type { Duration } from '../../../src/invites/types.ts'
import { HOST } from '../../store/conformance/support.ts'
import { pick, steps, stepsOnCodes } from './step.ts'
import type { Code } from './things.ts'

const DAY: Duration = 86_400_000

const who = fc.nat({ max: 50 })
const uses = fc.integer({ min: 1, max: 3 })
const disabled = fc.constantFrom(true, false, false)

/** Time, and what holds for everybody. */
export const CIRCUMSTANCES = [
  {
    weight: 4,
    arbitrary: steps({
      name: 'wait',
      args: { time: fc.constantFrom<Duration[]>(1, 1000, DAY / 3, DAY, 3 * DAY) },
      act: async (model, { bench }, { time }) => bench.goTo((model.now += time)),
    }),
  },
  {
    weight: 8,
    arbitrary: steps({
      name: 'go to where something may change',
      args: { which: fc.nat({ max: 2 }), by: fc.constantFrom(-1, 0, 0, 1) },
      fits: (model) => model.boundaries().length > 0,
      act: async (model, { bench }, { which, by }) => {
        model.now = Math.max(model.now, pick(model.boundaries(), which) + by)
        bench.goTo(model.now)
      },
    }),
  },
  {
    weight: 2,
    arbitrary: steps({
      name: 'set the policy',
      args: {
        interval: fc.constantFrom(null, DAY / 3, DAY / 3, DAY, DAY, DAY, 2 * DAY),
        epoch: fc.constantFrom('all of life', -3 * DAY - 1, -DAY, 0, DAY / 2),
        cap: fc.integer({ min: 0, max: 6 }),
      },
      act: async (model, { bench: { store } }, { interval, epoch: from, cap }) => {
        model.policy = { interval, epoch: typeof from === 'string' ? 0 : model.now + from, cap }
        await store.setPolicy(HOST, model.policy)
      },
    }),
  },
  {
    weight: 1,
    arbitrary: steps({
      name: 'open earning',
      args: {},
      act: async (model, { bench: { store } }) => {
        model.isEarning = true
        await store.openEarning(HOST, model.now)
      },
    }),
  },
]

/** What administrators do by the standard methods, and members to their own codes. */
export const DEEDS = [
  {
    weight: 3,
    arbitrary: steps({
      name: 'gift',
      args: { who, uses, count: fc.integer({ min: 1, max: 3 }) },
      act: async (model, { bench: { service } }, { who: index, uses: useCount, count: codeCount }) => {
        const owner = pick(model.members, index)
        const made = await service.createGifted({ forAccounts: [owner.did], codeCount, useCount })
        for (const { codes } of made)
          for (const name of codes) model.make(owner, { name, available: useCount })
      },
    }),
  },
  {
    weight: 2,
    arbitrary: stepsOnCodes({
      name: 'disable a code',
      fits: (_, { disabledAt }) => disabledAt === null,
      act: async (model, { bench: { service } }, code) => {
        await service.disableCodes({ codes: [code.name], owners: [] })
        Object.assign(code, { disabledAt: model.now, disabledBy: null })
      },
    }),
  },
  {
    weight: 1,
    arbitrary: steps({
      name: 'disable all codes of an owner',
      args: { who },
      act: async (model, { bench: { service } }, { who: index }) => {
        const owner = pick(model.members, index)
        await service.disableCodes({ codes: [], owners: [owner.did] })
        for (const code of model.codes)
          if (code.owner === owner && code.disabledAt === null)
            Object.assign(code, { disabledAt: model.now, disabledBy: null })
      },
    }),
  },
  {
    weight: 2,
    arbitrary: steps({
      name: 'bar from invites, or not',
      args: { who, disabled },
      act: async (model, { bench: { service } }, { who: index, disabled: isBarred }) => {
        const member = pick(model.members, index)
        await service.setInvitesDisabled(member.did, isBarred, undefined)
        Object.assign(member, { isBarred, barredBy: null })
      },
    }),
  },
  { weight: 3, arbitrary: switchOff('switch off', () => true) },
  {
    weight: 10,
    arbitrary: switchOff(
      'switch off an earned code that somebody signs up with',
      ({ isRoutine, held }) => isRoutine && held > 0,
    ),
  },
]

function switchOff(name: string, fits: (code: Code) => boolean) {
  return stepsOnCodes({
    name,
    fits: (model, code) => fits(code) && model.isOpen(code) && model.switchesLeft(code.owner) > 0,
    act: async (model, { giving }, code) => {
      const replacement = model.switchOff(code)
      const outcome = await giving.switchOffCode(code.owner.did, code.name)
      expect(outcome !== null, 'whether a code comes in its place').toBe(replacement !== null)
      if (replacement !== null) replacement.name = outcome ?? ''
    },
  })
}
