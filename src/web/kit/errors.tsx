import type { Page } from './page.ts'
import { kitWords } from '../words/kit.ts'
import { useFrame, useWords } from './locale.tsx'

/** Nothing stands at an address of ours. */
export const notFoundPage: Page<'not-found'> = {
  title: (_props, { language, hostname }) => `${kitWords[language].notFoundTitle} · ${hostname}`,
  Body: () => {
    const words = useWords(kitWords)
    const { hostname, origin } = useFrame()
    return (
      <>
        <h1>{words.notFoundTitle}</h1>
        <p>{words.notFound}</p>
        <p>
          <a href={`${origin}/`}>{words.notFoundNext(hostname)}</a>
        </p>
      </>
    )
  },
}

/** A request failed for want of something that comes back. */
export const brokenPage: Page<'broken'> = {
  title: (_props, { language, hostname }) => `${kitWords[language].brokenTitle} · ${hostname}`,
  Body: () => {
    const words = useWords(kitWords)
    return (
      <>
        <h1>{words.brokenTitle}</h1>
        <p>{words.broken}</p>
        <p>
          <a href="">{words.tryAgain}</a>
        </p>
      </>
    )
  },
}
