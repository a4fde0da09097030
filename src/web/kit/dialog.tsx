import type { ComponentChildren } from 'preact'
import { kitWords } from '../words/kit.ts'
import { useWords } from './locale.tsx'

/** A window over the page: a native dialog, which keeps the focus inside and closes on Escape. */
export function Dialog({
  id,
  title,
  children,
}: {
  /** A button with `data-opens` of this id opens it, by `browser/enhance.ts`; scripts may call `showModal`. */
  id: string
  title: string
  children: ComponentChildren
}) {
  const words = useWords(kitWords)
  return (
    <dialog id={id} class="dialog" aria-labelledby={`${id}-title`}>
      <form method="dialog" class="dialog-head">
        <h2 id={`${id}-title`}>{title}</h2>
        <button class="dialog-close" aria-label={words.close}>
          <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path
              d="M3 3l10 10M13 3L3 13"
              fill="none"
              stroke="currentColor"
              stroke-width="2"
              stroke-linecap="round"
            />
          </svg>
        </button>
      </form>
      {children}
    </dialog>
  )
}
