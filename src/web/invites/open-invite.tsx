import { useEffect, useId, useState } from 'preact/hooks'
import { Button } from '../kit/button.tsx'
import { CopyButton } from '../kit/copy-button.tsx'
import { useFrame, useWords } from '../kit/locale.tsx'
import { Menu } from '../kit/menu.tsx'
import { SmallTicket, Ticket } from '../kit/ticket.tsx'
import { Time } from '../kit/time.tsx'
import { invitesWords } from '../words/invites.ts'
import { Guests } from './guests.tsx'
import { LargeDialog, NameDialog, OffDialog } from './invite-dialogs.tsx'
import type { OwnCode } from './props.ts'

/** What can be done with an invite. */
export interface InviteActions {
  readonly label: (code: string, label: string) => Promise<void>
  readonly switchOff: (code: string) => Promise<void>
}

/** An invite to give, as a ticket: the one to begin with large, the others small. */
export function OpenInvite({
  code,
  web,
  actions,
  large = false,
}: {
  code: OwnCode
  web: string
  actions: InviteActions
  large?: boolean
}) {
  const words = useWords(invitesWords)
  const id = useId()
  const link = `${web}/join/${encodeURIComponent(code.code)}`
  const seldom = (
    <>
      <OpensDialog
        id={`${id}-name`}
        label={code.label === undefined ? words.name : words.rename}
        about={code.code}
      />
      <OpensDialog id={`${id}-off`} label={words.switchOff} about={code.code} />
    </>
  )
  const dialogs = (
    <>
      <LargeDialog id={`${id}-large`} code={code.code} link={link} />
      <NameDialog id={`${id}-name`} code={code} onName={(label) => actions.label(code.code, label)} />
      <OffDialog id={`${id}-off`} onOff={() => actions.switchOff(code.code)} />
    </>
  )
  const toCopy = (
    <CopyButton text={link} label={words.copyLink} about={code.code} kind={large ? 'primary' : 'plain'} />
  )
  if (!large)
    return (
      <SmallTicket
        stub={
          <div class="invite-buttons">
            {toCopy}
            <ShareButton link={link} about={code.code} />
            <QrButton opens={`${id}-large`} about={code.code} />
          </div>
        }
      >
        <div class="invite-head">
          <div class="invite-name">
            {code.label !== undefined && <strong>{code.label}</strong>}
            <code class="ticket-code">{code.code}</code>
            <Facts code={code} />
            <noscript>
              <p class="muted invite-link">{link}</p>
            </noscript>
          </div>
          <Menu label={`${words.menu}: ${code.code}`}>
            <CopyButton text={code.code} label={words.copyCode} about={code.code} kind="quiet" />
            {seldom}
          </Menu>
        </div>
        <Guests uses={code.uses} />
        {dialogs}
      </SmallTicket>
    )
  return (
    <Ticket code={code.code} link={link}>
      {code.label !== undefined && <p class="invite-label">{code.label}</p>}
      <p class="muted invite-link">{link}</p>
      <Facts code={code} />
      <div class="invite-buttons">
        {toCopy}
        <CopyButton text={code.code} label={words.copyCode} about={code.code} />
        <ShareButton link={link} about={code.code} />
      </div>
      <div class="invite-more">
        <OpensDialog id={`${id}-large`} label={words.showLarge} about={code.code} />
        {seldom}
      </div>
      <Guests uses={code.uses} />
      {dialogs}
    </Ticket>
  )
}

/** How many it is good for, and until when, where that is not one person for ever. */
function Facts({ code: { available, used, expiresAt } }: { code: OwnCode }) {
  const words = useWords(invitesWords)
  const left = available - used
  if (left < 2 && expiresAt === undefined) return null
  return (
    <p class="muted invite-facts">
      {left > 1 && <span>{words.uses(left)}</span>}
      {expiresAt !== undefined && (
        <span>
          {words.until}
          <Time at={expiresAt} />
        </span>
      )}
    </p>
  )
}

/** Opens the QR code of a small ticket, which has no room for it. */
function QrButton({ opens, about }: { opens: string; about: string }) {
  const words = useWords(invitesWords)
  return (
    <button
      type="button"
      class="button button-plain invite-qr"
      data-opens={opens}
      aria-label={`${words.showQr}: ${about}`}
      title={words.showQr}
    >
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="currentColor">
        <path
          d="M1 1h6v6H1zM2.6 2.6v2.8h2.8V2.6zM9 1h6v6H9zM10.6 2.6v2.8h2.8V2.6zM1 9h6v6H1zM2.6 10.6v2.8h2.8v-2.8z"
          fill-rule="evenodd"
        />
        <path d="M9 9h2.4v2.4H9zM12.6 9H15v2.4h-2.4zM10.8 11.4h2.4v1.8h-2.4zM9 12.6h1.8V15H9zM13.2 12.6H15V15h-1.8z" />
      </svg>
    </button>
  )
}

/** A button for a dialog. What it is about is told to those who can't see where it stands. */
function OpensDialog({ id, label, about }: { id: string; label: string; about: string }) {
  return (
    <button
      type="button"
      class="button button-quiet button-small needs-script"
      data-opens={id}
      aria-label={`${label}: ${about}`}
    >
      {label}
    </button>
  )
}

/** The browser's own way to share, where it has one. */
function ShareButton({ link, about }: { link: string; about: string }) {
  const words = useWords(invitesWords)
  const { hostname } = useFrame()
  const [canShare, setCanShare] = useState(false)
  // Not before the page is taken over: the server draws none.
  useEffect(() => setCanShare(typeof navigator.share === 'function'), [])
  if (!canShare) return null
  const share = () => {
    // Whoever changes their mind has not made a mistake.
    navigator.share({ title: words.shareText(hostname), url: link }).catch(() => undefined)
  }
  return (
    <Button onClick={share} aria-label={`${words.share}: ${about}`}>
      {words.share}
    </Button>
  )
}
