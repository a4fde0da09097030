import type { app } from '../../../lexicons/index.ts'

export type TreePage = app.latchkey.admin.getTree.$OutputBody
export type Branch = app.latchkey.admin.getTree.Branch

/** How a branch fares. */
export interface BranchFigures extends Pick<Branch, 'joined' | 'active' | 'takenDown' | 'atLeast'> {
  /** Whom its account invited itself; left out where that is not known. */
  readonly children?: number
}

/** How many of a level are loaded at once. */
export const LEVEL = 50

/** Adds up the branches right below an account. Where there are more of them than were loaded, it is at least that. */
export function figuresOf({ branches, cursor }: TreePage): BranchFigures {
  const isAll = cursor === undefined
  const sum = { joined: 0, active: 0, takenDown: 0, atLeast: !isAll }
  for (const { person, joined, active, takenDown, atLeast = false } of branches) {
    sum.joined += 1 + joined
    sum.active += active + (person.status === 'active' ? 1 : 0)
    sum.takenDown += takenDown + (person.status === 'takendown' ? 1 : 0)
    sum.atLeast ||= atLeast
  }
  return { ...sum, ...(isAll && { children: branches.length }) }
}
