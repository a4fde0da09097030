import { hydrate } from 'preact'
import { FrameContext } from '../kit/locale.tsx'
import type { Page } from '../kit/page.ts'
import type { Frame, Pages } from '../pages.ts'
import { enhance } from './enhance.ts'

/** Takes a page over that the server has drawn. The last line of a browser's script for a page with `hydrated`. */
export function takeOver<P extends keyof Pages>({ Body }: Page<P>): void {
  enhance()
  const told = document.getElementById('told')?.textContent
  const place = document.getElementById('page')
  if (typeof told !== 'string' || place === null) throw new Error('the page was not drawn by the server')
  const { props, frame } = JSON.parse(told) as { props: Pages[P]; frame: Frame }
  hydrate(
    <FrameContext.Provider value={frame}>
      <Body {...props} />
    </FrameContext.Provider>,
    place,
  )
}
