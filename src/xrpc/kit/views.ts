import type { DidString } from '@atproto/lex-schema'
import { isDisabled, isExpired } from '../../invites/predicates.ts'
import type { MemberRecord } from '../../invites/store.ts'
import type { Instant, InviteCodeWithUses } from '../../invites/types.ts'
import type { com } from '../../lexicons/index.ts'
import { datetime } from './datetime.ts'

/** What the lexicon's view is made of. */
type Viewed = Pick<
  InviteCodeWithUses,
  'code' | 'available' | 'disabledAt' | 'expiresAt' | 'forAccount' | 'createdBy' | 'createdAt' | 'uses'
>

/** Shapes a code as the lexicon has it and with nothing else; an expired code shows as disabled. */
export function inviteCodeView(code: Viewed, now: Instant): com.atproto.server.defs.InviteCode {
  return {
    code: code.code,
    available: code.available,
    disabled: isDisabled(code) || isExpired(code, now),
    forAccount: code.forAccount,
    createdBy: code.createdBy,
    createdAt: datetime(code.createdAt),
    uses: code.uses.map(({ usedBy, usedAt }) => ({ usedBy: usedBy as DidString, usedAt: datetime(usedAt) })),
  }
}

/**
 * Puts what Latchkey knows of an account's invitations over what the PDS answered.
 *
 * @param showNote whether the note of an administrator is shown, which is for administrators only
 */
export function withInvites(
  account: com.atproto.admin.defs.AccountView,
  record: MemberRecord | undefined,
  { now, showNote }: { now: Instant; showNote: boolean },
): com.atproto.admin.defs.AccountView {
  const { invitedBy: _upstreamInviter, inviteNote: _upstreamNote, ...rest } = account
  const inviter = record?.invitedBy
  const note = record?.account?.inviteNote
  return {
    ...rest,
    ...(inviter !== undefined && { invitedBy: inviteCodeView(inviter, now) }),
    invites: (record?.codes ?? []).map((code) => inviteCodeView(code, now)),
    invitesDisabled: record?.account?.invitesDisabled ?? false,
    ...(showNote && typeof note === 'string' && { inviteNote: note }),
  }
}
