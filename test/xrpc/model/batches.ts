import fc from 'fast-check'
import { expect } from 'vitest'
import type { Duration } from '../../../src/invites/types.ts'
import { pick, steps, stepsOnCodes } from './step.ts'
import { type Code, left } from './things.ts'

const DAY: Duration = 86_400_000
const OPERATOR = 'did:plc:operator'

const who = fc.nat({ max: 50 })
const uses = fc.integer({ min: 1, max: 3 })
const lifetimes = fc.constantFrom<Duration[]>(1, 1000, DAY / 2, DAY, 3 * DAY)

/** What operators do in batches. */
export const BATCHES = [
  {
    weight: 3,
    arbitrary: steps({
      name: 'make codes that expire',
      args: { who, uses, lifetime: lifetimes },
      act: async (model, { operations }, { who: index, uses: available, lifetime }) => {
        const owner = pick(model.members, index)
        const expiresAt = model.now + lifetime
        const wanted = { owner: owner.did, count: 1, uses: available, expiresAt }
        const { batch, codes } = await operations.createCodes(wanted, OPERATOR)
        model.batch(batch, { made: codes.map((name) => model.make(owner, { name, available, expiresAt })) })
      },
    }),
  },
  {
    weight: 2,
    arbitrary: steps({
      name: 'give codes to all',
      args: { uses, each: fc.integer({ min: 1, max: 2 }), lifetime: fc.option(lifetimes) },
      act: async (model, world, { uses: available, each, lifetime }) => {
        const expiresAt = lifetime === null ? null : model.now + lifetime
        const wanted = { count: each, uses: available, expiresAt: expiresAt ?? undefined }
        const given = model.members.filter(
          ({ status, isBarred, isHeardOf, knownBirth }) =>
            status === 'active' && !isBarred && (isHeardOf || knownBirth !== null),
        )
        const { batch, accounts } = await world.operations.giveCodes(wanted, OPERATOR, false)
        expect(accounts, 'how many were given codes').toBe(given.length)
        const made: Code[] = []
        for (const owner of given) {
          for (let number = 0; number < each; number++) made.push(model.make(owner, { available, expiresAt }))
          await world.learn(model, owner)
        }
        if (batch !== undefined) model.batch(batch, { made })
      },
    }),
  },
  {
    weight: 3,
    arbitrary: stepsOnCodes({
      name: 'replace a code',
      fits: (model, code) => model.isOpen(code) && left(code) > 0,
      act: async (model, { operations }, code) => {
        const { owner, expiresAt } = code
        const { batch, code: name } = await operations.replaceCode({ code: code.name }, OPERATOR)
        const made = [model.make(owner, { name, expiresAt, available: left(code) })]
        model.batch(batch, { made, disabled: [code], isReplacing: true })
      },
    }),
  },
  {
    weight: 3,
    arbitrary: stepsOnCodes({
      name: 'disable a code, or enable it, in a batch',
      fits: () => true,
      act: async (model, { operations }, code) => {
        const off = code.disabledAt === null
        const wanted = { codes: [code.name], owners: [], disabled: off }
        const { batch = '' } = await operations.setCodesDisabled(wanted, OPERATOR, false)
        model.batch(batch, off ? { disabled: [code] } : { enabled: [code] })
      },
    }),
  },
  {
    weight: 2,
    arbitrary: steps({
      name: 'disable the codes of an owner, or enable them, in a batch',
      args: { who, disabled: fc.boolean() },
      act: async (model, { operations }, { who: index, disabled: off }) => {
        const owner = pick(model.members, index)
        const reached = model.switchable(owner, off)
        const wanted = { codes: [], owners: [owner.did], disabled: off }
        const { batch, codes } = await operations.setCodesDisabled(wanted, OPERATOR, false)
        expect(codes, 'how many codes were reached').toBe(reached.length)
        if (batch !== undefined) model.batch(batch, off ? { disabled: reached } : { enabled: reached })
      },
    }),
  },
  {
    weight: 1,
    arbitrary: steps({
      name: 'bar from invites, or not, in a batch',
      args: { who },
      act: async (model, { operations }, { who: index }) => {
        const member = pick(model.members, index)
        const wanted = { accounts: [member.did], disabled: !member.isBarred }
        const { batch = '' } = await operations.setInvitesDisabled(wanted, OPERATOR, false)
        model.batch(batch, { switched: [member] })
      },
    }),
  },
  {
    weight: 6,
    arbitrary: steps({
      name: 'undo a batch',
      args: { which: fc.nat({ max: 50 }) },
      fits: ({ batches }) => batches.size > 0,
      act: async (model, { operations }, { which }) => {
        // The latest first, so that more was not changed since.
        const batch = pick([...model.batches].toReversed(), which)
        const expected = model.undo(batch)
        expect(await operations.undoBatch(batch.id, OPERATOR, false)).toEqual(expected)
      },
    }),
  },
]
