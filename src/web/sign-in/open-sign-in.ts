import { OAuthSignIn, type OAuthSignInPorts } from '../../auth/oauth-sign-in.ts'
import { webCookies } from '../../auth/web-cookies.ts'
import { WebSessions } from '../../auth/web-sessions.ts'
import type { WebStore } from '../../invites/web.ts'
import type { WebRoute } from '../routing.ts'
import { signInRoutes } from './routes.ts'
import { SignIn, type SignInPorts } from './sign-in.ts'

/** How often an address may set out for the PDS; each time costs a request there and a row here. */
export const STARTS = { times: 60, window: 10 * 60_000 } as const

/** How often an address may be wrong about the admin password. */
export const PASSWORD_GUESSES = { times: 5, window: 15 * 60_000 } as const

type Ports = Omit<OAuthSignInPorts, 'store'> &
  Omit<SignInPorts, 'oauth' | 'sessions' | 'cookies' | 'statusOf' | 'store'> & {
    readonly store: WebStore & SignInPorts['store']
  }

/** What the other pages need of signing in. */
export interface OpenedSignIn {
  /** Tells who looks at a page. */
  readonly sessions: WebSessions
  readonly routes: readonly WebRoute[]
}

/** Puts together all that signing in to the pages takes. */
export function openSignIn(ports: Ports): OpenedSignIn {
  const { store, pds, webUrl, now, random } = ports
  const cookies = webCookies(webUrl)
  const sessions = new WebSessions({ store, cookies, now, random })
  const oauth = new OAuthSignIn(ports)
  const signIn = new SignIn({ ...ports, oauth, sessions, cookies, statusOf: (did) => pds.statusOf(did) })
  return { sessions, routes: signInRoutes({ signIn, oauth, webUrl }) }
}
