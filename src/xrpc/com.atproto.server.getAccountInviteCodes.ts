import { com } from '../lexicons/index.ts'
import type { XrpcContext } from './kit/context.ts'
import { method, type XrpcMethod } from './kit/method.ts'
import { inviteCodeView } from './kit/views.ts'

/** Get all invite codes for the current account. */
export function getAccountInviteCodes({ invites, members }: XrpcContext): XrpcMethod {
  return method(
    com.atproto.server.getAccountInviteCodes.main,
    ({ credentials }) => members.identify(credentials),
    async ({ params: { includeUsed, createAvailable }, caller }) => {
      const codes = await invites.codesOfMember(caller.did, { includeUsed, createAvailable })
      return { codes: codes.map((code) => inviteCodeView(code, invites.now())) }
    },
  )
}
