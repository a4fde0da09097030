import type { ComponentChildren } from 'preact'
import { kitWords } from '../words/kit.ts'
import { useWords } from './locale.tsx'
import { QrCode } from './qr-code.tsx'

/** An invite as a ticket, with a stub to tear off that carries its link. */
export function Ticket({
  code,
  link,
  caption,
  stub = 'always',
  children,
}: {
  code: string
  link: string
  /** What stands under the QR code. */
  caption?: string
  /** `wide`: the QR code only where there is room for it beside, since nobody scans the screen that they hold. */
  stub?: 'always' | 'wide'
  /** What stands under the code: what it is good for, and what can be done with it. */
  children?: ComponentChildren
}) {
  const words = useWords(kitWords)
  return (
    <div class={`ticket ticket-stub-${stub}`}>
      <div class="ticket-body">
        <p class="ticket-label">{words.inviteCode}</p>
        <p class="ticket-code">
          <code>{code}</code>
        </p>
        {children !== undefined && <div class="ticket-note">{children}</div>}
      </div>
      <div class="ticket-stub">
        <QrCode text={link} />
        {caption !== undefined && <p class="ticket-caption">{caption}</p>}
      </div>
    </div>
  )
}

/** An invite as a ticket among many: what it is, and on its stub what can be done with it. */
export function SmallTicket({
  kind = 'good',
  stub,
  children,
}: {
  /** `spent`: nobody comes in with it any more, so it stands back. */
  kind?: 'good' | 'spent'
  /** What can be done with it, or what became of it. */
  stub: ComponentChildren
  children: ComponentChildren
}) {
  return (
    <div class={`ticket ticket-small${kind === 'spent' ? ' ticket-spent' : ''}`}>
      <div class="ticket-body">{children}</div>
      {/* Buttons of a good one are there only where scripts run. */}
      <div class={`ticket-stub${kind === 'good' ? ' needs-script' : ''}`}>{stub}</div>
    </div>
  )
}
