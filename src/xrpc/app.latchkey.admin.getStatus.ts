import type { DidString } from '@atproto/lex-schema'
import type { Pause, Reservation } from '../invites/store.ts'
import { app } from '../lexicons/index.ts'
import { operatorsOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { datetime } from './kit/datetime.ts'
import { method, type XrpcMethod } from './kit/method.ts'

/** How sign-ups are going. */
export function getStatus(context: XrpcContext): XrpcMethod {
  const admit = operatorsOnly(context, 'GET', 'moderator')
  return method(app.latchkey.admin.getStatus.main, admit, async () => {
    const { open, signUps, pause, fault, days, codes } = await context.overview.status()
    return {
      open,
      signUps: signUps.map(signUpView),
      ...(pause !== undefined && { paused: pauseView(pause) }),
      ...(fault !== undefined && { fault }),
      days: days.map((day) => ({ date: datetime(day.begin).slice(0, 10), signUps: day.signUps })),
      codes,
    }
  })
}

function signUpView(signUp: Reservation): app.latchkey.admin.getStatus.SignUp {
  const { id, code, handle, door, state, startedAt, settledAt, did } = signUp
  return {
    id,
    code,
    ...(handle !== null && { handle }),
    door,
    state,
    startedAt: datetime(startedAt),
    ...(settledAt !== null && { settledAt: datetime(settledAt) }),
    ...(did !== null && { did: did as DidString }),
  }
}

function pauseView({ since, exceptMigrations, message }: Pause): app.latchkey.admin.getStatus.Pause {
  return { since: datetime(since), exceptMigrations, ...(message !== null && { message }) }
}
