import type { ConsoleProps, ConsoleSignInProps } from './console/props.ts'
import type { InvitesProps, SignInProps } from './invites/props.ts'
import type { DoneProps, JoinProps, PendingProps, RefusedProps } from './join/props.ts'
import type { Language } from './words/language.ts'

/** What every page is told. */
export interface Frame {
  readonly language: Language
  /** The name of the host, such as `harbor.social`. */
  readonly hostname: string
  /** The public address of the PDS, without a slash at its end. */
  readonly origin: string
}

/** Every page, by the name under which it is drawn, and what it is told. JSON, since browsers may get it as well. */
export interface Pages {
  readonly join: JoinProps
  readonly joined: DoneProps
  readonly pending: PendingProps
  readonly invites: InvitesProps
  readonly console: ConsoleProps
  readonly 'console-sign-in': ConsoleSignInProps
  readonly 'sign-in': SignInProps
  readonly refused: RefusedProps
  readonly 'not-found': Nothing
  readonly broken: Nothing
}

/** What a page is told that says the same to everybody. */
export interface Nothing {
  readonly nothing?: never
}

/** Draws a page. @returns the whole document */
export type Render = <P extends keyof Pages>(page: P, props: Pages[P], frame: Frame) => string

/** Said in the place of every page where nobody has built them. */
export const TEXT_OF_NO_PAGES =
  'The pages of Latchkey are not built: run `npm run build:web` and start it again.\n'
