import { setTimeout as sleep } from 'node:timers/promises'
import type { Duration } from '../invites/types.ts'
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

/** What is written to the log; pino's methods fit. */
interface ArrangementLog {
  readonly info: (details: object, message: string) => void
  readonly error: (details: object, message: string) => void
}

/** A watch over the PDS. Disposing of it ends the watch. */
export interface Arrangement extends AsyncDisposable {
  /** What is wrong, as far as the last look tells; null when the doors may be open. */
  readonly fault: Fault | null
}

/** How long after one look the next one follows. */
const LOOKS = { whileSound: 5000, whileFaulty: 3000 }

/** A PDS behind an entryway says this, and before it asks for a password. */
const ENTRYWAY = /managed by the entryway/i

/**
 * Looks whether Latchkey can do its work in front of a PDS: it answers, keeps its own invites and requires them, and
 * takes the admin password.
 *
 * @param did the service DID that it must have; any where undefined
 * @returns what is wrong, or what else was learned
 */
export async function checkArrangement(pds: PdsClient, did?: string): Promise<Finding> {
  const { origin } = pds
  try {
    const hasInviteCodes = await pds.hasInviteCodes()
    const described = await pds.describe()
    if (did !== undefined && described.did !== did) return { fault: anotherPds(origin, did, described.did) }
    if (!described.invitesRequired) return { fault: invitesNotRequired(origin) }
    return { fault: null, did: described.did, hasInviteCodes }
  } catch (error) {
    return { fault: faultOf(origin, error) }
  }
}

function faultOf(origin: string, error: unknown): Fault {
  if (!(error instanceof PdsRefusedError)) return noPds('unreachable', origin, error)
  const { status, message } = error
  if (status === 400 && ENTRYWAY.test(message)) return entryway(origin)
  if (status === 401) return wrongPassword(origin, error)
  const mayPass = status === 429 || status >= 500
  return noPds(mayPass ? 'unreachable' : 'not a PDS', origin, error)
}

/**
 * Looks at a PDS again and again, more often while something is wrong: it may be restarted with another version or other
 * settings at any time.
 *
 * @param options.did the service DID that the database remembers
 * @param options.fault what a first look has shown
 */
export function watchArrangement(options: {
  readonly pds: PdsClient
  readonly did: string
  readonly fault: Fault | null
  readonly log: ArrangementLog
  readonly looks?: { readonly whileSound: Duration; readonly whileFaulty: Duration }
}): Arrangement {
  const { pds, did, log, looks = LOOKS } = options
  const ending = new AbortController()
  let { fault } = options
  let version: string | undefined

  async function look(): Promise<Fault | null> {
    try {
      const found = await pds.version()
      if (version !== undefined && found !== version)
        log.info({ from: version, to: found }, 'the PDS has another version')
      version = found
    } catch (error) {
      return faultOf(pds.origin, error)
    }
    return (await checkArrangement(pds, did)).fault
  }

  function tell(before: Fault | null, after: Fault | null): void {
    if (before?.kind === after?.kind) return
    if (after === null) log.info({}, 'the PDS is in order again: sign-ups are open')
    else log.error({ fault: after.kind }, `sign-ups are closed: ${after.sentence}`)
  }

  async function watch(): Promise<void> {
    tell(null, fault)
    while (!ending.signal.aborted) {
      const pause = fault === null ? looks.whileSound : looks.whileFaulty
      await sleep(pause, undefined, { signal: ending.signal }).catch(() => {})
      if (ending.signal.aborted) return
      const found = await look()
      tell(fault, found)
      fault = found
    }
  }

  const watching = watch()
  return {
    get fault() {
      return fault
    },
    async [Symbol.asyncDispose]() {
      ending.abort()
      await watching
    },
  }
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
