import type { AdministratorAuth } from '../../auth/administrator.ts'
import type { Callers } from '../../auth/callers.ts'
import type { MemberAuth } from '../../auth/member.ts'
import type { ModeratorAuth } from '../../auth/moderator.ts'
import type { GivingService } from '../../invites/giving-service.ts'
import type { Operations } from '../../invites/operations.ts'
import type { OverviewService } from '../../invites/overview-service.ts'
import type { InviteService } from '../../invites/service.ts'
import type { ReadyAnswers } from './ready-answers.ts'

/** What the methods work with. */
export interface XrpcContext {
  readonly invites: InviteService
  readonly giving: GivingService
  readonly overview: OverviewService
  readonly operations: Operations
  readonly members: MemberAuth
  readonly moderators: ModeratorAuth
  readonly administrators: AdministratorAuth
  readonly callers: Callers
  readonly answers: ReadyAnswers
}
