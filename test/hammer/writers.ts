import { setTimeout as sleep } from 'node:timers/promises'
import { app, com } from '../../src/lexicons/index.ts'
import type { Chance } from '../chaos/chance.ts'
import { DOORS, signUp, somebody } from '../chaos/people.ts'
import type { CodeState } from './history.ts'
import { REFUSED } from './journal.ts'
import {
  type Actor,
  count,
  type Done,
  drawMember,
  type Member,
  operate,
  promise,
  type Scene,
  tellTakedown,
} from './scene.ts'
import { Violation } from './violation.ts'

const { admin } = app.latchkey

/** The latest that the firehose may bring a takedown, in milliseconds. */
const FIREHOSE_PATIENCE = 10_000

/**
 * Everybody who changes something over HTTP. Whoever hears that it is done looks at once whether it is committed: an
 * answer that leaves before the COMMIT is found here.
 */
export function writersOf(scene: Scene): readonly Actor[] {
  const batches: { readonly id: string; readonly codes: readonly string[] }[] = []
  let refused = 0

  /** Some batches are made to fail halfway. */
  function drawNote({ odds, pick }: Chance): string {
    const kind = pick(['ABORT', 'ABORT', 'ROLLBACK'])
    return odds(0.2) ? `${REFUSED} ${kind} ${(refused += 1)}` : 'the hammer'
  }

  const drawProcess = ({ whole }: Chance) => whole(0, 1)

  return [
    {
      name: 'gifts',
      pause: [20, 150],
      step: async (chance) => {
        const process = drawProcess(chance)
        const gifts = Array.from({ length: chance.whole(1, 5) }, () => ({
          owners: Array.from({ length: chance.whole(1, 3) }, () => drawMember(scene, chance).did),
          useCount: chance.whole(1, 3),
          note: drawNote(chance),
        }))
        // At once, so that they may meet in one transaction, and with some that fail.
        await Promise.all(gifts.map((gift) => give(scene, gift, process)))
      },
    },
    {
      name: 'batches',
      pause: [50, 200],
      step: async (chance) => {
        const owner = drawMember(scene, chance).did
        const [process, undo, everybody] = [drawProcess(chance), chance.odds(0.3), chance.odds(0.15)]
        const [lasts, uses, size] = [chance.whole(200, 3000), chance.whole(1, 2), chance.whole(2, 4)]
        const note = drawNote(chance)
        if (undo && batches.length > 0) {
          await undoOldest(scene, batches, process)
          return
        }
        const expiresAt = new Date(Date.now() + lasts).toISOString()
        const done = everybody
          ? await operate(scene, admin.giveCodes.$nsid, { count: 1, uses, note, expiresAt }, { process })
          : await operate(
              scene,
              admin.createCodes.$nsid,
              { count: size, uses, note, owner, expiresAt },
              { process },
            )
        if (done === undefined) return
        if (note.startsWith(REFUSED)) throw new Violation('what failed was answered as done', { note, done })
        const { batch, codes } = done.body as { batch?: string; codes: number | string[] }
        const made = Array.isArray(codes) ? codes : []
        requireMade(scene, done, made)
        if (batch !== undefined) batches.push({ id: batch, codes: made })
      },
    },
    {
      name: 'disabling',
      pause: [30, 150],
      step: async (chance) => {
        const [member, process] = [drawMember(scene, chance), drawProcess(chance)]
        const picks = [chance.whole(0, 10_000), chance.whole(0, 10_000)]
        const [wholesale, batch, disabled] = [chance.odds(0.15), chance.odds(0.6), chance.odds(0.6)]
        const note = drawNote(chance)
        const owned = scene.history.member(member.did).codes
        const codes = wholesale ? [] : [...new Set(picks.flatMap((at) => owned.at(-1 - (at % 20)) ?? []))]
        const names = codes.map(({ code }) => code)
        const owners = wholesale ? [member.did] : []
        if (batch) {
          const input = { codes: names, owners, disabled, note }
          const done = await operate(scene, admin.setCodesDisabled.$nsid, input, { process })
          if (done === undefined) return
          if (note.startsWith(REFUSED) && done.body['codes'] !== 0)
            throw new Violation('what failed was answered as done', { note, done })
          requireBecame(scene, done, names, ({ disabledAt }) => (disabledAt !== null) === disabled)
          const id = done.body['batch']
          if (typeof id === 'string') batches.push({ id, codes: [] })
          return
        }
        const input = { codes: names, accounts: owners }
        const done = await operate(scene, com.atproto.admin.disableInviteCodes.$nsid, input, { process })
        if (done === undefined) return
        const all = wholesale ? codesAt(scene, member, done.lower) : names
        requireBecame(scene, done, all, ({ disabledAt }) => disabledAt !== null)
      },
    },
    {
      name: 'invites',
      pause: [100, 400],
      step: async (chance) => {
        const [{ did }, process, disabled] = [
          drawMember(scene, chance),
          drawProcess(chance),
          chance.odds(0.4),
        ]
        const { disableAccountInvites, enableAccountInvites } = com.atproto.admin
        const { $nsid } = disabled ? disableAccountInvites : enableAccountInvites
        const done = await operate(scene, $nsid, { account: did }, { process })
        if (done === undefined) return
        const states = scene.history.memberBetween(did, done.lower, done.upper)
        const became = states.some(({ account }) => (account?.invitesDisabled === 1) === disabled)
        promise(became, $nsid, { did, states })
      },
    },
    {
      name: 'policy',
      pause: [300, 1500],
      step: async (chance) => {
        const [interval, cap] = [chance.pick([undefined, 150, 400, 1000]), chance.pick([2, 4, 8])]
        const [epoch, process] = [scene.since + chance.pick([0, 0, 2000]), drawProcess(chance)]
        const policy = { epoch: new Date(epoch).toISOString(), cap, ...(interval && { interval }) }
        const done = await operate(scene, admin.setPolicy.$nsid, { policy }, { process })
        if (done === undefined) return
        const policies = scene.history.policyBetween(done.lower, done.upper)
        const became = policies.some((row) => row.cap === cap && row.interval === (interval ?? null))
        promise(became, 'a policy', { policy, policies })
      },
    },
    {
      name: 'switching off',
      pause: [200, 600],
      step: async (chance) => {
        const [member, process, at] = [
          drawMember(scene, chance),
          drawProcess(chance),
          chance.whole(0, 10_000),
        ]
        const open = scene.history.member(member.did).codes.filter(({ disabledAt }) => disabledAt === null)
        const code = open[at % open.length]?.code
        if (code === undefined) return
        const from = { process, authorization: member.authorization }
        const done = await operate(scene, app.latchkey.switchOffCode.$nsid, { code }, from)
        if (done === undefined) return
        requireBecame(scene, done, [code], ({ disabledAt }) => disabledAt !== null)
        const { replacement } = done.body
        if (typeof replacement === 'string') requireMade(scene, done, [replacement])
      },
    },
    {
      name: 'signing up',
      pause: [100, 400],
      step: async (chance) => {
        const [{ did }, door, at] = [drawMember(scene, chance), chance.pick(DOORS), chance.whole(0, 10_000)]
        const good = scene.history.member(did).codes.filter(isGood)
        const code = good[at % good.length]?.code
        if (code === undefined) return
        const heard = await signUp(scene.world.url, somebody(door, code))
        count(scene, `sign-up ${heard?.status}`)
        const arrived = heard?.body['did']
        if (heard?.status !== 200 || typeof arrived !== 'string') return
        scene.history.look()
        const { uses = [] } = scene.history.code(code) ?? {}
        promise(
          uses.some(({ usedBy }) => usedBy === arrived),
          'a sign-up',
          { code, arrived, uses },
        )
      },
    },
    {
      name: 'takedowns',
      pause: [100, 800],
      step: async (chance) => {
        const [member, lasts] = [drawMember(scene, chance), chance.whole(50, 600)]
        await setTakedown(scene, member, true)
        await sleep(lasts)
        await setTakedown(scene, member, false)
        count(scene, 'takedowns')
      },
    },
  ]
}

