import { expect, vi } from 'vitest'
import type { Duration, Instant } from '../../src/invites/types.ts'
import type { com } from '../../src/lexicons/index.ts'
import type { SampleAccount, Side } from './sides.ts'
import { type Action, LOOK, type Timeline } from './timelines.ts'

type InviteCode = com.atproto.server.defs.InviteCode

/** The reference and the server that has to do the same. */
export interface BothSides {
  readonly pds: Side
  readonly latchkey: Side
}

/** Does the same on both. */
export function onBoth<T>({ pds, latchkey }: BothSides, act: (side: Side) => Promise<T>): Promise<[T, T]> {
  return Promise.all([act(pds), act(latchkey)])
}

/** Sets the clock of both servers, which stands still until it is set again. Sockets and timers go on. */
export function setClock(now: Instant): void {
  vi.useFakeTimers({ toFake: ['Date'], now })
}

/** A member's life on both servers, compared as it goes. */
export class Life {
  readonly #sides: BothSides
  readonly #account: SampleAccount
  readonly #birth: Instant
  /** What each showed last. */
  readonly #shown = new Map<Side, readonly InviteCode[]>()

  constructor(sides: BothSides, account: SampleAccount, birth: Instant) {
    this.#sides = sides
    this.#account = account
    this.#birth = birth
  }

  /** Leads what is left of a life after its beginning. */
  async follow({ steps, barred, interval }: Pick<Timeline, 'steps' | 'barred' | 'interval'>): Promise<void> {
    for (const { at, ...action } of steps) {
      this.goTo(at)
      await this.act(action)
    }
    await this.#compare((side) => side.allCodes(this.#account))
    if (!barred) return
    await onBoth(this.#sides, (side) => side.setInvitesDisabled(this.#account, true))
    this.goTo((steps.at(-1)?.at ?? 0) + 3 * interval)
    await this.look()
    await this.look()
  }

  /** @param age by the clock of both servers */
  goTo(age: Duration): void {
    setClock(this.#birth + age)
  }

  /** Calls the method on both and compares. @returns how many codes each showed */
  look(params: { includeUsed: boolean; createAvailable: boolean } = LOOK): Promise<number> {
    return this.#compare((side) => side.look(this.#account, params))
  }

  /** Does one thing on both, and compares what they show then. */
  async act(action: Action): Promise<void> {
    if (action.what === 'look') {
      await this.look(action)
      return
    }
    await onBoth(this.#sides, (side) => this.#change(side, action))
    await this.look({ includeUsed: true, createAvailable: false })
  }

  async #change(side: Side, action: Exclude<Action, { what: 'look' }>): Promise<void> {
    switch (action.what) {
      case 'gift':
        await side.gift(this.#account, action.uses)
        break
      case 'disable all':
        await side.disable({ accounts: [this.#account.did] })
        break
      case 'policy':
        await side.setPolicy({
          interval: action.interval,
          epoch: action.epoch === 'now' ? Date.now() : this.#birth + action.epoch,
        })
        break
      case 'pause':
        await this.#pause(side)
        break
      case 'use':
        await this.withOpenCode(side, action.which, (code) => side.use(code))
        break
      case 'disable':
        await this.withOpenCode(side, action.which, (code) => side.disable({ codes: [code] }))
        break
    }
  }

  async #pause(side: Side): Promise<void> {
    await side.setInvitesDisabled(this.#account, true)
    await side.look(this.#account, { includeUsed: true, createAvailable: false })
    await side.setInvitesDisabled(this.#account, false)
  }

  /** Picks a code with uses left of those last shown, by its looks and so the same on both; none where there is none. */
  async withOpenCode(side: Side, which: number, act: (code: string) => Promise<void>): Promise<void> {
    const open = (this.#shown.get(side) ?? []).filter(({ uses, available }) => uses.length < available)
    const picked = open[which % open.length]
    if (picked !== undefined) await act(picked.code)
  }

  async #compare(ask: (side: Side) => Promise<readonly InviteCode[]>): Promise<number> {
    const { pds, latchkey } = this.#sides
    const [fromPds, fromLatchkey] = (await onBoth(this.#sides, ask)).map((codes) => inOrder(codes))
    if (fromPds === undefined || fromLatchkey === undefined) throw new Error('one side gave nothing')
    expect(fromLatchkey.map(looks), 'Latchkey, compared to the PDS').toEqual(fromPds.map(looks))
    this.#shown.set(pds, fromPds).set(latchkey, fromLatchkey)
    return fromLatchkey.length
  }
}

/** What both have to agree on: all but the random code, and who came, since nobody can use a code on both. */
function looks({ createdBy, createdAt, available, disabled, uses }: InviteCode): string {
  const usedAt = uses.map((use) => use.usedAt)
  return JSON.stringify({ createdAt, createdBy, available, disabled, usedAt })
}

/** The PDS leaves the order open. */
function inOrder(codes: readonly InviteCode[]): readonly InviteCode[] {
  return codes.toSorted((one, other) => (looks(one) < looks(other) ? -1 : 1))
}
