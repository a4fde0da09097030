import { disableAccountInvites } from './com.atproto.admin.disableAccountInvites.ts'
import { disableInviteCodes } from './com.atproto.admin.disableInviteCodes.ts'
import { enableAccountInvites } from './com.atproto.admin.enableAccountInvites.ts'
import { getAccountInfo } from './com.atproto.admin.getAccountInfo.ts'
import { getAccountInfos } from './com.atproto.admin.getAccountInfos.ts'
import { getInviteCodes } from './com.atproto.admin.getInviteCodes.ts'
import { createInviteCode } from './com.atproto.server.createInviteCode.ts'
import { createInviteCodes } from './com.atproto.server.createInviteCodes.ts'
import { getAccountInviteCodes } from './com.atproto.server.getAccountInviteCodes.ts'
import type { XrpcContext } from './kit/context.ts'
import type { XrpcMethod } from './kit/method.ts'

/** All methods that Latchkey answers itself. */
export function xrpcMethods(context: XrpcContext): readonly XrpcMethod[] {
  return [
    getAccountInviteCodes,
    createInviteCode,
    createInviteCodes,
    getInviteCodes,
    disableInviteCodes,
    disableAccountInvites,
    enableAccountInvites,
    getAccountInfo,
    getAccountInfos,
  ].map((define) => define(context))
}
