import type { RandomBytes } from '../../invites/code.ts'
import type { CodeCheck, CodeVerdict, GuessLimiter } from '../../invites/giving-service.ts'
import type { Instant } from '../../invites/types.ts'
import type { Closed } from './props.ts'

/** What the invitation page works with. */
export interface JoinPorts {
  /** Tells whether a code lets somebody in, counting those that don't against the client's address. */
  readonly checkCode: (code: string, address: string) => Promise<CodeCheck>
  /** The same for whoever is no guesser, neither limited nor counted. */
  readonly lookAtCode: (code: string) => Promise<CodeVerdict>
  /** What the host offers to people who come. @returns undefined when it does not tell now, and never did */
  readonly host: () => Promise<HostOffer | undefined>
  /** Whether nobody can sign up now, and why. @returns null when they can */
  readonly closed: () => Promise<Closed | null>
  /** What an account shows of itself. @returns undefined when the host has no such account */
  readonly profile: (
    did: string,
  ) => Promise<
    | { readonly handle: string | null; readonly name: string | null; readonly avatar: object | null }
    | undefined
  >
  /** Whether an account with this handle is known to have come with a code. */
  readonly cameWith: (code: string, handle: string) => Promise<boolean>
  readonly signUp: (input: SignUpInput, visitor: Visitor) => Promise<SignUpOutcome>
  readonly isTaken: (handle: string, forwardedFor: string) => Promise<boolean>
  /** Counts questions whether a handle is taken. */
  readonly questions: GuessLimiter
  /** Where the pages are. */
  readonly webUrl: URL
  readonly now: () => Instant
  /** A cryptographic source. */
  readonly random: RandomBytes
  /** What signs what a browser keeps for the page after a sign-up. The same in every process, and after a restart. */
  readonly key: () => Promise<Uint8Array>
}

/** What the host offers to people who come. */
export interface HostOffer {
  /** What handles may end with, each with its leading dot. */
  readonly domains: readonly string[]
  readonly terms: string | null
  readonly privacy: string | null
  readonly contact: string | null
  readonly needsPhone: boolean
}

export interface SignUpInput {
  readonly handle: string
  readonly email: string
  readonly password: string
  readonly inviteCode: string
}

/** Who signs up. */
export interface Visitor {
  readonly address: string
  readonly forwardedFor: string
  readonly userAgent: string | undefined
}

/** How a sign-up went: an account, the host's refusal, or not even tried, as far as anybody knows. */
export type SignUpOutcome =
  | { readonly handle: string }
  | { readonly refused: Refused }
  | {
      readonly turnedAway: {
        readonly why: TurnedAwayWhy
        readonly message?: string | null
        readonly retryAfter?: number
      }
    }

/** What the host said, in its own names and words. */
export interface Refused {
  readonly status: number
  readonly error: string
  readonly message: string
}

type TurnedAwayWhy =
  | 'doors closed'
  | 'in progress'
  | 'codes moving'
  | 'not done'
  | 'may exist'
  | 'paused'
  | 'guessing'
  | 'too many'
