import type { Role } from '../../auth/callers.ts'
import type { SignInProblem } from '../sign-in/problems.ts'

/** The views of the console, each under an address of its own: `/admin` for the first, `/admin/<view>` for the others. */
export const VIEWS = ['overview', 'codes', 'accounts', 'tree', 'policy', 'log'] as const

export type View = (typeof VIEWS)[number]

/** The console of an operator. Its views get their data from `app.latchkey.admin.*`. */
export interface ConsoleProps {
  readonly view: View
  readonly operator: { readonly actor: string; readonly handle: string | null; readonly role: Role }
  /** The address of the pages, without a slash at its end. */
  readonly web: string
  /** Goes along with everything that changes something. */
  readonly csrf: string
}

/** The console for whoever is not signed in as an operator. */
export interface ConsoleSignInProps {
  readonly problem: SignInProblem | null
  /** Who is signed in and is no operator; null for nobody. */
  readonly stranger: { readonly handle: string | null; readonly csrf: string } | null
}
