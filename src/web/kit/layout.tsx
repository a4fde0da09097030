import type { ComponentChildren } from 'preact'
import { DESTINATIONS } from '../sign-in/problems.ts'
import { kitWords } from '../words/kit.ts'
import { useFrame, useWords } from './locale.tsx'
import { Mark } from './mark.tsx'

/** What stands around every page: the mark with the host's name, and who is signed in where somebody is. */
export function Layout({
  width = 'narrow',
  end,
  children,
}: {
  width?: 'narrow' | 'wide' | 'console' | undefined
  /** What stands at the end of the header, such as where else one may go. */
  end?: ComponentChildren
  children: ComponentChildren
}) {
  const words = useWords(kitWords)
  const { hostname } = useFrame()
  return (
    <>
      <a class="skip" href="#content">
        {words.skip}
      </a>
      <header class="header">
        <div class={`bar bar-${width}`}>
          <a class="brand" href={DESTINATIONS.invites}>
            <Mark />
            <span class="brand-name">{hostname}</span>
          </a>
          {end}
        </div>
      </header>
      <main id="content" class={`content content-${width}`}>
        {children}
      </main>
    </>
  )
}
