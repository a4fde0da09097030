import { setImmediate as others } from 'node:timers/promises'
import type { com } from '../../lexicons/index.ts'
import type { SettlerPorts } from './settler.ts'
import { readUpstreamOwner } from '../../pds/upstream-owner.ts'

/** The PDS writes times of its own beside those of its clock; nothing drifts further apart than this, in milliseconds. */
const MARGIN = 3_600_000

/** So many are forgotten at once, in one transaction. */
const FORGOTTEN = 1000

/**
 * Disables codes at the PDS that were minted for a sign-up and that no sign-up goes through: those of which Latchkey
 * never heard because it died while they were made. Nobody knows them, so nothing depends on when this is done.
 */
export async function sweep(ports: SettlerPorts, signal: AbortSignal): Promise<void> {
  const { store, pds, host, timings, isSound, observer, log } = ports
  const until = (await pds.clock(signal)) - timings.orphanAge
  const since = await store.sweptUntil(host.hostname)
  // Before its first start Latchkey minted nothing.
  const window = { since: (since ?? until) - MARGIN, until }
  const { orphans, unfinished } = since === null ? NOTHING : await findOrphans(ports, window, signal)
  for (const code of orphans) await pds.disableCode(code, signal)
  // Another PDS has none of our orphans.
  if (!isSound()) return
  // What may still become an orphan is looked at again.
  await store.setSweptUntil(host.hostname, Math.min(until, ...unfinished))
  if (orphans.length === 0) return
  log.info({ codes: orphans.length }, 'codes that no sign-up goes through were disabled at the PDS')
  observer.swept(orphans.length)
}

/**
 * Forgets sign-ups that came to nothing long ago. Those that came to something are the provenance of their uses. A code
 * of a forgotten one was disabled when it was released, or nobody ever heard of it.
 */
export async function forgetReleased(
  { store, host, now, timings }: SettlerPorts,
  signal: AbortSignal,
): Promise<void> {
  const which = { host: host.hostname, before: now() - timings.keepReleased, limit: FORGOTTEN }
  while ((await store.purgeReleased(which)) === FORGOTTEN && !signal.aborted) await others()
}

/** What a search found. */
interface Found {
  readonly orphans: readonly string[]
  /** When the codes of sign-ups were made that have not ended yet. */
  readonly unfinished: readonly number[]
}

const NOTHING: Found = { orphans: [], unfinished: [] }

async function findOrphans(
  { store, pds, host }: SettlerPorts,
  { since, until }: { since: number; until: number },
  signal: AbortSignal,
): Promise<Found> {
  const orphans: string[] = []
  const unfinished: number[] = []
  let cursor: string | undefined
  do {
    const page = await pds.listCodes(cursor, signal)
    for (const { code, forAccount, createdAt } of page.codes.filter((listed) => isUnused(listed, until))) {
      const id = readUpstreamOwner(host.hostname, forAccount)?.reservation
      if (id === undefined) continue
      const reservation = await store.reservation(id)
      if (reservation === undefined || reservation.settledAt !== null) orphans.push(code)
      else unfinished.push(Date.parse(createdAt))
    }
    const oldest = page.codes.at(-1)
    cursor = oldest !== undefined && Date.parse(oldest.createdAt) >= since ? page.cursor : undefined
  } while (cursor !== undefined)
  return { orphans, unfinished }
}

function isUnused({ disabled, uses, createdAt }: com.atproto.server.defs.InviteCode, until: number): boolean {
  return !disabled && uses.length === 0 && Date.parse(createdAt) <= until
}
