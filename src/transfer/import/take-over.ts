import type { InviteStore } from '../../invites/store.ts'
import type { PdsClient } from '../../pds/client.ts'
import { closeUpstreamCodes, type ClosingPorts } from './closing.ts'
import { decideFlags, type SinceDisabled } from './flags.ts'
import { importNewer, type ImportReport, importUpstream } from './import.ts'
import { SILENT } from '../progress.ts'

/** What a take-over works with. */
export interface TakeOverPorts extends ClosingPorts {
  readonly store: ClosingPorts['store'] & Pick<InviteStore, 'openEarning'>
  readonly pds: ClosingPorts['pds'] & Pick<PdsClient, 'clock'>
}

/**
 * Makes the codes of a PDS Latchkey's: copies what is not here yet, closes the codes at the PDS and opens them here, and
 * lets members earn. Latchkey's routes have to be switched before, or else those codes are dead at the PDS's own door.
 * It can be repeated after dying anywhere, and run beside another one.
 *
 * @param said what holds for codes that the PDS has disabled since they were copied, where that is in doubt
 * @returns what was copied, and how many codes are Latchkey's by this
 * @throws {TransferError} when that is in doubt and nothing was said; as {@link importUpstream} and
 *   {@link closeUpstreamCodes}; the signal counts until the first code is closed
 */
export async function takeOver(
  ports: TakeOverPorts,
  said?: SinceDisabled,
): Promise<ImportReport & { readonly taken: number }> {
  const { store, pds, hostname, signal } = ports
  // Adoption looks at what the PDS makes from here on.
  const since = await pds.clock(signal)
  const report = await importUpstream(ports, {
    dryRun: false,
    followsFlags: (codes) => decideFlags(ports, codes, said),
  })
  const taken = await closeUpstreamCodes(ports)
  // What was made while that was done; an unknown code is nobody's as soon as earning is open.
  const toTheEnd = { ...ports, progress: SILENT, signal: undefined }
  await importNewer(toTheEnd, { since, until: Number.POSITIVE_INFINITY })
  const takenSince = await closeUpstreamCodes(toTheEnd)
  await store.openEarning(hostname, since)
  return { ...report, taken: taken + takenSince }
}
