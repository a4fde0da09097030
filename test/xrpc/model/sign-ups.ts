import fc from 'fast-check'
import { expect } from 'vitest'
import type { AccountStatus } from '../../../src/invites/types.ts'
import { HOST } from '../../store/conformance/support.ts'
import type { Invitations } from './invitations.ts'
import { pick, steps, stepsOnCodes } from './step.ts'
import type { Code, Member, SignUp } from './things.ts'
import type { World } from './world.ts'

const which = fc.nat({ max: 50 })

/** What people do who come in with codes, and what the PDS tells of accounts. */
export const SIGN_UPS = [
  {
    weight: 8,
    arbitrary: stepsOnCodes({
      name: 'begin a sign-up',
      fits: (model, code) => model.isGood(code),
      act: async (model, world, code) => {
        await begin(model, world, code)
      },
    }),
  },
  {
    weight: 1,
    arbitrary: stepsOnCodes({
      name: 'be refused at the door',
      fits: (model, code) => !model.isGood(code),
      act: async (model, world, code) => {
        expect(await reserve(model, world, code, `refused ${(model.counted += 1)}`)).not.toBe('reserved')
      },
    }),
  },
  {
    weight: 10,
    arbitrary: onSignUps('finish a sign-up', 'held', async (model, world, signUp) => {
      const newcomer = `did:plc:${signUp.id}`
      await finish(model, world, signUp, newcomer)
      // So that nobody gives codes to people of whom the model does not know.
      const event = { seq: (world.seq += 1), at: model.now, did: newcomer, status: 'deactivated' } as const
      await world.bench.store.applyEvent(HOST, event)
    }),
  },
  { weight: 5, arbitrary: onSignUps('fail to sign up', 'held', fail) },
  {
    // Then one more code may be due, which hardly ever happens by chance alone.
    weight: 20,
    arbitrary: onSignUps('fail to sign up with what was switched off', 'held', fail, isSwitchedOff),
  },
  {
    weight: 5,
    arbitrary: onSignUps('find that who came is gone', 'done', async (model, world, signUp) => {
      expect(await world.bench.store.endSecondLook(signUp.id, 'gone', model.now)).toBe(true)
      signUp.code.uses = signUp.code.uses.filter((use) => use !== signUp.use)
      signUp.state = 'over'
    }),
  },
  {
    // A member moves away and comes back with a code, and its life on the host begins anew.
    weight: 4,
    arbitrary: steps({
      name: 'come back with a code',
      args: { who: which, which },
      fits: (model, { who }) => comebacks(model, pick(model.members, who)).length > 0,
      act: async (model, world, { who, which: code }) => {
        const member = pick(model.members, who)
        const signUp = await begin(model, world, pick(comebacks(model, member), code))
        beBorn(model, world, member)
        await finish(model, world, signUp, member.did)
        member.knownBirth = null
        if (member.status === 'deleted') member.status = 'deactivated'
      },
    }),
  },
  {
    weight: 3,
    arbitrary: steps({
      name: 'hear of an account',
      args: {
        who: which,
        status: fc.oneof(
          { weight: 7, arbitrary: fc.constant('active' as const) },
          {
            weight: 4,
            arbitrary: fc.constantFrom<AccountStatus[]>('deactivated', 'takendown', 'suspended', 'deleted'),
          },
        ),
      },
      act: async (model, world, { who, status }) => {
        const member = pick(model.members, who)
        const seq = (world.seq += 1)
        const event = { seq, at: model.now, did: member.did, status }
        if (member.status === 'deleted' && status !== 'deleted') {
          beBorn(model, world, member)
          member.knownBirth = null
        }
        expect(await world.bench.store.applyEvent(HOST, event)).toBe(true)
        member.status = status
        member.isHeardOf = true
      },
    }),
  },
]

function onSignUps(
  name: string,
  state: SignUp['state'],
  act: (model: Invitations, world: World, signUp: SignUp) => Promise<void>,
  fits: (signUp: SignUp) => boolean = () => true,
) {
  // The latest first.
  const inState = ({ signUps }: Invitations) =>
    signUps.filter((signUp) => signUp.state === state && fits(signUp)).toReversed()
  return steps({
    name,
    args: { which: fc.nat({ max: 2 }) },
    fits: (model) => inState(model).length > 0,
    act: (model, world, args) => act(model, world, pick(inState(model), args.which)),
  })
}

function isSwitchedOff({ code }: SignUp): boolean {
  return code.isRoutine && code.switchedOffAt !== null
}

/** Codes with which somebody who was here before can come back now: twice at one instant nobody can. */
function comebacks(model: Invitations, member: Member): readonly Code[] {
  if (!member.isHeardOf) return []
  return model.codes.filter(
    (code) => model.isGood(code) && !code.uses.some(({ by, at }) => by === member.did && at === model.now),
  )
}

function beBorn(model: Invitations, { bench }: World, member: Member): void {
  member.bornAt = model.now
  bench.pds.accounts.set(member.did, { handle: null, createdAt: model.now })
}

function reserve({ now }: Invitations, { bench }: World, { name: code }: Code, id: string): Promise<string> {
  const redeemer = { handle: `${id}.test`, did: null }
  const leaseUntil = now + 1000
  return bench.store.reserve(
    { id, code, host: HOST, door: 'createAccount', redeemer, holder: 'test', leaseUntil },
    now,
  )
}

async function begin(model: Invitations, world: World, code: Code): Promise<SignUp> {
  const id = `sign-up-${(model.counted += 1)}`
  expect(await reserve(model, world, code, id)).toBe('reserved')
  code.held += 1
  const signUp: SignUp = { id, code, state: 'held', use: null }
  model.signUps.push(signUp)
  return signUp
}

async function finish(
  model: Invitations,
  { bench: { store } }: World,
  signUp: SignUp,
  by: string,
): Promise<void> {
  const { id, code } = signUp
  const at = model.now
  expect(await store.markForwarded(id, { code: `upstream of ${id}`, mintedAt: at })).toBe(true)
  expect(await store.commit(id, { did: by, handle: null, at, lookAgainAt: at })).toBe(true)
  code.held -= 1
  signUp.use = { by, at }
  code.uses = [...code.uses, signUp.use]
  signUp.state = 'done'
}

async function fail(model: Invitations, { bench }: World, signUp: SignUp): Promise<void> {
  expect(await bench.store.release(signUp.id, model.now)).toBe(true)
  signUp.code.held -= 1
  signUp.state = 'over'
}
