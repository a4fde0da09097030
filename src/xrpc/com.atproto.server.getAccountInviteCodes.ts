import type { Member } from '../auth/member.ts'
import { com } from '../lexicons/index.ts'
import type { XrpcContext } from './kit/context.ts'
import { textMethod, type XrpcMethod } from './kit/method.ts'
import { inviteCodeView } from './kit/views.ts'

type Params = com.atproto.server.getAccountInviteCodes.$Params

/** Get all invite codes for the current account. */
export function getAccountInviteCodes({
  invites,
  members,
  answers,
}: Pick<XrpcContext, 'invites' | 'members' | 'answers'>): XrpcMethod {
  function kept({ did, version }: Member, params: Params): string | undefined {
    return version === undefined ? undefined : answers.get(did, nameOf(params), version, invites.now())
  }

  return textMethod(
    com.atproto.server.getAccountInviteCodes.main,
    ({ credentials }) => members.identify(credentials),
    async ({ params, caller }) => {
      const ready = kept(caller, params)
      if (ready !== undefined) return ready
      const made = await invites.codesOfMember(caller.did, params)
      const body = { codes: made.codes.map((code) => inviteCodeView(code, made.at)) }
      const text = JSON.stringify(body satisfies com.atproto.server.getAccountInviteCodes.$OutputBody)
      answers.keep(caller.did, nameOf(params), made.version, { text, validUntil: made.validUntil })
      return text
    },
    async (credentials, params) => {
      const caller = await members.recall(credentials)
      return caller && kept(caller, params)
    },
  )
}

/** What is asked for, in a word. */
export function nameOf({ includeUsed, createAvailable }: Params): string {
  if (createAvailable) return includeUsed ? 'all' : 'unused'
  return includeUsed ? 'all made' : 'unused made'
}
