import { ADMIN } from '../invites/types.ts'
import { com } from '../lexicons/index.ts'
import { administratorOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { method, type XrpcMethod } from './kit/method.ts'

/** Create invite codes. */
export function createInviteCodes(context: XrpcContext): XrpcMethod {
  return method(
    com.atproto.server.createInviteCodes.main,
    administratorOnly(context),
    async ({ input: { codeCount, useCount, forAccounts = [ADMIN] }, caller: { actor } }) => {
      const made = await context.invites.createGifted({ forAccounts, codeCount, useCount, actor })
      return { codes: made.map(({ account, codes }) => ({ account, codes: [...codes] })) }
    },
  )
}
