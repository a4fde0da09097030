import type { OverviewStore } from './overview.ts'

/** How a branch of the tree fares; the account it grows from is not counted. */
export interface BranchFigures {
  /** Those whom it invited itself. */
  readonly children: number
  readonly joined: number
  readonly active: number
  readonly takenDown: number
  /** Whether counting stopped early, so that there may be more. */
  readonly atLeast: boolean
}

export interface Counting {
  readonly store: Pick<OverviewStore, 'invitees'>
  readonly host: string
  /** Lets other work be done. */
  readonly nextTurn: () => Promise<unknown>
}

/** So many accounts are asked about at once. */
const ASKED_AT_ONCE = 500

/** After so many accounts asked about and found other work is let in. */
const WORK_PER_TURN = 500

/**
 * Counts a branch, level by level. Each account is counted once, so that it ends also where people have invited each other.
 *
 * @param most where to stop
 */
export async function countBranch(
  { store, host, nextTurn }: Counting,
  did: string,
  most: number,
): Promise<BranchFigures> {
  const seen = new Set([did])
  let figures: BranchFigures = { children: 0, joined: 0, active: 0, takenDown: 0, atLeast: false }
  let work = 0
  const asked = [did]
  for (let begin = 0; begin < asked.length;) {
    const isFirst = begin === 0
    const dids = asked.slice(begin, begin + ASKED_AT_ONCE)
    begin += dids.length
    const room = most - figures.joined
    const found = await store.invitees({ host, dids, limit: room })
    const fresh = found.filter((one) => !seen.has(one.did))
    for (const one of fresh) {
      seen.add(one.did)
      asked.push(one.did)
    }
    figures = {
      children: isFirst ? fresh.length : figures.children,
      joined: figures.joined + fresh.length,
      active: figures.active + fresh.filter(({ status }) => status === 'active').length,
      takenDown: figures.takenDown + fresh.filter(({ status }) => status === 'takendown').length,
      atLeast: found.length >= room,
    }
    if (figures.atLeast) return figures
    work += dids.length + found.length
    if (work < WORK_PER_TURN) continue
    work = 0
    await nextTurn()
  }
  return figures
}
