import { com } from '../lexicons/index.ts'
import type { XrpcContext } from './kit/context.ts'
import { textMethod, type XrpcMethod } from './kit/method.ts'
import { inviteCodeView } from './kit/views.ts'

/** Get all invite codes for the current account. */
export function getAccountInviteCodes({
  invites,
  members,
  answers,
}: Pick<XrpcContext, 'invites' | 'members' | 'answers'>): XrpcMethod {
  return textMethod(
    com.atproto.server.getAccountInviteCodes.main,
    ({ credentials }) => members.identify(credentials),
    async ({ params, caller: { did, version } }) => {
      const key = `${did} ${params.includeUsed} ${params.createAvailable}`
      const ready = version === undefined ? undefined : answers.get(key, version, invites.now())
      if (ready !== undefined) return ready
      const made = await invites.codesOfMember(did, params)
      const body = { codes: made.codes.map((code) => inviteCodeView(code, made.at)) }
      const text = JSON.stringify(body satisfies com.atproto.server.getAccountInviteCodes.$OutputBody)
      answers.keep(key, { ...made, text })
      return text
    },
  )
}
