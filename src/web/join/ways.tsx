import type { ComponentChildren } from 'preact'
import { CopyButton } from '../kit/copy-button.tsx'
import { useFrame, useProvider, useWords } from '../kit/locale.tsx'
import { joinWords } from '../words/join.ts'

/** Where the AT Protocol's own guide to moving accounts is. */
const MIGRATION_GUIDE = 'https://atproto.com/guides/account-migration'

/** One way in. Of those with one name, browsers open one at a time. */
export function Way({
  title,
  open = false,
  children,
}: {
  title: string
  open?: boolean
  children: ComponentChildren
}) {
  return (
    <details class="join-way" name="way" open={open}>
      <summary>
        <h2>{title}</h2>
        <svg class="join-way-sign" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
          <path
            d="M4 6l4 4 4-4"
            fill="none"
            stroke="currentColor"
            stroke-width="2"
            stroke-linecap="round"
            stroke-linejoin="round"
          />
        </svg>
      </summary>
      <div class="join-way-body stack">{children}</div>
    </details>
  )
}

/** With the sign-up of any app. */
export function AppWay({ code }: { code: string }) {
  const words = useWords(joinWords)
  const provider = useProvider()
  return (
    <>
      <Steps steps={words.appSteps(provider)} />
      <Copies code={code} />
    </>
  )
}

/** With an account that lives elsewhere. */
export function MoveWay({ code }: { code: string }) {
  const words = useWords(joinWords)
  const { hostname } = useFrame()
  const provider = useProvider()
  return (
    <>
      <p>{words.moveAbout(hostname)}</p>
      <Steps steps={words.moveSteps(provider)} />
      <p>
        <a href={MIGRATION_GUIDE} rel="noreferrer">
          {words.moveGuide}
        </a>
      </p>
      <Copies code={code} />
    </>
  )
}

function Copies({ code }: { code: string }) {
  const words = useWords(joinWords)
  const provider = useProvider()
  return (
    <div class="row">
      <CopyButton text={code} label={words.copyCode} />
      <CopyButton text={provider} label={words.copyProvider} />
    </div>
  )
}

function Steps({ steps }: { steps: readonly string[] }) {
  return (
    <ol class="steps">
      {steps.map((step) => (
        <li key={step}>{step}</li>
      ))}
    </ol>
  )
}
