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
    (credentials) => members.identify(credentials),
    async ({ params, caller: { did, version } }) => {
      const asked = nameOf(params)
      const ready = version === undefined ? undefined : answers.get(did, asked, version, invites.now())
      if (ready !== undefined) return ready
      const made = await invites.codesOfMember(did, params)
      const body = { codes: made.codes.map((code) => inviteCodeView(code, made.at)) }
      const text = JSON.stringify(body satisfies com.atproto.server.getAccountInviteCodes.$OutputBody)
      answers.keep(did, asked, made.version, { text, validUntil: made.validUntil })
      return text
    },
  )
}

/** What is asked for, in a word. */
export function nameOf({
  includeUsed,
  createAvailable,
}: com.atproto.server.getAccountInviteCodes.$Params): string {
  if (createAvailable) return includeUsed ? 'all' : 'unused'
  return includeUsed ? 'all made' : 'unused made'
}
