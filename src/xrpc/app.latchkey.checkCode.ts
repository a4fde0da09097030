import { app } from '../lexicons/index.ts'
import { XrpcFailure } from '../wire/failure.ts'
import type { XrpcContext } from './kit/context.ts'
import { datetime } from './kit/datetime.ts'
import { personView } from './kit/latchkey-views.ts'
import { method, type XrpcMethod } from './kit/method.ts'

/** The doors' own words to whoever came with too many codes that were not good. */
const GUESSING =
  'Too many invite codes that are not good came from your network. Please wait, then try again.'

/** Whether a code lets somebody in now. Open to everybody, and limited by the client's address like signing up. */
export function checkCode({ giving }: XrpcContext): XrpcMethod {
  return method(
    app.latchkey.checkCode.main,
    async ({ address }) => ({ address }),
    async ({ input: { code }, caller: { address } }) => {
      const check = await giving.checkCode(code, address)
      if ('retryAfter' in check) {
        const { retryAfter } = check
        throw new XrpcFailure(429, 'RateLimitExceeded', GUESSING, { retryAfter })
      }
      if (!check.good) return { good: false }
      const { left, inviter, expiresAt } = check
      return {
        good: true,
        left,
        ...(inviter !== null && { inviter: personView(inviter) }),
        ...(expiresAt !== null && { expiresAt: datetime(expiresAt) }),
      }
    },
  )
}
