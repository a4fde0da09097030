import type { Duration, Instant, Policy } from '../../../src/invites/types.ts'
import {
  type Batch,
  type Code,
  type Flags,
  isExpired,
  isStandingAside,
  left,
  type Member,
  type SignUp,
} from './things.ts'

const DAY: Duration = 86_400_000

/**
 * What Latchkey promises of invitations, in memory and as plainly as it can be said: every question is answered by looking
 * at everything there is.
 */
export class Invitations {
  now: Instant
  policy: Policy
  isEarning: boolean
  readonly members: readonly Member[]
  readonly codes: Code[] = []
  readonly signUps: SignUp[] = []
  /** Those that can still be undone. */
  readonly batches = new Set<Batch>()
  /** Numbers whatever needs a name. */
  counted = 0

  constructor(start: {
    now: Instant
    policy: Policy
    isEarning: boolean
    births: Readonly<Record<string, Instant>>
  }) {
    this.now = start.now
    this.policy = start.policy
    this.isEarning = start.isEarning
    this.members = Object.entries(start.births).map(([did, bornAt]) => ({
      did,
      bornAt,
      knownBirth: null,
      status: 'active',
      isHeardOf: false,
      isBarred: false,
      barredBy: null,
    }))
  }

  /** What a member is shown, in no order. With `createAvailable` what was earned is made first. */
  look(member: Member, { includeUsed, createAvailable }: Flags): readonly Code[] {
    if (createAvailable) this.earn(member)
    return this.codes.filter(
      (code) =>
        code.owner === member &&
        code.disabledAt === null &&
        !isExpired(code, this.now) &&
        (includeUsed || code.uses.length < code.available),
    )
  }

  /** A code for a member: a gifted one with one use, made now, unless told otherwise. */
  make(
    owner: Member,
    change: Partial<Pick<Code, 'name' | 'isRoutine' | 'available' | 'expiresAt' | 'firstMadeAt'>>,
  ): Code {
    const code: Code = {
      name: '',
      owner,
      isRoutine: false,
      madeAt: this.now,
      available: 1,
      expiresAt: null,
      firstMadeAt: null,
      uses: [],
      held: 0,
      disabledAt: null,
      disabledBy: null,
      enabledBy: null,
      switchedOffAt: null,
      ...change,
    }
    this.codes.push(code)
    return code
  }

  /** Makes what the member has earned by now. */
  earn(member: Member): void {
    const { interval, epoch, cap } = this.policy
    if (member.isBarred || !this.isEarning || interval === null) return
    const birth = (member.knownBirth ??= member.bornAt)
    let earned = 0
    for (let mark = birth + interval; mark <= this.now; mark += interval) if (mark > epoch) earned += 1
    const routine = this.codes.filter((code) => code.owner === member && code.isRoutine)
    const made = routine.filter((code) => !isStandingAside(code) && (code.firstMadeAt ?? code.madeAt) > epoch)
    const room = cap - routine.filter((code) => this.isOpen(code)).length
    const count = Math.min(room, earned - made.length)
    for (let number = 0; number < count; number++) this.make(member, { isRoutine: true })
  }

  isOpen(code: Code): boolean {
    return code.disabledAt === null && !isExpired(code, this.now) && code.uses.length < code.available
  }

  /** Whether somebody can come in with it. */
  isGood(code: Code): boolean {
    return this.isOpen(code) && left(code) > 0 && code.owner.status === 'active'
  }

  /** Instants to come at which time alone may change something, the next one first. */
  boundaries(): readonly Instant[] {
    const { interval, epoch } = this.policy
    const marks = this.members.flatMap(({ bornAt }) =>
      interval === null ? [] : [bornAt + (Math.floor((this.now - bornAt) / interval) + 1) * interval],
    )
    return [epoch, ...marks, ...this.codes.flatMap(({ expiresAt }) => expiresAt ?? [])]
      .filter((instant) => instant > this.now)
      .toSorted((one, other) => one - other)
  }

