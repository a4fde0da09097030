import { Button, ButtonLink } from '../kit/button.tsx'
import { Field } from '../kit/field.tsx'
import { useFrame, useWords } from '../kit/locale.tsx'
import { Notice } from '../kit/notice.tsx'
import type { Page } from '../kit/page.ts'
import { ADMIN_SIGN_IN_PATH, SIGN_IN_PATH, SIGN_OUT_PATH } from '../sign-in/paths.ts'
import { DESTINATIONS } from '../sign-in/problems.ts'
import { consoleWords } from '../words/console/frame.ts'
import { invitesWords } from '../words/invites.ts'

/** The console before an operator is signed in. */
export const consoleSignInPage: Page<'console-sign-in'> = {
  title: (_props, { language, hostname }) => `${consoleWords[language].console} · ${hostname}`,
  Body: ({ problem, stranger }) => {
    const words = useWords(consoleWords)
    const { problem: problems } = useWords(invitesWords)
    const { hostname } = useFrame()
    const isWrongPassword = problem === 'password'
    return (
      <>
        {problem !== null && !isWrongPassword && (
          <Notice kind={problem === 'denied' ? 'info' : 'wrong'}>{problems[problem]}</Notice>
        )}
        <h1>{words.console}</h1>
        <p>{words.signInText(hostname)}</p>
        {stranger !== null ? (
          <form method="post" action={SIGN_OUT_PATH} class="stack">
            <Notice kind="wrong">{words.noOperator(stranger.handle)}</Notice>
            <p>
              <ButtonLink kind="primary" href={DESTINATIONS.invites}>
                {words.toInvites}
              </ButtonLink>
            </p>
            <p class="muted">
              {words.becomeOperator} {words.elsewhere}
            </p>
            <input type="hidden" name="csrf" value={stranger.csrf} />
            <input type="hidden" name="to" value="admin" />
            <Button type="submit">{words.signOut}</Button>
          </form>
        ) : (
          <form method="post" action={SIGN_IN_PATH}>
            <input type="hidden" name="to" value="admin" />
            <Button kind="primary" type="submit" large>
              {words.signIn}
            </Button>
          </form>
        )}
        <details class="card" open={isWrongPassword}>
          <summary class="card-title">{words.breakGlass}</summary>
          <form method="post" action={ADMIN_SIGN_IN_PATH} class="stack card-body">
            <p class="muted">{words.breakGlassText}</p>
            <Field
              name="password"
              type="password"
              label={words.adminPassword}
              autocomplete="current-password"
              error={isWrongPassword ? problems.password : undefined}
              autofocus={isWrongPassword}
              required
            />
            <Button type="submit">{words.signInWithPassword}</Button>
          </form>
        </details>
      </>
    )
  },
}
