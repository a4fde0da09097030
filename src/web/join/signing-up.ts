import { readForm } from '../../wire/body.ts'
import { XrpcFailure } from '../../wire/failure.ts'
import type { Frame } from '../pages.ts'
import { isOwnForm, type WebAnswer, type WebRequest } from '../routing.ts'
import { joinWords } from '../words/join.ts'
import { isHandleTaken, readFilled, refusedAs, wrongIn } from './filled.ts'
import { stateOf } from './handle-state.ts'
import { invite, joinedWith, NOTHING_TYPED, retryAfterOf, type Sent } from './invite.ts'
import { forgetOldest, type Joined, joinedCookie } from './joined-cookie.ts'
import { codeOf, doneOf, linkOf } from './link.ts'
import type { JoinPorts } from './ports.ts'
import type { FormErrors, PendingProps } from './props.ts'

/** In seconds, where nobody says how long to wait. */
const A_MINUTE = 60

/** Takes the form: an account, or a page that says why there is none. */
export async function signUp(ports: JoinPorts, request: WebRequest, frame: Frame): Promise<WebAnswer> {
  const { address, forwardedFor, headers } = request
  const code = codeOf(request, frame)
  if (!isOwnForm(request, [ports.webUrl.origin, frame.origin])) return { place: linkOf(code) }
  const words = joinWords[frame.language]
  // The key is read before anything is done: an account must not be made and then not be told of.
  const [form, host, key, joined] = await Promise.all([
    readForm(request.body).catch(unread),
    ports.host(),
    ports.key(),
    joinedWith(ports, request, code),
  ])
  if (form instanceof XrpcFailure)
    return invite(ports, request, code, {
      values: NOTHING_TYPED,
      errors: { form: words.formUnread },
      status: form.status,
    })
  const filled = readFilled(form, host?.domains ?? form.getAll('domain'))
  const { values, handle, password } = filled
  // The password never comes back with the page.
  const again = (errors: FormErrors, status = 400, more: Omit<Sent, 'values' | 'errors' | 'status'> = {}) =>
    invite(ports, request, code, {
      values,
      errors: { password: words.passwordAgain, ...errors },
      status,
      ...more,
    })
  if (host === undefined) return again({ form: words.notNow }, 503, { headers: retryAfterOf(A_MINUTE) })
  const taken = (errors: FormErrors): WebAnswer | Promise<WebAnswer> =>
    // It is their own, and what they sent was sent twice.
    joined?.handle === handle
      ? { place: doneOf(code) }
      : again({ ...errors, name: words.handleTaken(handle) })
  const wrong = wrongIn(filled, (host.terms ?? host.privacy) !== null, words)
  if (Object.keys(wrong).length > 0) {
    const state = wrong.name === undefined ? await stateOf(ports, request, handle) : undefined
    return state === 'taken' ? taken(wrong) : again(wrong)
  }

  const outcome = await ports.signUp(
    { handle, email: values.email, password, inviteCode: code },
    { address, forwardedFor, userAgent: headers['user-agent'] },
  )
  const cookies = (kept: Joined) => [
    ...forgetOldest(headers.cookie, ports.webUrl),
    joinedCookie(kept, code, { ...ports, key }),
  ]
  const done = (name: string): WebAnswer => ({
    place: doneOf(code),
    cookies: cookies({ handle: name, isSure: true }),
  })
  if ('handle' in outcome) return done(outcome.handle)
  const pending = async (why: PendingProps['why'], status: number): Promise<WebAnswer> => {
    // Latchkey may have found out how it went before it answers.
    if (await ports.cameWith(code, handle).catch(() => false)) return done(handle)
    return {
      status,
      cookies: cookies({ handle, isSure: false }),
      page: 'pending',
      props: { handle, why, link: linkOf(code), done: doneOf(code) },
    }
  }
  const later = (retryAfter: number) =>
    again({ form: words.tooManyYet }, 429, { headers: retryAfterOf(retryAfter) })

  if ('turnedAway' in outcome) {
    const { why, message, retryAfter = A_MINUTE } = outcome.turnedAway
    if (why === 'guessing' || why === 'too many') return later(retryAfter)
    // The code is held or used by this very sign-up: looking at it anew would call it bad.
    if (why === 'in progress') return pending(why, 503)
    if (why === 'may exist') return pending(why, 502)
    const [status, said] = TURNED_AWAY[why]
    return again({ form: message ?? words[said] }, status)
  }
  const { refused } = outcome
  if (refused.status === 429) return later(A_MINUTE)
  if (refused.error === 'InvalidInviteCode') return again({ form: words.codeGone }, 400, { isCounted: true })
  // A PDS can fail after it has made the account, and then the code is spent.
  if (refused.status >= 500) {
    const spent = await pending('may exist', 502)
    return 'place' in spent ? spent : again({ form: words.hostFailed }, 502, { spent })
  }
  if (isHandleTaken(refused)) return taken({})
  return again(refusedAs(refused, handle, words))
}

/** What is said where a sign-up was not tried. */
const TURNED_AWAY = {
  'doors closed': [503, 'notNow'],
  'codes moving': [503, 'notNow'],
  'not done': [502, 'notNow'],
  paused: [503, 'paused'],
} as const

/** A form that can't be read is told of on its own page: too long, of another kind, or cut off. */
function unread(error: unknown): XrpcFailure {
  if (error instanceof XrpcFailure) return error
  throw error
}
