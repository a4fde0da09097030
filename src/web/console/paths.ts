import { DESTINATIONS } from '../sign-in/problems.ts'
import type { View } from './props.ts'

/** Where a view is. */
export function pathOf(view: View): string {
  return view === 'overview' ? DESTINATIONS.admin : `${DESTINATIONS.admin}/${view}`
}

/** Where an account stands in the tree. */
export function placeInTree(did: string): string {
  return `${pathOf('tree')}#${did}`
}
