import { ButtonLink } from '../kit/button.tsx'
import { useWords } from '../kit/locale.tsx'
import type { Page } from '../kit/page.ts'
import { joinWords } from '../words/join.ts'
import type { PendingProps } from './props.ts'
import { SignInSteps, YourHandle } from './sign-in-steps.tsx'

/** The page after a sign-up of which nobody knows yet whether it worked: signing in tells. */
export const pendingPage: Page<'pending'> = {
  title: ({ why }, { language, hostname }) => {
    const { inProgressTitle, mayExistTitle } = joinWords[language]
    return `${why === 'in progress' ? inProgressTitle : mayExistTitle} · ${hostname}`
  },
  script: 'join',
  Body: Pending,
}

function Pending({ handle, why, link, done }: PendingProps) {
  const words = useWords(joinWords)
  const isRunning = why === 'in progress'
  return (
    <div class="joined" data-awaits={done}>
      <h1>{isRunning ? words.inProgressTitle : words.mayExistTitle}</h1>
      <p class="muted">{isRunning ? words.inProgress : words.mayExist}</p>
      <p>
        <a href={done}>{words.pendingLook}</a>
      </p>
      <YourHandle handle={handle} />
      <SignInSteps handle={handle} />
      <div class="joined-next">
        <p class="muted">{words.pendingElse}</p>
        <ButtonLink href={link}>{words.pendingBack}</ButtonLink>
      </div>
    </div>
  )
}
