import type { ComponentType } from 'preact'
import type { Frame, Pages } from '../pages.ts'

/** How a page is previewed where its address is shared. */
export interface Preview {
  readonly title: string
  readonly description: string
  /** The page's own address. */
  readonly url?: string | undefined
  /** The address of a picture. */
  readonly image?: string | undefined
}

/** A page: what stands in its head, and its body. */
export interface Page<P extends keyof Pages> {
  readonly title: (props: Pages[P], frame: Frame) => string
  readonly Body: ComponentType<Pages[P]>
  /** What stands at the end of the header. Drawn by the server only. */
  readonly HeaderEnd?: ComponentType<Pages[P]>
  readonly preview?: (props: Pages[P], frame: Frame) => Preview
  /** The script of `scripts/web.ts` that it loads. */
  readonly script?: 'join' | 'invites' | 'console'
  /** How wide it may be; `narrow`, one column, where left out. */
  readonly width?: 'narrow' | 'wide' | 'console'
  /** Whether its script takes the body over, so that it gets what the page was told too. */
  readonly hydrated?: boolean
}
