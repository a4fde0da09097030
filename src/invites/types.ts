/** An instant in integer milliseconds since the Unix epoch, UTC. ISO strings exist only at the edge. */
export type Instant = number

/** A length of time in integer milliseconds. */
export type Duration = number

/** The owner or creator that stands for the operator instead of a DID. */
export const ADMIN = 'admin'

/** A code that lets its holder sign up, and what Latchkey knows of it. */
export interface InviteCode {
  readonly code: string
  /** The host whose door it opens. */
  readonly host: string
  /** The DID that owns it, or `admin`. */
  readonly forAccount: string
  /** `admin` for a gifted code, the owner's DID for a routine one. */
  readonly createdBy: string
  /** The number of a routine code among its owner's routine codes, from 1; null for a gifted code. */
  readonly ordinal: number | null
  readonly createdAt: Instant
  /** The number of uses it was created with, not what is left. */
  readonly available: number
  /** Finished sign-ups. */
  readonly used: number
  /** Sign-ups in progress that each hold one use. */
  readonly reserved: number
  readonly disabledAt: Instant | null
  readonly expiresAt: Instant | null
  /** The handle or the DID that alone may redeem it; null for anybody. */
  readonly restrictedTo: string | null
  /** Where a code stands that the PDS made; null for one that was made here. */
  readonly upstream: UpstreamStanding | null
  /** When its owner switched it off. That holds while it equals `disabledAt`: what operators do comes after it. */
  readonly switchedOffAt: Instant | null
  /** When the first of the codes was made in whose place it came; null for one that replaces none. */
  readonly firstMadeAt: Instant | null
}

/**
 * Of a code that the PDS made: `theirs` while the PDS redeems it, `closing` while it is being disabled there, `ours` once
 * that is done and Latchkey redeems it.
 */
export type UpstreamStanding = 'theirs' | 'closing' | 'ours'

/** A finished sign-up. */
export interface InviteUse {
  readonly usedBy: string
  readonly usedAt: Instant
}

/** A code with its uses, newest first. */
export interface InviteCodeWithUses extends InviteCode {
  readonly uses: readonly InviteUse[]
}

export type AccountStatus = 'active' | 'deactivated' | 'takendown' | 'suspended' | 'deleted'

/** A DID on a host. */
export interface Account {
  readonly did: string
  readonly host: string
  readonly handle: string | null
  /** When it was created on, or arrived at, its host, by the PDS's clock; null until that was fetched. */
  readonly createdAt: Instant | null
  readonly status: AccountStatus
  readonly invitesDisabled: boolean
  /** Why its invites were disabled or enabled, for administrators only. */
  readonly inviteNote: string | null
  /** The newest code it signed up with. */
  readonly invitedByCode: string | null
  /** Grows with every change of what `getAccountInviteCodes` would answer. */
  readonly version: number
}

/** An account, as others may know it. */
export interface Person {
  readonly did: string
  /** Null when it is not known, or the account is deleted. */
  readonly handle: string | null
  readonly status: AccountStatus
}

/** How members of a host earn codes. */
export interface Policy {
  /** Members earn one code per interval; null when nobody earns. */
  readonly interval: Duration | null
  /** Only intervals after it count; 0 for all of an account's life. */
  readonly epoch: Instant
  /** The most open routine codes a member can hold and still be given another. */
  readonly cap: number
}

/** A host as the database knows it. */
export interface Host {
  readonly hostname: string
  readonly did: string
  /**
   * Since when, by the PDS's clock, all its codes are Latchkey's: the earlier ones were taken over, or the operator starts
   * fresh. Members earn from then on, and a code that is not known here is none. Null until then.
   */
  readonly earningSince: Instant | null
  /** Random, made with the row: tells its database from others that know the same host. */
  readonly installation: string
  /** When its codes were given back to the PDS, from when on only the PDS may redeem them; null while they are not. */
  readonly ejectedAt: Instant | null
}

/** The two ways in: the XRPC method, and the form of the PDS's OAuth pages. */
export type Door = 'createAccount' | 'oauth'

export type ReservationState = 'reserved' | 'forwarded' | 'settling' | 'committed' | 'released'
