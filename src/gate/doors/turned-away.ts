import type { TurnedAway } from './sign-up.ts'

/** How somebody is turned away at a door, before it is put in the door's own shape. */
export interface Words {
  readonly status: number
  readonly message: string
  /** Seconds after which trying again may help. */
  readonly retryAfter?: number | undefined
}

const FIXED: Readonly<Record<Exclude<TurnedAway['why'], 'paused' | 'guessing' | 'too many'>, Words>> = {
  'in progress': {
    status: 503,
    message: 'Your sign-up is still being finished; wait, then try signing in.',
    retryAfter: 10,
  },
  'codes moving': {
    status: 503,
    message: 'Invite codes are just being moved on this server. Yours is still good: try again in a moment.',
    retryAfter: 5,
  },
  'doors closed': {
    status: 503,
    message: 'Signing up is not possible right now. Please try again later.',
    retryAfter: 30,
  },
  'not done': {
    status: 502,
    message: 'The server did not answer, and no account was made. Your invite code is still good: try again.',
    retryAfter: 5,
  },
  'may exist': {
    status: 502,
    message:
      'The server did not answer in time. Your account may exist already: try signing in before you try again.',
    retryAfter: 30,
  },
}

const PAUSED = 'Sign-ups are paused at the moment. Please come back later.'
const GUESSING =
  'Too many invite codes that are not good came from your network. Please wait, then try again.'
const TOO_MANY = 'Too many people signed up from your network just now. Please wait, then try again.'

/** What people are told; the same at both doors. */
export function words(turnedAway: TurnedAway): Words {
  if (turnedAway.why === 'paused') return { status: 400, message: turnedAway.message ?? PAUSED }
  if (turnedAway.why !== 'guessing' && turnedAway.why !== 'too many') return FIXED[turnedAway.why]
  const message = turnedAway.why === 'guessing' ? GUESSING : TOO_MANY
  return { status: 429, message, retryAfter: turnedAway.retryAfter }
}

/** The error names that the PDS uses on XRPC for these statuses. */
export const XRPC_ERRORS: Readonly<Record<number, string>> = {
  400: 'InvalidRequest',
  429: 'RateLimitExceeded',
  502: 'UpstreamFailure',
  503: 'ServiceUnavailable',
}

/** The error names of OAuth (RFC 6749 section 5.2 and 4.1.2.1) for them. */
export const OAUTH_ERRORS: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  413: 'invalid_request',
  415: 'invalid_request',
  429: 'slow_down',
  502: 'server_error',
  503: 'temporarily_unavailable',
}
