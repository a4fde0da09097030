import { PdsRefusedError } from '../pds/answer.ts'
import type { PdsClient } from '../pds/client.ts'

/** Why Latchkey can't do its work in front of this PDS. */
export interface Fault {
  readonly kind:
    | 'unreachable'
    | 'not a PDS'
    | 'password'
    | 'entryway'
    | 'invites not required'
    | 'another PDS'
  /** What is wrong and which setting to mend, for the operator. */
  readonly sentence: string
}

/** What a look at the PDS has shown. */
export type Finding =
  | { readonly fault: Fault }
  | { readonly fault: null; readonly did: string; readonly hasInviteCodes: boolean }

/** A PDS behind an entryway says this, and before it asks for a password. */
const ENTRYWAY = /managed by the entryway/i

/**
 * Looks whether Latchkey can do its work in front of a PDS: it answers, keeps its own invites and requires them, and
 * takes the admin password.
 *
 * @param did the service DID that it must have; any where undefined
 * @param signal ends the look, which has shown nothing then but that the PDS is out of reach
 * @returns what is wrong, or what else was learned
 */
export async function checkArrangement(pds: PdsClient, did?: string, signal?: AbortSignal): Promise<Finding> {
  const { origin } = pds
  try {
    // Another PDS is told first: it may have another password too, and the start only stops for the one.
    const described = await pds.describe(signal)
    if (did !== undefined && described.did !== did) return { fault: anotherPds(origin, did, described.did) }
    const hasInviteCodes = await pds.hasInviteCodes(signal)
    if (!described.invitesRequired) return { fault: invitesNotRequired(origin) }
    return { fault: null, did: described.did, hasInviteCodes }
  } catch (error) {
    return { fault: faultOf(origin, error) }
  }
}

/** Reads of an error of the PDS client what is wrong. */
export function faultOf(origin: string, error: unknown): Fault {
  if (!(error instanceof PdsRefusedError)) return noPds('unreachable', origin, error)
  const { status, message } = error
  if (status === 400 && ENTRYWAY.test(message)) return entryway(origin)
  if (status === 401) return wrongPassword(origin, error)
  const mayPass = status === 429 || status >= 500
  return noPds(mayPass ? 'unreachable' : 'not a PDS', origin, error)
}

function noPds(kind: 'unreachable' | 'not a PDS', origin: string, error: unknown): Fault {
  const reason = error instanceof Error ? error.message : String(error)
  return {
    kind,
    sentence: `LATCHKEY_PDS_URL is ${origin}, where no PDS answers: ${reason}.`,
  }
}

function wrongPassword(origin: string, { message }: Error): Fault {
  return {
    kind: 'password',
    sentence: `LATCHKEY_PDS_ADMIN_PASSWORD is not accepted by the PDS at ${origin} as its admin password: ${message}.`,
  }
}

function entryway(origin: string): Fault {
  return {
    kind: 'entryway',
    sentence: `The PDS at ${origin} leaves accounts and invites to an entryway (PDS_ENTRYWAY_URL), which Latchkey can't stand in front of: set LATCHKEY_PDS_URL to a PDS that keeps them itself.`,
  }
}

function invitesNotRequired(origin: string): Fault {
  return {
    kind: 'invites not required',
    sentence: `The PDS at ${origin} lets people sign up without an invite code: set PDS_INVITE_REQUIRED=true there.`,
  }
}

function anotherPds(origin: string, remembered: string, found: string): Fault {
  return {
    kind: 'another PDS',
    sentence: `The database belongs to the PDS ${remembered}, and the one at ${origin} is ${found}: use another database, or mend LATCHKEY_PDS_URL.`,
  }
}
