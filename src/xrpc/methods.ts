import { app, com } from '../lexicons/index.ts'
import { createCodes } from './app.latchkey.admin.createCodes.ts'
import { exportCodes } from './app.latchkey.admin.exportCodes.ts'
import { giveCodes } from './app.latchkey.admin.giveCodes.ts'
import { listBatches } from './app.latchkey.admin.listBatches.ts'
import { listCodes } from './app.latchkey.admin.listCodes.ts'
import { listEvents } from './app.latchkey.admin.listEvents.ts'
import { replaceCode } from './app.latchkey.admin.replaceCode.ts'
import { setCodesDisabled } from './app.latchkey.admin.setCodesDisabled.ts'
import { setInvitesDisabled } from './app.latchkey.admin.setInvitesDisabled.ts'
import { undoBatch } from './app.latchkey.admin.undoBatch.ts'
import { getPolicy } from './app.latchkey.admin.getPolicy.ts'
import { getStatus } from './app.latchkey.admin.getStatus.ts'
import { getTree } from './app.latchkey.admin.getTree.ts'
import { listAccounts } from './app.latchkey.admin.listAccounts.ts'
import { setPause } from './app.latchkey.admin.setPause.ts'
import { setPolicy } from './app.latchkey.admin.setPolicy.ts'
import { checkCode } from './app.latchkey.checkCode.ts'
import { getInvites } from './app.latchkey.getInvites.ts'
import { labelCode } from './app.latchkey.labelCode.ts'
import { switchOffCode } from './app.latchkey.switchOffCode.ts'
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
const { latchkey } = app

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
  [latchkey.getInvites.$nsid]: getInvites,
  [latchkey.labelCode.$nsid]: labelCode,
  [latchkey.switchOffCode.$nsid]: switchOffCode,
  [latchkey.checkCode.$nsid]: checkCode,
  [latchkey.admin.listAccounts.$nsid]: listAccounts,
  [latchkey.admin.getTree.$nsid]: getTree,
  [latchkey.admin.getStatus.$nsid]: getStatus,
  [latchkey.admin.setPause.$nsid]: setPause,
  [latchkey.admin.getPolicy.$nsid]: getPolicy,
  [latchkey.admin.setPolicy.$nsid]: setPolicy,
  [latchkey.admin.listCodes.$nsid]: listCodes,
  [latchkey.admin.exportCodes.$nsid]: exportCodes,
  [latchkey.admin.createCodes.$nsid]: createCodes,
  [latchkey.admin.giveCodes.$nsid]: giveCodes,
  [latchkey.admin.replaceCode.$nsid]: replaceCode,
  [latchkey.admin.setCodesDisabled.$nsid]: setCodesDisabled,
  [latchkey.admin.setInvitesDisabled.$nsid]: setInvitesDisabled,
  [latchkey.admin.undoBatch.$nsid]: undoBatch,
  [latchkey.admin.listBatches.$nsid]: listBatches,
  [latchkey.admin.listEvents.$nsid]: listEvents,
}

/** Their names, for whoever has to send them here. */
export const METHOD_NSIDS: readonly string[] = Object.keys(METHODS)

/** The methods, ready to be mounted. */
export function xrpcMethods(context: XrpcContext): readonly XrpcMethod[] {
  return Object.values(METHODS).map((define) => define(context))
}
