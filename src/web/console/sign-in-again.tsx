import { ButtonLink } from '../kit/button.tsx'
import { useWords } from '../kit/locale.tsx'
import { consoleWords } from '../words/console/frame.ts'
import { useConsole } from './context.ts'
import { pathOf } from './paths.ts'

/** For whoever was signed in and is not any more: the page of this view, which asks them to sign in. */
export function SignInAgain() {
  const words = useWords(consoleWords)
  const { view } = useConsole()
  return <ButtonLink href={pathOf(view)}>{words.signInAgain}</ButtonLink>
}
