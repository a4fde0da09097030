import type { Host } from '../invites/types.ts'
import type { PdsClient } from '../pds/client.ts'
import { pdsInterval } from '../pds/interval.ts'
import { readUpstreamOwner } from '../pds/upstream-owner.ts'
import { all, failed, type Outcome, type Outcomes, PASSED, reasonOf, skipped } from './checks.ts'
import type { Memory } from './database.ts'
import type { Patient } from './patient.ts'

/** For the whole list of codes, in milliseconds. */
const LISTING_PATIENCE = 60_000

/** Whether the PDS still makes codes of its own, by its settings. */
export async function examineInterval({ config: { pdsEnv } }: Patient): Promise<Outcome> {
  if (pdsEnv === undefined) return skipped('LATCHKEY_PDS_ENV does not say where the settings of the PDS are')
  const found = await pdsInterval(pdsEnv)
  if (found === 'unreadable') return skipped(`${pdsEnv} can't be read here`)
  return found === 'unset' ? PASSED : failed(`to find PDS_INVITE_INTERVAL in ${pdsEnv}`, 'it is set')
}

/** Whether codes can still be redeemed at the PDS, past Latchkey. Codes that a sign-up goes through just now are none. */
export async function examineCodes(
  { pds }: Patient,
  { host, upstream }: Memory,
): Promise<Outcomes<'takeOver' | 'openCodes'>> {
  const tried = `all pages of com.atproto.admin.getInviteCodes at ${pds.origin}`
  try {
    const { total, open } = await countCodes(pds, host)
    const due = upstream.closing > 0 || (host.earningSince === null && total > 0)
    const saw = open === 0 ? 'none of its codes is open' : `${open} of its codes can still be redeemed there`
    if (!due) return { takeOver: PASSED, openCodes: open === 0 ? PASSED : failed(tried, saw) }
    const state = upstream.closing > 0 ? 'a take-over was begun and not ended' : 'no take-over was made'
    return {
      takeOver: failed(tried, `${state}, and ${saw}`),
      openCodes: skipped('the take-over closes them'),
    }
  } catch (error) {
    return { takeOver: skipped('its codes are not known'), openCodes: failed(tried, reasonOf(error)) }
  }
}

/** Both can't be told. */
export function codesUnknown(reason: string): Outcomes<'takeOver' | 'openCodes'> {
  return all(['takeOver', 'openCodes'], skipped(reason))
}

async function countCodes(pds: PdsClient, { hostname }: Host): Promise<{ total: number; open: number }> {
  const signal = AbortSignal.timeout(LISTING_PATIENCE)
  let total = 0
  let open = 0
  let cursor: string | undefined
  do {
    const page = await pds.listCodes(cursor, signal)
    for (const { forAccount, disabled, uses, available } of page.codes) {
      if (readUpstreamOwner(hostname, forAccount) !== undefined) continue
      total += 1
      if (!disabled && uses.length < available) open += 1
    }
    cursor = page.cursor
  } while (cursor !== undefined)
  return { total, open }
}
