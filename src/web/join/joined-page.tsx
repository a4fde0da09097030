import { ButtonLink } from '../kit/button.tsx'
import { useFrame, useWords } from '../kit/locale.tsx'
import type { Page } from '../kit/page.ts'
import { joinWords } from '../words/join.ts'
import type { DoneProps } from './props.ts'
import { SignInSteps, YourHandle } from './sign-in-steps.tsx'

/** The page after a sign-up: who they are now, and how to begin. */
export const joinedPage: Page<'joined'> = {
  title: (_props, { language, hostname }) => `${joinWords[language].doneTitle} · ${hostname}`,
  script: 'join',
  Body: Joined,
}

function Joined({ handle }: DoneProps) {
  const words = useWords(joinWords)
  const { hostname } = useFrame()
  return (
    <div class="joined">
      <h1>{words.doneTitle}</h1>
      <p class="muted">{words.doneAbout(hostname)}</p>
      <YourHandle handle={handle} />
      <SignInSteps handle={handle} />
      <div class="joined-next">
        <p class="muted">{words.doneInvitesAbout}</p>
        <ButtonLink href="/invites">{words.doneInvites}</ButtonLink>
      </div>
    </div>
  )
}
