import type { ComponentChildren } from 'preact'

/** Something that people should know before they go on. What is wrong is told to screen readers at once. */
export function Notice({
  kind = 'info',
  children,
}: {
  kind?: 'info' | 'good' | 'wrong'
  children: ComponentChildren
}) {
  return (
    <div class={`notice notice-${kind}`} role={kind === 'wrong' ? 'alert' : 'status'}>
      {children}
    </div>
  )
}
