import { readForm } from '../../wire/body.ts'
import { XrpcFailure } from '../../wire/failure.ts'
import type { Frame } from '../pages.ts'
import { isOwnForm, type WebAnswer, type WebRequest } from '../routing.ts'
import { joinWords } from '../words/join.ts'
import { readFilled, wrongIn } from './filled.ts'
import { isFormOf } from './form-token.ts'
import { stateOf } from './handle-state.ts'
import { invite, joinedWith, NOTHING_TYPED, retryAfterOf } from './invite.ts'
import { codeOf, doneOf, linkOf } from './link.ts'
import { A_MINUTE, type Again, answerTo } from './outcome.ts'
import type { JoinPorts } from './ports.ts'
import type { FormErrors } from './props.ts'

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
  const again: Again = (errors, status = 400, more = {}) =>
    invite(ports, request, code, {
      values,
      errors: { password: words.passwordAgain, ...errors },
      status,
      ...more,
    })
  if (!isFormOf(headers.cookie, form.get('csrf'), ports.webUrl))
    return again({ form: words.cookieMissing }, 403)
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
  return answerTo(outcome, { ports, code, key, handle, words, headers, again, taken })
}

/** A form that can't be read is told of on its own page: too long, of another kind, or cut off. */
function unread(error: unknown): XrpcFailure {
  if (error instanceof XrpcFailure) return error
  throw error
}
