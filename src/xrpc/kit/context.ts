import type { AdministratorAuth } from '../../auth/administrator.ts'
import type { MemberAuth } from '../../auth/member.ts'
import type { ModeratorAuth } from '../../auth/moderator.ts'
import type { InviteService } from '../../invites/service.ts'

/** What the methods work with. */
export interface XrpcContext {
  readonly invites: InviteService
  readonly members: MemberAuth
  readonly moderators: ModeratorAuth
  readonly administrators: AdministratorAuth
}
