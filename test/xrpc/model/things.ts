import type { AccountStatus, Instant } from '../../../src/invites/types.ts'

/** A code of the model. Unlike in the store, objects point at each other, and nothing is counted that can be seen. */
export interface Code {
  /** Empty until it is known what chance made of it. */
  name: string
  readonly owner: Member
  readonly isRoutine: boolean
  readonly madeAt: Instant
  readonly available: number
  readonly expiresAt: Instant | null
  readonly firstMadeAt: Instant | null
  uses: readonly Use[]
  held: number
  disabledAt: Instant | null
  disabledBy: Batch | null
  enabledBy: Batch | null
  switchedOffAt: Instant | null
}

export interface Use {
  readonly by: string
  readonly at: Instant
}

export interface Member {
  readonly did: string
  /** As the PDS has it. */
  bornAt: Instant
  /** As it was fetched; null until then, and when the account may have arrived anew. */
  knownBirth: Instant | null
  status: AccountStatus
  /** Whether the PDS has told of the account by itself. */
  isHeardOf: boolean
  isBarred: boolean
  barredBy: Batch | null
}

/** What an operator did, and how what it reached was before. */
export interface Batch {
  readonly id: string
  readonly isReplacing: boolean
  readonly made: readonly Code[]
  readonly switched: readonly {
    readonly code: Code
    readonly before: Pick<Code, 'disabledAt' | 'disabledBy' | 'enabledBy'>
  }[]
  readonly barred: readonly {
    readonly member: Member
    readonly before: Pick<Member, 'isBarred' | 'barredBy'>
  }[]
}

/** Somebody who is signing up, or has. */
export interface SignUp {
  readonly id: string
  readonly code: Code
  state: 'held' | 'done' | 'over'
  /** Who came. */
  use: Use | null
}

export interface Flags {
  readonly includeUsed: boolean
  readonly createAvailable: boolean
}

/** Uses that are neither spent nor held. */
export function left({ available, uses, held }: Code): number {
  return available - uses.length - held
}

/** Switched off by its owner while nobody had used it: not counted against what was earned. */
export function isStandingAside({ switchedOffAt, disabledAt, uses, held }: Code): boolean {
  return switchedOffAt !== null && switchedOffAt === disabledAt && uses.length + held === 0
}

/** From the very instant on. */
export function isExpired({ expiresAt }: Code, now: Instant): boolean {
  return expiresAt !== null && now >= expiresAt
}