  /** @returns what comes in its place, still without its name */
  switchOff(code: Code): Code | null {
    const others = this.codes.filter((other) => other !== code && other.owner === code.owner)
    const openRoutine = others.filter((other) => other.isRoutine && this.isOpen(other))
    const replacedGifts = others.filter(
      (other) => !other.isRoutine && other.firstMadeAt !== null && other.madeAt > this.now - DAY,
    )
    const isReplaced = code.isRoutine
      ? left(code) === code.available && openRoutine.length < this.policy.cap
      : replacedGifts.length < 3
    code.disabledAt = this.now
    code.disabledBy = null
    code.switchedOffAt = this.now
    if (code.owner.isBarred || left(code) === 0 || !isReplaced) return null
    const { owner, isRoutine, expiresAt, madeAt } = code
    const firstMadeAt = code.firstMadeAt ?? madeAt
    return this.make(owner, { isRoutine, expiresAt, firstMadeAt, available: left(code) })
  }

  /** So many codes a member can still switch off today. */
  switchesLeft(member: Member): number {
    const today = this.codes.filter(
      ({ owner, switchedOffAt }) =>
        owner === member && switchedOffAt !== null && switchedOffAt > this.now - DAY,
    )
    return 20 - today.length
  }

  /** Those of a member's codes that go out of use, or come back, when nobody names them. */
  switchable(member: Member, disabled: boolean): readonly Code[] {
    const own = this.codes.filter(({ owner }) => owner === member)
    if (disabled) return own.filter((code) => this.isOpen(code))
    return own.filter(
      (code) =>
        code.disabledAt !== null &&
        code.uses.length < code.available &&
        code.switchedOffAt !== code.disabledAt &&
        code.disabledBy?.isReplacing !== true,
    )
  }

  /** Records what an operator does to codes and members, and does it. */
  batch(
    id: string,
    {
      made = [],
      disabled = [],
      enabled = [],
      switched = [],
      isReplacing = false,
    }: {
      made?: readonly Code[]
      disabled?: readonly Code[]
      enabled?: readonly Code[]
      /** Members who are barred now if they were not, and the other way round. */
      switched?: readonly Member[]
      isReplacing?: boolean
    },
  ): void {
    const batch: Batch = {
      id,
      isReplacing,
      made,
      switched: [...disabled, ...enabled].map((code) => ({ code, before: { ...code } })),
      barred: switched.map((member) => ({ member, before: { ...member } })),
    }
    for (const code of disabled) Object.assign(code, { disabledAt: this.now, disabledBy: batch })
    for (const code of enabled) Object.assign(code, { disabledAt: null, disabledBy: null, enabledBy: batch })
    for (const member of switched) Object.assign(member, { isBarred: !member.isBarred, barredBy: batch })
    this.batches.add(batch)
  }

  undo(batch: Batch): { readonly restored: number; readonly changedSince: number } {
    this.batches.delete(batch)
    const gone = batch.made.filter(
      ({ disabledAt, uses, held }) => disabledAt === null && uses.length + held === 0,
    )
    for (const code of gone) Object.assign(code, { disabledAt: this.now, disabledBy: batch })
    const back = batch.switched.filter(({ code, before }) =>
      before.disabledAt === null
        ? code.disabledBy === batch
        : code.disabledAt === null && code.enabledBy === batch,
    )
    // Never are a code and the one that replaced it good.
    const switchedBack = batch.isReplacing && gone.length === 0 ? [] : back
    for (const { code, before } of switchedBack) {
      const { disabledAt, disabledBy, enabledBy } = before
      Object.assign(code, { disabledAt, disabledBy, enabledBy })
    }
    const unbarred = batch.barred.filter(
      ({ member, before }) =>
        member.barredBy === batch && member.isBarred !== before.isBarred && member.status !== 'deleted',
    )
    for (const { member, before } of unbarred)
      Object.assign(member, { isBarred: before.isBarred, barredBy: before.barredBy })
    const restored = gone.length + switchedBack.length + unbarred.length
    const all = batch.made.length + batch.switched.length + batch.barred.length
    return { restored, changedSince: all - restored }
  }
}
