import type { ImportStore, UpstreamCode } from '../../invites/imports.ts'
import type { InviteStore } from '../../invites/store.ts'
import { TransferError } from '../transfer-error.ts'

/** What the operator says of codes that the PDS has disabled since they were copied: they stay so, or are good again here. */
export type SinceDisabled = 'keep' | 'reopen'

export interface FlagPorts {
  readonly store: Pick<ImportStore, 'openTheirs' | 'countUpstream'> & Pick<InviteStore, 'host'>
  readonly hostname: string
}

/** Whether to believe that the PDS's codes were disabled by its operator; if not, by how many codes that is in doubt. */
export type FlagsVerdict = { readonly follow: true } | { readonly follow: false; readonly doubtful: number }

/**
 * Compares the flags of codes at the PDS with those known here. A take-over disables all codes there that were open, so
 * while one of them is open, whatever else is disabled was so by the operator. When none is left open, this database may
 * be one from before a take-over, put back.
 */
export async function judgeFlags(
  { store, hostname }: FlagPorts,
  codes: readonly UpstreamCode[],
): Promise<FlagsVerdict> {
  const { earningSince = null } = (await store.host(hostname)) ?? {}
  // From the take-over on they are Latchkey's to say.
  if (earningSince !== null) return { follow: false, doubtful: 0 }
  const { closing, ours } = await store.countUpstream(hostname)
  // A take-over that was begun in this database can't be one that it has forgotten.
  if (closing + ours > 0) return { follow: true }
  const known = await store.openTheirs(hostname)
  const found = codes.filter(({ code }) => known.has(code))
  // What is used up lets nobody in by either flag, and a take-over leaves it alone.
  const usable = found.filter(({ uses, available }) => uses.length < available)
  const disabled = usable.filter((code) => code.disabled).length
  return disabled === 0 || disabled < usable.length ? { follow: true } : { follow: false, doubtful: disabled }
}

/**
 * Judges the flags for a take-over, after which they can't be told apart any more.
 *
 * @returns whether the flags of the PDS are to be followed
 * @throws {TransferError} when they are in doubt and the operator has not said what holds
 */
export async function decideFlags(
  ports: FlagPorts,
  codes: readonly UpstreamCode[],
  said: SinceDisabled | undefined,
): Promise<boolean> {
  const verdict = await judgeFlags(ports, codes)
  if (verdict.follow) return said !== 'reopen'
  if (verdict.doubtful === 0) return false
  if (said !== undefined) return said === 'keep'
  throw new TransferError(
    `Every code that was open when it was copied is disabled at the PDS by now (${verdict.doubtful}), and nothing was changed. ` +
      'If this database is from before a take-over, put back from a backup, say --reopen: they are good again here. If they were disabled there on purpose, say --keep-disabled.',
  )
}
