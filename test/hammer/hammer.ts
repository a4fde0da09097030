import { openSqliteStore } from '../../src/store/sqlite.ts'
import { app } from '../../src/lexicons/index.ts'
import { eventually } from '../chaos/eventually.ts'
import { startChaosWorld } from '../chaos/world.ts'
import { History } from './history.ts'
import { ask, readersOf, requireAnswers, WAYS } from './readers.ts'
import { redeemersOf } from './redeemers.ts'
import { act, createMembers, operate, type Scene } from './scene.ts'
import { Violation } from './violation.ts'
import { writersOf } from './writers.ts'

export interface HammerOptions {
  readonly seed: number
  /** Milliseconds. */
  readonly duration: number
  readonly members: number
}

const READERS = 6
const REDEEMERS = 2

/**
 * Hammers two processes of Latchkey's on one database, in front of a real PDS, with readers and writers of every kind
 * together, and holds every answer of `getAccountInviteCodes` against what was committed.
 *
 * What everybody does follows from the seed; in which order it comes to pass does not, since real processes take
 * turns as they like. So a seed repeats the same work, and not always the same failure.
 *
 * @returns what happened how often
 * @throws {Violation} the first one found
 */
export async function hammer({
  seed,
  duration,
  members: size,
}: HammerOptions): Promise<ReadonlyMap<string, number>> {
  await using world = await startChaosWorld({ latchkeys: 2, verifying: [1] })
  for (const latchkey of world.latchkeys) await latchkey.start()
  using history = new History(world.books.latchkey)
  if (!history.earningIsOpen()) throw new Error('nobody can earn')
  await using store = await openSqliteStore({ path: world.books.latchkey })
  const members = await createMembers(world, size)
  const scene: Scene = { world, history, store, members, tally: new Map(), since: Date.now() }
  await act(
    [...writersOf(scene), ...redeemersOf(scene, REDEEMERS), ...readersOf(scene, READERS)],
    seed,
    duration,
  )
  await quieten(scene)
  for (const member of members)
    for (const process of world.latchkeys.keys())
      for (const way of WAYS) await ask(scene, member, { ...way, process })
  requireAnswers(scene)
  const { changes, earned, expired } = history.figures(Date.now())
  scene.tally.set('changes committed', changes).set('codes earned', earned).set('codes expired', expired)
  return scene.tally
}

/**
 * Ends all earning and waits for the sign-ups under way, so that nothing but time changes answers any more. Then the
 * history must be what the tables say, or the hammer itself would be wrong.
 */
async function quieten(scene: Scene): Promise<void> {
  const { history, world, members } = scene
  await world.doorsQuiet()
  await eventually(() => (history.unfinished() === 0 ? [] : ['sign-ups are unfinished']))
  const policy = { epoch: new Date(scene.since).toISOString(), cap: 1 }
  await operate(scene, app.latchkey.admin.setPolicy.$nsid, { policy }, { process: 0 })
  history.look()
  for (const { did } of members) {
    const [told, there] = [history.member(did), history.plain(did)].map(({ account, codes }) => ({
      account,
      codes: codes
        .map(({ uses, ...code }) => ({ ...code, uses: uses.map((use) => JSON.stringify(use)).toSorted() }))
        .toSorted((one, other) => (one.code < other.code ? -1 : 1)),
    }))
    if (JSON.stringify(told) !== JSON.stringify(there))
      throw new Violation('the journal is not what the tables say', { did, told, there })
  }
}
