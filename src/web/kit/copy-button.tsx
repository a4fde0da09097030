import { kitWords } from '../words/kit.ts'
import type { ButtonKind } from './button.tsx'
import { useWords } from './locale.tsx'

/**
 * Copies a text. It shows itself only where `browser/enhance.ts` runs, which does the copying and says so to screen
 * readers too.
 */
export function CopyButton({
  text,
  label,
  about,
  kind = 'plain',
  large = false,
}: {
  text: string
  /** `Copy` where left out. */
  label?: string
  /** What is copied, where the label does not say it. */
  about?: string
  kind?: ButtonKind
  large?: boolean
}) {
  const words = useWords(kitWords)
  return (
    <button
      type="button"
      class={`button button-${kind}${large ? ' button-large' : ''} needs-script`}
      data-copy={text}
      data-copied={words.copied}
      aria-label={about === undefined ? undefined : `${label ?? words.copy}: ${about}`}
    >
      <span data-copy-label="">{label ?? words.copy}</span>
    </button>
  )
}
