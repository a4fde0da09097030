import type { AuditAction } from '../../../invites/audit.ts'

export type { AuditAction } from '../../../invites/audit.ts'

/** All that can be found in the audit log, in the order in which it is offered. Complete: the compiler counts. */
const ALL: Readonly<Record<AuditAction, true>> = {
  createCodes: true,
  giveCodes: true,
  replaceCode: true,
  disableCodes: true,
  enableCodes: true,
  disableInvites: true,
  enableInvites: true,
  undoBatch: true,
  exportCodes: true,
  pauseSignUps: true,
  resumeSignUps: true,
  setPolicy: true,
  switchOffCode: true,
  signIn: true,
  signInRefused: true,
  signOut: true,
  endSessions: true,
  acceptResync: true,
  import: true,
  takeOver: true,
  reconcile: true,
  eject: true,
  withdrawEject: true,
}

export const AUDIT_ACTIONS = Object.keys(ALL) as readonly AuditAction[]
