import { Button } from '../kit/button.tsx'
import { useFrame, useWords } from '../kit/locale.tsx'
import { Notice } from '../kit/notice.tsx'
import type { Page } from '../kit/page.ts'
import { SIGN_IN_PATH } from '../sign-in/paths.ts'
import { invitesWords } from '../words/invites.ts'

/** The page of invites before somebody is signed in: what it is for, and one button. */
export const signInPage: Page<'sign-in'> = {
  title: (_props, { language, hostname }) => `${invitesWords[language].title} · ${hostname}`,
  Body: ({ problem }) => {
    const words = useWords(invitesWords)
    const { hostname } = useFrame()
    return (
      <div class="signed-out">
        {problem !== null && (
          <Notice kind={problem === 'denied' ? 'info' : 'wrong'}>{words.problem[problem]}</Notice>
        )}
        <h1>{words.welcomeTitle}</h1>
        <p>{words.welcome(hostname)}</p>
        <form method="post" action={SIGN_IN_PATH} class="sign-in">
          <input type="hidden" name="to" value="invites" />
          <Button kind="primary" type="submit" large>
            {words.signIn}
          </Button>
          <p class="hint">{words.signInHint(hostname)}</p>
        </form>
        <section class="stack">
          <h2>{words.whatFor}</h2>
          <ul class="plain-list">
            {words.whatForList.map((item) => (
              <li key={item}>{item}</li>
            ))}
          </ul>
        </section>
      </div>
    )
  },
}
