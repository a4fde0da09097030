import { randomUUID } from 'node:crypto'
import { StoreBusyError, StoreUnavailableError } from '../../src/invites/store.ts'
import type { CodeState } from './history.ts'
import { REFUSED } from './journal.ts'
import { type Actor, count, drawMember, promise, type Scene } from './scene.ts'
import { Violation } from './violation.ts'

/** The host that everybody is on. */
const HOST = 'localhost'
const LEASE = 60_000
/** So many sign up at once at most, so that they may meet in one transaction. */
const BURST = 6

/** What becomes of a sign-up. */
type Ending = 'used' | 'released' | 'taken back' | `${typeof REFUSED} ABORT` | `${typeof REFUSED} ROLLBACK`

const ENDINGS: readonly Ending[] = [
  ...Array<Ending>(16).fill('used'),
  'released',
  'taken back',
  `${REFUSED} ABORT`,
  `${REFUSED} ROLLBACK`,
]

/** Writers at the store itself, from this process, where the PDS would be too slow. */
export function redeemersOf(scene: Scene, size: number): readonly Actor[] {
  const redeemers = Array.from({ length: size }, (_, index): Actor => ({
    name: `redeemer ${index}`,
    pause: [20, 150],
    step: async (chance) => {
      const wanted = Array.from({ length: chance.whole(1, BURST) }, (_, position) => ({
        owner: drawMember(scene, chance).did,
        at: chance.whole(0, 10_000),
        ending: chance.pick(ENDINGS),
        // Whoever comes back uses another code, or the same one at another time.
        did: `did:plc:person${index}x${position}`,
      }))
      const found = wanted.flatMap(({ owner, at, ...signUp }) => {
        const open = scene.history.member(owner).codes.filter((code) => isOpen(code, Date.now()))
        const code = open[at % open.length]?.code
        return code === undefined ? [] : [{ ...signUp, code }]
      })
      await Promise.all(found.map((signUp) => redeem(scene, signUp)))
    },
  }))
  return [...redeemers, collider(scene)]
}

function isOpen({ disabledAt, expiresAt, uses, available }: CodeState, now: number): boolean {
  return disabledAt === null && (expiresAt === null || expiresAt > now) && uses.length < available
}

interface SignUp {
  readonly code: string
  readonly did: string
  readonly ending: Ending
}

async function redeem(scene: Scene, { code, did, ending }: SignUp): Promise<void> {
  const { store } = scene
  const id = randomUUID()
  const now = Date.now()
  const wanted = { id, code, host: HOST, door: 'createAccount', holder: 'hammer' } as const
  const who = { redeemer: { handle: null, did: null }, leaseUntil: now + LEASE }
  const reserved = await unlessBusy(scene, store.reserve({ ...wanted, ...who }, now))
  count(scene, `reserve: ${reserved}`)
  if (reserved !== 'reserved') return
  if (ending !== 'released') {
    await unlessBusy(scene, store.markForwarded(id, { code: `upstream-${id}`, mintedAt: now }))
    if (await come(scene, id, { code, did, ending })) return
  }
  await store.release(id, Date.now())
}

/** @returns whether the use is counted */
async function come(scene: Scene, id: string, { code, did, ending }: SignUp): Promise<boolean> {
  const { store, history } = scene
  const at = Date.now()
  const isRefused = ending.startsWith(REFUSED)
  const arrival = { did, handle: isRefused ? `${ending}.test` : null, at, lookAgainAt: at + 3_600_000 }
  const committing = store.commit(id, arrival)
  const outcome = await (isRefused
    ? committing.then(() => 'counted').catch(() => 'refused')
    : unlessBusy(scene, committing))
  const upper = history.look()
  const isThere = history
    .codeBetween(code, 0, upper)
    .some(({ uses }) => uses.some((use) => use.usedBy === did && use.usedAt === at))
  if (isRefused || outcome === 'busy') {
    if (outcome === 'counted') throw new Violation('what failed was answered as done', { code, did })
    if (isThere) throw new Violation('what failed was committed', { code, did, at })
    count(scene, `commit: ${isRefused ? ending : outcome}`)
    return false
  }
  if (outcome !== true) throw new Violation('a held use was not counted', { code, did, outcome })
  promise(isThere, 'a use', { code, did, at })
  count(scene, 'uses')
  if (ending === 'taken back') {
    await unlessBusy(scene, store.endSecondLook(id, 'gone', Date.now()))
    count(scene, 'uses taken back')
  }
  return true
}

/** What the store may always say; anything else that it fails with is a bug. */
async function unlessBusy<T>(scene: Scene, working: Promise<T>): Promise<T | 'busy'> {
  try {
    return await working
  } catch (error) {
    if (!(error instanceof StoreBusyError || error instanceof StoreUnavailableError))
      throw new Violation('the store failed', { error: String(error) })
    count(scene, `store: ${error.name}`)
    return 'busy'
  }
}

/** Makes codes of which the last one exists already, so that none may be there afterwards. */
function collider(scene: Scene): Actor {
  let tries = 0
  return {
    name: 'collider',
    pause: [100, 400],
    step: async (chance) => {
      const [{ did }, other] = [drawMember(scene, chance), drawMember(scene, chance)]
      const taken = scene.history.member(other.did).codes[0]?.code
      if (taken === undefined) return
      const fresh = `localhost-collision-${(tries += 1)}`
      const codes = [fresh, taken].map((code) => ({ code, forAccount: did, available: 1 }))
      const outcome = await scene.store.insertGifted(codes, HOST, Date.now())
      scene.history.look()
      if (outcome !== 'collision' || scene.history.code(fresh) !== undefined)
        throw new Violation('a part of what collided was committed', { codes, outcome })
      count(scene, 'collisions')
    },
  }
}
