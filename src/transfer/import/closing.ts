import type { ImportStore } from '../../invites/imports.ts'
import type { PdsClient } from '../../pds/client.ts'
import { importUsers, type ImportPorts } from './import.ts'
import { inParts } from '../parts.ts'
import { listUpstreamCodes } from './upstream-codes.ts'

/** What closing codes at the PDS works with. */
export interface ClosingPorts extends ImportPorts {
  readonly store: ImportPorts['store'] & Pick<ImportStore, 'beginTakeOver' | 'finishTakeOver'>
  readonly pds: ImportPorts['pds'] & Pick<PdsClient, 'disableCodes'>
}

/**
 * Makes all codes Latchkey's that were copied from the PDS. Sign-ups with them wait from the first step on: they are
 * disabled at the PDS, which is its fence, so that the uses read after it are final; then they are opened here. Each step
 * may be repeated, by several at once too, and whoever comes next ends what somebody began. So it goes on to its end, or
 * to its first failure, whether or not the signal has come.
 *
 * @returns how many codes are Latchkey's by this, beside those that nobody could redeem any more
 * @throws {PdsUnreachableError} or {PdsRefusedError} when the PDS does not do its part; the errors of the store
 */
export async function closeUpstreamCodes(ports: ClosingPorts): Promise<number> {
  const { store, pds, hostname, progress } = ports
  const closing = await store.beginTakeOver(hostname)
  if (closing.length === 0) return 0
  {
    using step = progress.begin('Closing codes at the PDS', closing.length)
    for await (const part of inParts(closing)) {
      await pds.disableCodes(part)
      step.advance(part.length)
    }
  }
  return finish(ports, new Set(closing))
}

/** @param left those that are disabled at the PDS and not opened here; empty at the end */
async function finish(ports: ClosingPorts, left: Set<string>): Promise<number> {
  const { pds, hostname, progress, store, now } = ports
  using step = progress.begin('Reading their uses', left.size)
  let ours = 0
  for await (const page of listUpstreamCodes({ pds, hostname })) {
    const found = page.filter(({ code }) => left.delete(code))
    // A PDS that was put back meanwhile redeems them still: the next one to come closes them.
    const closed = found.filter(({ disabled }) => disabled)
    await importUsers({ store, pds, hostname, now }, closed)
    ours += await store.finishTakeOver(hostname, closed)
    step.advance(found.length)
    // The PDS lists each once, and no use is added to any after it was disabled.
    if (left.size === 0) return ours
  }
  // What the PDS has lost, from a backup perhaps, was used by nobody that it knows of.
  for await (const part of inParts([...left])) {
    ours += await store.finishTakeOver(
      hostname,
      part.map((code) => ({ code, uses: [] })),
    )
    step.advance(part.length)
  }
  return ours
}
