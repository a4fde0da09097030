import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Dialog } from '../kit/dialog.tsx'

/** A dialog that is open for as long as it is there. Its contents may change meanwhile: the focus goes with them. */
export function OpenedDialog({
  id,
  title,
  onClose,
  children,
}: {
  id: string
  title: string
  /** It closed, by a button in it or by Escape: whoever shows it takes it away. */
  onClose: () => void
  children: ComponentChildren
}) {
  const body = useRef<HTMLDivElement>(null)
  const closed = useRef(onClose)
  closed.current = onClose
  useEffect(() => {
    const dialog = body.current?.closest('dialog')
    const tell = () => closed.current()
    dialog?.addEventListener('close', tell)
    dialog?.showModal()
    return () => dialog?.removeEventListener('close', tell)
  }, [])
  useEffect(() => {
    const place = body.current
    const first = place?.querySelector<HTMLElement>('input, button, a') ?? place
    first?.focus()
  }, [title])
  return (
    <Dialog id={id} title={title}>
      <div ref={body} tabIndex={-1} class="dialog-body">
        {children}
      </div>
    </Dialog>
  )
}

/** What stands in a dialog from some step on. It takes the focus, since what had it is gone. */
export function NextStep({ children }: { children: ComponentChildren }) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => place.current?.focus(), [])
  return (
    <div ref={place} tabIndex={-1} class="stack dialog-body">
      {children}
    </div>
  )
}

/** Closes the dialog that a button stands in, by which the focus goes back to where it was. */
export function closeAround({ currentTarget }: { readonly currentTarget: Element }): void {
  currentTarget.closest('dialog')?.close()
}
