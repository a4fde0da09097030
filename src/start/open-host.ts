import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { checkArrangement, type Fault, type Finding } from '../gate/arrangement.ts'
import type { InviteStore } from '../invites/store.ts'
import type { Duration, Host } from '../invites/types.ts'
import type { PdsClient } from '../pds/client.ts'

/** How long to wait for a PDS that starts beside Latchkey. */
const PDS_PATIENCE: Duration = 30_000
const PDS_RETRY: Duration = 500

/** The host as the database knows it and what is wrong with its PDS; no host when that stops the start. */
export type OpenedHost =
  | { readonly host: Host; readonly fault: Fault | null }
  | { readonly host: undefined; readonly fault: Fault }

/**
 * Makes the host known to the database. At its first start nothing may be wrong with the PDS; later only another PDS
 * stops the start, since reading and forwarding do not need the rest, and nothing is written.
 *
 * @throws the reason of the signal
 */
export async function openHost(
  { store, pds, log, signal }: { store: InviteStore; pds: PdsClient; log: Logger; signal: AbortSignal },
  hostname: string,
): Promise<OpenedHost> {
  const known = await store.host(hostname)
  if (known !== undefined) {
    const { fault } = await checkArrangement(pds, known.did, signal)
    signal.throwIfAborted()
    return fault?.kind === 'another PDS' ? { host: undefined, fault } : { host: known, fault }
  }
  const finding = await waitForPds(pds, log, signal)
  if (finding.fault !== null) return { host: undefined, fault: finding.fault }
  return { host: await store.openHost({ hostname, did: finding.did }), fault: null }
}

/** Looks at the PDS, for a while also when it does not answer yet: both may be starting. */
async function waitForPds(pds: PdsClient, log: Logger, signal: AbortSignal): Promise<Finding> {
  const deadline = Date.now() + PDS_PATIENCE
  for (let attempt = 0; ; attempt++) {
    const finding = await checkArrangement(pds, undefined, signal)
    signal.throwIfAborted()
    if (finding.fault?.kind !== 'unreachable' || Date.now() > deadline) return finding
    if (attempt === 0) log.warn(`waiting for the PDS at ${pds.origin}`)
    await sleep(PDS_RETRY, undefined, { signal })
  }
}
