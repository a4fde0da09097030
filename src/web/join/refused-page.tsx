import { useProvider, useWords } from '../kit/locale.tsx'
import type { Page } from '../kit/page.ts'
import { joinWords } from '../words/join.ts'
import type { RefusedProps } from './props.ts'

/** The one page for every invite that lets nobody in: a guesser learns nothing from it. */
export const refusedPage: Page<'refused'> = {
  title: ({ why }, { language, hostname }) => {
    const { refusedTitle, waitTitle } = joinWords[language]
    return `${why === 'not good' ? refusedTitle : waitTitle} · ${hostname}`
  },
  preview: ({ why }, { language, hostname }) => {
    const { refusedTitle, waitTitle, about } = joinWords[language]
    return { title: why === 'not good' ? refusedTitle : waitTitle, description: about(hostname) }
  },
  Body: Refused,
}

function Refused({ why }: RefusedProps) {
  const words = useWords(joinWords)
  const provider = useProvider()
  if (why === 'not good')
    return (
      <>
        <TornTicket />
        <h1>{words.refusedTitle}</h1>
        <p>{words.refused}</p>
        <p>{words.refusedNext}</p>
        <p class="muted">{words.refusedSignedUp(provider)}</p>
      </>
    )
  return (
    <>
      <h1>{words.waitTitle}</h1>
      <p>{words.tooMany}</p>
      <p>{words.waitNext}</p>
    </>
  )
}

function TornTicket() {
  return (
    <svg class="refused-art" viewBox="0 0 120 56" width="120" height="56" aria-hidden="true">
      <g fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round">
        <path d="M8 8h62l-5 7 5 7-5 6 5 7-5 7 5 6H8a4 4 0 0 1-4-4V12a4 4 0 0 1 4-4z" />
        <path d="M16 22h30M16 32h20" stroke-linecap="round" />
        <path
          d="M82 4l30 5a4 4 0 0 1 3 5l-6 32a4 4 0 0 1-4 3l-31-5 6-6-4-8 6-6-3-7z"
          stroke-dasharray="4 4"
        />
      </g>
    </svg>
  )
}
