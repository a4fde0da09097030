import type { InviteCode } from '../../src/invites/types.ts'

export const HOST = 'pds.example.com'
export const ALICE = 'did:plc:alice'

/** A routine code of Alice's with its one use left, unless told otherwise. */
export function earnedCode(change: Partial<InviteCode> = {}): InviteCode {
  return {
    code: 'pds-example-com-aaaaa-aaaaa',
    host: HOST,
    forAccount: ALICE,
    createdBy: ALICE,
    ordinal: 1,
    createdAt: 0,
    available: 1,
    used: 0,
    reserved: 0,
    disabledAt: null,
    expiresAt: null,
    restrictedTo: null,
    upstream: null,
    switchedOffAt: null,
    firstMadeAt: null,
    ...change,
  }
}

/** A code that the operator gave to Alice. */
export function giftedCode(change: Partial<InviteCode> = {}): InviteCode {
  return earnedCode({ createdBy: 'admin', ordinal: null, ...change })
}
