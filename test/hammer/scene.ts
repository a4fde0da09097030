import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { InviteStore } from '../../src/invites/store.ts'
import { type Chance, chanceOf } from '../chaos/chance.ts'
import { type Heard, post, signUp, somebody } from '../chaos/people.ts'
import type { ChaosWorld } from '../chaos/world.ts'
import type { History } from './history.ts'
import { Violation } from './violation.ts'

/** A member whose answers are held against the history. */
export interface Member {
  readonly did: string
  readonly authorization: string
  /**
   * Whether the account is taken down. Nobody can say so from when the PDS is told until Latchkey has heard of it: it may
   * go by what it has heard, or ask.
   */
  isDown: boolean | 'perhaps'
  /** How often that changed. */
  turns: number
}

/** Where everything happens. */
export interface Scene {
  readonly world: ChaosWorld
  readonly history: History
  /** A store of this process's own on the same database. */
  readonly store: InviteStore
  /** The first few are hot: most that happens happens to them. */
  readonly members: readonly Member[]
  /** What happened how often. */
  readonly tally: Map<string, number>
  /** When the hammering began. */
  readonly since: number
}

/** Somebody who does one thing again and again. What it draws follows from the seed alone. */
export interface Actor {
  readonly name: string
  /** Milliseconds from one step to the next, at least and at most. */
  readonly pause: readonly [number, number]
  readonly step: (chance: Chance) => Promise<void>
}

/** So many members are hot. */
const HOT = 3
const HOT_SHARE = 0.7

/** Draws whom something is done to, most often a hot one. */
export function drawMember({ members }: Scene, { odds, whole }: Chance): Member {
  const last = odds(HOT_SHARE) ? Math.min(HOT, members.length) - 1 : members.length - 1
  return members[whole(0, last)] as Member
}

/**
 * Lets everybody act, each by a chance of its own, until it is time or somebody fails.
 *
 * @param duration in milliseconds
 * @throws the first failure, when everybody has ended
 */
export async function act(actors: readonly Actor[], seed: number, duration: number): Promise<void> {
  const ending = new AbortController()
  const timer = setTimeout(() => ending.abort(), duration)
  const failures: unknown[] = []
  async function go({ step, pause: [least, most] }: Actor, index: number): Promise<void> {
    const chance = chanceOf(seed + 7919 * (index + 1))
    while (!ending.signal.aborted) {
      await step(chance)
      const pause = chance.whole(least, most)
      if (pause > 0) await sleep(pause, undefined, { signal: ending.signal }).catch(() => undefined)
    }
  }
  await Promise.all(
    actors.map((actor, index) =>
      go(actor, index).catch((error: unknown) => {
        failures.push(error)
        ending.abort()
      }),
    ),
  )
  clearTimeout(timer)
  if (failures.length > 0) throw failures[0]
}

export function count({ tally }: Pick<Scene, 'tally'>, what: string): void {
  tally.set(what, (tally.get(what) ?? 0) + 1)
}

/** Where a process of Latchkey's listens. */
export function urlOf({ world }: Scene, process: number): string {
  return `http://localhost:${world.latchkeys[process % world.latchkeys.length]?.port}`
}

/** Makes members by sending them through the door. */
export async function createMembers(world: ChaosWorld, size: number): Promise<readonly Member[]> {
  const [code = ''] = await world.gift(size)
  const members: Member[] = []
  for (let index = 0; index < size; index++) {
    const heard = await signUp(world.url, somebody('createAccount', code))
    const { did, accessJwt } = heard?.body ?? {}
    if (heard?.status !== 200) throw new Error(`nobody came in: ${JSON.stringify(heard)}`)
    const authorization = `Bearer ${String(accessJwt)}`
    members.push({ did: String(did), authorization, isDown: false, turns: 0 })
  }
  return members
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

/** Gets JSON with what a member sends. */
export function get(url: string, authorization: string): Promise<Heard> {
  return new Promise((resolve) => {
    request(url, { agent, headers: { authorization } }, (answer) => {
      let text = ''
      answer
        .setEncoding('utf8')
        .on('data', (chunk: string) => (text += chunk))
        .on('end', () => {
          const body = JSON.parse(text) as Record<string, unknown>
          resolve({ status: answer.statusCode ?? 0, body })
        })
        .on('error', () => resolve(undefined))
    })
      .on('error', () => resolve(undefined))
      .end()
  })
}

/** What a writer knows when it has heard that its work is done. */
export interface Done {
  readonly body: Record<string, unknown>
  /** The last change that was committed before it began. */
  readonly lower: number
  /** The last one when it had heard: its own is among those up to here. */
  readonly upper: number
}

/**
 * Does something by a method of Latchkey's.
 *
 * @param from.process which of Latchkey's; any number
 * @param from.authorization the operator's where left out
 * @returns undefined when it was refused; then nothing is known of it
 */
export async function operate(
  scene: Scene,
  nsid: string,
  input: object,
  from: { process: number; authorization?: string },
): Promise<Done | undefined> {
  const { history, world } = scene
  const lower = history.look()
  const authorization = from.authorization ?? world.adminAuth
  const heard = await post(`${urlOf(scene, from.process)}/xrpc/${nsid}`, input, { authorization })
  const { status = 'nothing', body = {} } = heard ?? {}
  const { error } = body
  count(scene, [nsid.split('.').at(-1), status, typeof error === 'string' ? error : ''].join(' ').trim())
  return status === 200 ? { body, lower, upper: history.look() } : undefined
}

/** @throws {Violation} when what was answered is not there */
export function promise(kept: boolean, what: string, details: Readonly<Record<string, unknown>>): void {
  if (!kept) throw new Violation(`it was answered before it was committed: ${what}`, details)
}

/** Takes an account down at the PDS, or undoes that. */
export async function tellTakedown({ world }: Scene, { did }: Member, applied: boolean): Promise<void> {
  const subject = { $type: 'com.atproto.admin.defs#repoRef', did }
  const heard = await post(
    `${world.pdsUrl}/xrpc/com.atproto.admin.updateSubjectStatus`,
    { subject, takedown: { applied, ref: 'hammer' } },
    { authorization: world.adminAuth },
  )
  if (heard?.status !== 200) throw new Error(`the PDS: ${JSON.stringify(heard)}`)
}
