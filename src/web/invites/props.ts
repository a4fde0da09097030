import type { app } from '../../lexicons/index.ts'
import type { SignInProblem } from '../sign-in/problems.ts'

export type Invites = app.latchkey.getInvites.$OutputBody
export type OwnCode = app.latchkey.defs.Code
export type Person = app.latchkey.defs.Person

/** The page of a member's invites. */
export interface InvitesProps {
  readonly member: { readonly did: string; readonly handle: string | null }
  readonly invites: Invites
  /** The address of the pages, without a slash at its end: links to invites begin with it. */
  readonly web: string
  /** Where the people who run the host can be written to; null where they say nothing of it. */
  readonly contact: string | null
  /** Whether the console is open to the member. */
  readonly isOperator: boolean
  /** Goes along with everything that changes something. */
  readonly csrf: string
}

/** The page of invites for whoever is not signed in. */
export interface SignInProps {
  /** Why they are not, where they tried. */
  readonly problem: SignInProblem | null
}
