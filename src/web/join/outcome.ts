import type { WebAnswer, WebRequest } from '../routing.ts'
import type { JoinWords } from '../words/join.ts'
import { isHandleTaken, refusedAs } from './filled.ts'
import { retryAfterOf, type Sent } from './invite.ts'
import { forgetOldest, type Joined, joinedCookie } from './joined-cookie.ts'
import { doneOf, linkOf } from './link.ts'
import type { JoinPorts, SignUpOutcome } from './ports.ts'
import type { FormErrors, PendingProps } from './props.ts'

/** Draws the form again, with what was typed and what is wrong. 400 where no status is given. */
export type Again = (
  errors: FormErrors,
  status?: number,
  more?: Omit<Sent, 'values' | 'errors' | 'status'>,
) => Promise<WebAnswer>

/** A form that was sent on, and what it takes to tell how that went. */
export interface SentOn {
  readonly ports: JoinPorts
  readonly code: string
  /** What signs what the browser keeps. */
  readonly key: Uint8Array
  readonly handle: string
  readonly words: JoinWords
  readonly headers: WebRequest['headers']
  readonly again: Again
  /** Answers that the handle is taken, beside what else is wrong. */
  readonly taken: (errors: FormErrors) => WebAnswer | Promise<WebAnswer>
}

/** In seconds, where nobody says how long to wait. */
export const A_MINUTE = 60

/** What is said where a sign-up was not tried. */
const TURNED_AWAY = {
  'doors closed': [503, 'notNow'],
  'codes moving': [503, 'notNow'],
  'not done': [502, 'notNow'],
  paused: [503, 'paused'],
} as const

/** Tells how a sign-up went. */
export async function answerTo(outcome: SignUpOutcome, sent: SentOn): Promise<WebAnswer> {
  const { handle, words, again, taken } = sent
  if ('handle' in outcome) return done(sent, outcome.handle)
  const later = (retryAfter: number) =>
    again({ form: words.tooManyYet }, 429, { headers: retryAfterOf(retryAfter) })
  if ('turnedAway' in outcome) {
    const { why, message, retryAfter = A_MINUTE } = outcome.turnedAway
    if (why === 'guessing' || why === 'too many') return later(retryAfter)
    // The code is held or used by this very sign-up: looking at it anew would call it bad.
    if (why === 'in progress') return pending(sent, why, 503)
    if (why === 'may exist') return pending(sent, why, 502)
    const [status, said] = TURNED_AWAY[why]
    return again({ form: message ?? words[said] }, status)
  }
  const { refused } = outcome
  if (refused.status === 429) return later(A_MINUTE)
  if (refused.error === 'InvalidInviteCode') return again({ form: words.codeGone }, 400, { isCounted: true })
  // A PDS can fail after it has made the account, and then the code is spent.
  if (refused.status >= 500) {
    const spent = await pending(sent, 'may exist', 502)
    return 'place' in spent ? spent : again({ form: words.hostFailed }, 502, { spent })
  }
  return isHandleTaken(refused) ? taken({}) : again(refusedAs(refused, handle, words))
}

function done(sent: SentOn, handle: string): WebAnswer {
  return { place: doneOf(sent.code), cookies: cookies(sent, { handle, isSure: true }) }
}

async function pending(sent: SentOn, why: PendingProps['why'], status: number): Promise<WebAnswer> {
  const { ports, code, handle } = sent
  // Latchkey may have found out how it went before it answers.
  if (await ports.cameWith(code, handle).catch(() => false)) return done(sent, handle)
  return {
    status,
    cookies: cookies(sent, { handle, isSure: false }),
    page: 'pending',
    props: { handle, why, link: linkOf(code), done: doneOf(code) },
  }
}

function cookies({ ports, code, key, headers }: SentOn, joined: Joined): readonly string[] {
  return [...forgetOldest(headers.cookie, ports.webUrl), joinedCookie(joined, code, { ...ports, key })]
}