function isGood({ disabledAt, expiresAt, uses, reserved, available }: CodeState): boolean {
  if (disabledAt !== null || (expiresAt !== null && expiresAt < Date.now() + 300)) return false
  return uses.length + reserved < available
}

/** Makes codes by the standard methods, or by a batch that fails. */
async function give(
  scene: Scene,
  { owners, useCount, note }: { owners: readonly string[]; useCount: number; note: string },
  process: number,
): Promise<void> {
  const [owner, ...others] = owners
  if (note.startsWith(REFUSED)) {
    const input = { count: 2, uses: useCount, note, owner }
    const done = await operate(scene, admin.createCodes.$nsid, input, { process })
    if (done !== undefined) throw new Violation('what failed was answered as done', { note, done })
    return
  }
  const { createInviteCode, createInviteCodes } = com.atproto.server
  const [nsid, input] =
    others.length === 0
      ? [createInviteCode.$nsid, { useCount, forAccount: owner }]
      : [createInviteCodes.$nsid, { useCount, codeCount: 1, forAccounts: owners }]
  const done = await operate(scene, nsid, input, { process })
  if (done === undefined) return
  const made = done.body as { code?: string; codes?: { codes: string[] }[] }
  requireMade(scene, done, made.codes?.flatMap(({ codes }) => codes) ?? [made.code ?? ''])
}

