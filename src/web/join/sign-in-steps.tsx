import { CopyButton } from '../kit/copy-button.tsx'
import { useProvider, useWords } from '../kit/locale.tsx'
import { joinWords } from '../words/join.ts'

/** Who somebody is now, or may be. */
export function YourHandle({ handle }: { handle: string }) {
  const words = useWords(joinWords)
  return (
    <div class="joined-handle">
      <p class="muted">{words.yourHandle}</p>
      <p class="joined-name">@{handle}</p>
    </div>
  )
}

/** How to sign in with an app, step by step. */
export function SignInSteps({ handle }: { handle: string }) {
  const words = useWords(joinWords)
  const provider = useProvider()
  const [openBefore, openLink, openAfter] = words.stepOpen
  return (
    <>
      <h2>{words.doneSteps}</h2>
      <ol class="steps">
        <li>
          {openBefore}
          <a href="https://bsky.app" rel="noreferrer">
            {openLink}
          </a>
          {openAfter}
        </li>
        <li>
          {words.stepProvider}
          <Given text={provider} label={words.copyProvider} />
        </li>
        <li>
          {words.stepHandle}
          <Given text={handle} label={words.copyHandle} />
        </li>
      </ol>
    </>
  )
}

/** A text to take along. */
function Given({ text, label }: { text: string; label: string }) {
  return (
    <div class="given">
      <span class="given-text">{text}</span>
      <CopyButton text={text} label={label} />
    </div>
  )
}
