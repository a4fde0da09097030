import type { ComponentChildren } from 'preact'

/** What stands where there is nothing: one fact and one next step. */
export function EmptyState({ fact, children }: { fact: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-fact">{fact}</p>
      {children}
    </div>
  )
}
