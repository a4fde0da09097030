import type { ComponentChildren } from 'preact'
import { Button } from '../kit/button.tsx'
import { useWords } from '../kit/locale.tsx'
import { Notice } from '../kit/notice.tsx'
import { consoleWords } from '../words/console/frame.ts'
import type { Loaded } from './context.ts'
import { SignInAgain } from './sign-in-again.tsx'

/** Shows what was read, or says that it is on its way or did not come. */
export function Shown<T>({
  loaded,
  again,
  children,
}: {
  loaded: Loaded<T>
  again: () => void
  children: (value: T) => ComponentChildren
}) {
  const words = useWords(consoleWords)
  if (loaded.kind === 'loading') return <p class="muted needs-script">{words.loading}</p>
  if (loaded.kind === 'here') return <>{children(loaded.value)}</>
  const reasons: Readonly<Record<number, string>> = { 401: words.signedOut, 403: words.notAllowed }
  return (
    <Notice kind="wrong">
      <p>{reasons[loaded.status] ?? words.failed}</p>
      {loaded.status === 401 ? <SignInAgain /> : <Button onClick={again}>{words.reload}</Button>}
    </Notice>
  )
}