async function undoOldest(
  scene: Scene,
  batches: { readonly id: string; readonly codes: readonly string[] }[],
  process: number,
): Promise<void> {
  const { id, codes } = batches.shift() ?? { id: '', codes: [] }
  const done = await operate(scene, admin.undoBatch.$nsid, { batch: id }, { process })
  if (done === undefined || codes.length === 0) return
  const ended = codes.filter((code) => became(scene, done, code, ({ disabledAt }) => disabledAt !== null))
  const { restored } = done.body as { restored: number }
  promise(ended.length >= restored, 'an undoing', { batch: id, codes, ended, restored })
}

/** @throws {Violation} when a code that was answered is not committed */
function requireMade({ history }: Scene, done: Done, codes: readonly string[]): void {
  const missing = codes.filter((code) => history.codeBetween(code, done.lower, done.upper).length === 0)
  promise(missing.length === 0, 'codes', { missing, done })
}

function became(
  { history }: Scene,
  { lower, upper }: Done,
  code: string,
  is: (state: CodeState) => boolean,
): boolean {
  return history.codeBetween(code, lower, upper).some(is)
}

/** @throws {Violation} when a code is not, and was not since the request began, what was answered */
function requireBecame(
  scene: Scene,
  done: Done,
  codes: readonly string[],
  is: (state: CodeState) => boolean,
): void {
  const others = codes.filter((code) => !became(scene, done, code, is))
  promise(others.length === 0, 'codes changed', { others, done })
}

function codesAt({ history }: Scene, { did }: Member, seq: number): readonly string[] {
  return history.memberBetween(did, seq, seq).flatMap(({ codes }) => codes.map(({ code }) => code))
}

/** Takes a member down, or undoes that, and waits until Latchkey has heard of it. @throws {Violation} when it takes too long */
async function setTakedown(scene: Scene, member: Member, down: boolean): Promise<void> {
  const { history } = scene
  const deadline = performance.now() + FIREHOSE_PATIENCE
  turn(member, 'perhaps')
  await tellTakedown(scene, member, down)
  const isKnown = () => {
    history.look()
    return history.member(member.did).account?.status === (down ? 'takendown' : 'active')
  }
  while (!isKnown()) {
    if (performance.now() > deadline)
      throw new Violation('the PDS told of a takedown, and Latchkey has not heard', { member, down })
    await sleep(5)
  }
  turn(member, down)
}

function turn(member: Member, isDown: Member['isDown']): void {
  member.isDown = isDown
  member.turns += 1
}
