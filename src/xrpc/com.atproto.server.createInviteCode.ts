import { ADMIN } from '../invites/types.ts'
import { com } from '../lexicons/index.ts'
import { administratorOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { method, type XrpcMethod } from './kit/method.ts'

/** Create an invite code. */
export function createInviteCode(context: XrpcContext): XrpcMethod {
  return method(
    com.atproto.server.createInviteCode.main,
    administratorOnly(context),
    async ({ input: { useCount, forAccount = ADMIN }, caller: { actor } }) => {
      const wanted = { forAccounts: [forAccount], codeCount: 1, useCount, actor }
      const made = await context.invites.createGifted(wanted)
      const code = made[0]?.codes[0]
      if (code === undefined) throw new Error('no code was made')
      return { code }
    },
  )
}
