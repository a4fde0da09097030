/** The parameter that tells the page why somebody is not signed in. */
export const PROBLEM = 'problem'

/**
 * Why somebody is not signed in; the page makes a sentence of it.
 *
 * - `denied`: pressed "Deny" or "Cancel" at the PDS
 * - `again`: the answer is too old, came twice, or belongs to another browser; or the form was not one of ours
 * - `failed`: the PDS did not vouch for anybody
 * - `stranger`: no account of this host
 * - `inactive`: the account is deactivated, suspended or taken down
 * - `unavailable`: the PDS or the database can't be reached just now
 * - `wait`: too many attempts from this address
 * - `password`: the admin password is another
 */
export const SIGN_IN_PROBLEMS = [
  'denied',
  'again',
  'failed',
  'stranger',
  'inactive',
  'unavailable',
  'wait',
  'password',
] as const

export type SignInProblem = (typeof SIGN_IN_PROBLEMS)[number]

/** Where one comes to by signing in: the member's page, and the console. The value of a form's field `to`. */
export const DESTINATIONS = { invites: '/invites', admin: '/admin' } as const

export type Destination = keyof typeof DESTINATIONS

/** The member's page where nothing, or something unknown, was asked for. */
export function asDestination(given: string | null): Destination {
  return given === 'admin' ? 'admin' : 'invites'
}
