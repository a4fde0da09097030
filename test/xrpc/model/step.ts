import fc from 'fast-check'
import type { Invitations } from './invitations.ts'
import type { Code, Flags } from './things.ts'
import { count, type World } from './world.ts'

/** A kind of thing that is done to model and world alike. */
export interface Deed<Args> {
  readonly name: string
  /** What it is done with, by chance. */
  readonly args: { readonly [K in keyof Args]: fc.Arbitrary<Args[K]> }
  /** Whether it can be done now; always, unless told. */
  readonly fits?: (model: Invitations, args: Args) => boolean
  /** Does it to both, and compares what comes of it. */
  readonly act: (model: Invitations, world: World, args: Args) => Promise<void>
}

/** One deed, and with what flags all members look right before and after it. */
type Step = fc.AsyncCommand<Invitations, World>

/** Without prototypes of null, which only make a counterexample longer. */
const SHOWN = { noNullPrototype: true }

/** Often what clients ask for that say nothing, so that an answer is often ready. */
const flags: fc.Arbitrary<Flags> = fc.oneof(
  fc.constant({ includeUsed: true, createAvailable: true }),
  fc.record({ includeUsed: fc.boolean(), createAvailable: fc.boolean() }, SHOWN),
)

/** Looking at nothing leaves more for later: earned codes that wait, and changes that come together. */
const watching = fc.option(flags, { freq: 4 })

/** A deed with what chance gives it. */
export function steps<Args>({ name, args, fits, act }: Deed<Args>): fc.Arbitrary<Step> {
  return fc
    .record({ given: fc.record(args, SHOWN), watched: watching }, SHOWN)
    .map(({ given, watched }): Step => ({
      check: (model) => fits?.(model, given) ?? true,
      run: async (model, world) => {
        count(world.tally.deeds, name)
        await lookAll(model, world, watched)
        await act(model, world, given)
        await lookAll(model, world, watched)
      },
      toString: () => `${name} ${fc.stringify(given)}, watched with ${fc.stringify(watched)}`,
    }))
}

async function lookAll(model: Invitations, world: World, watched: Flags | null): Promise<void> {
  if (watched === null) return
  for (const member of model.members) await world.look(model, member, watched)
}

/** A deed to one of the codes that fit. */
export function stepsOnCodes({
  fits,
  act,
  name,
}: {
  name: string
  fits: (model: Invitations, code: Code) => boolean
  act: (model: Invitations, world: World, code: Code) => Promise<void>
}): fc.Arbitrary<Step> {
  return steps({
    name,
    args: { which: fc.nat({ max: 50 }) },
    fits: (model) => model.codes.some((code) => fits(model, code)),
    act: (model, world, { which }) =>
      act(
        model,
        world,
        pick(
          model.codes.filter((code) => fits(model, code)),
          which,
        ),
      ),
  })
}

/** One of some things, in turn. */
export function pick<T>(things: readonly T[], which: number): T {
  const thing = things[which % things.length]
  if (thing === undefined) throw new Error('there is nothing to pick from')
  return thing
}
