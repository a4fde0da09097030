import type { ComponentChildren } from 'preact'

/** Buttons for what is done seldom, folded away behind three dots. `browser/enhance.ts` closes it again. */
export function Menu({
  label,
  children,
}: {
  /** What is in it, for those who can't see where it stands. */
  label: string
  children: ComponentChildren
}) {
  return (
    <details class="menu needs-script">
      <summary class="menu-opens" aria-label={label}>
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="currentColor">
          <circle cx="2.5" cy="8" r="1.5" />
          <circle cx="8" cy="8" r="1.5" />
          <circle cx="13.5" cy="8" r="1.5" />
        </svg>
      </summary>
      <div class="menu-list">{children}</div>
    </details>
  )
}
