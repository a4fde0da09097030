import { com } from '../lexicons/index.ts'
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

const { admin, server } = com.atproto

/** All methods that Latchkey answers itself, by NSID. */
const METHODS: Readonly<Record<string, (context: XrpcContext) => XrpcMethod>> = {
  [server.getAccountInviteCodes.$nsid]: getAccountInviteCodes,
  [server.createInviteCode.$nsid]: createInviteCode,
  [server.createInviteCodes.$nsid]: createInviteCodes,
  [admin.getInviteCodes.$nsid]: getInviteCodes,
  [admin.disableInviteCodes.$nsid]: disableInviteCodes,
  [admin.disableAccountInvites.$nsid]: disableAccountInvites,
  [admin.enableAccountInvites.$nsid]: enableAccountInvites,
  [admin.getAccountInfo.$nsid]: getAccountInfo,
  [admin.getAccountInfos.$nsid]: getAccountInfos,
}

/** Their names, for whoever has to send them here. */
export const METHOD_NSIDS: readonly string[] = Object.keys(METHODS)

/** The methods, ready to be mounted. */
export function xrpcMethods(context: XrpcContext): readonly XrpcMethod[] {
  return Object.values(METHODS).map((define) => define(context))
}
