import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { Button } from '../kit/button.tsx'
import { CopyButton } from '../kit/copy-button.tsx'
import { Dialog } from '../kit/dialog.tsx'
import { Field } from '../kit/field.tsx'
import { useFrame, useWords } from '../kit/locale.tsx'
import { Menu } from '../kit/menu.tsx'
import { QrCode } from '../kit/qr-code.tsx'
import { Ticket } from '../kit/ticket.tsx'
import { Time } from '../kit/time.tsx'
import { invitesWords } from '../words/invites.ts'
import type { OwnCode } from './props.ts'

/** The most that `app.latchkey.labelCode` takes. */
const LONGEST_NAME = 80

/** What can be done with an invite. */
export interface InviteActions {
  readonly label: (code: string, label: string) => Promise<void>
  readonly switchOff: (code: string) => Promise<void>
}

/** An invite to give: one as a ticket, the others as rows. */
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
  const left = code.available - code.used
  const facts = (
    <p class="muted invite-facts">
      {left > 1 && <span>{words.uses(left)}</span>}
      {code.expiresAt !== undefined && (
        <span>
          {words.until}
          <Time at={code.expiresAt} />
        </span>
      )}
    </p>
  )
  const seldom = (
    <>
      <OpensDialog id={`${id}-large`} label={words.showLarge} about={code.code} />
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
  if (!large)
    return (
      <div class="invite-row">
        <div class="invite-name">
          {code.label !== undefined && <strong>{code.label}</strong>}
          <code class="code">{code.code}</code>
          {facts}
          <noscript>
            <p class="muted invite-link">{link}</p>
          </noscript>
        </div>
        <div class="invite-buttons">
          <CopyButton text={link} label={words.copyLink} about={code.code} />
          <ShareButton link={link} about={code.code} />
          <Menu label={`${words.menu}: ${code.code}`}>{seldom}</Menu>
        </div>
        {dialogs}
      </div>
    )
  return (
    <Ticket code={code.code} link={link}>
      {code.label !== undefined && <p class="invite-label">{code.label}</p>}
      <p class="muted invite-link">{link}</p>
      {facts}
      <div class="invite-buttons">
        <CopyButton text={link} label={words.copyLink} about={code.code} kind="primary" />
        <CopyButton text={code.code} label={words.copyCode} about={code.code} />
        <ShareButton link={link} about={code.code} />
      </div>
      <div class="invite-more">{seldom}</div>
      {dialogs}
    </Ticket>
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

function LargeDialog({ id, code, link }: { id: string; code: string; link: string }) {
  const words = useWords(invitesWords)
  return (
    <Dialog id={id} title={words.scan}>
      <div class="large-qr">
        <QrCode text={link} />
        <code class="code">{code}</code>
        <CopyButton text={code} label={words.copyCode} />
      </div>
    </Dialog>
  )
}

function NameDialog({
  id,
  code,
  onName,
}: {
  id: string
  code: OwnCode
  onName: (label: string) => Promise<void>
}) {
  const words = useWords(invitesWords)
  const [name, setName] = useState(code.label ?? '')
  const form = useRef<HTMLFormElement>(null)
  const save = (event: Event) => {
    event.preventDefault()
    form.current?.closest('dialog')?.close()
    void onName(name.trim())
  }
  return (
    <Dialog id={id} title={code.label === undefined ? words.name : words.rename}>
      <form ref={form} class="stack" onSubmit={save}>
        <Field
          name={`${id}-field`}
          label={words.nameLabel}
          hint={words.nameHint}
          value={name}
          maxLength={LONGEST_NAME}
          autofocus
          onInput={(event) => setName(event.currentTarget.value)}
        />
        <Button kind="primary" type="submit">
          {words.save}
        </Button>
      </form>
    </Dialog>
  )
}

function OffDialog({ id, onOff }: { id: string; onOff: () => Promise<void> }) {
  const words = useWords(invitesWords)
  const form = useRef<HTMLFormElement>(null)
  const off = () => {
    form.current?.closest('dialog')?.close()
    void onOff()
  }
  return (
    <Dialog id={id} title={words.switchOffTitle}>
      <form ref={form} method="dialog" class="stack">
        <p>{words.switchOffText}</p>
        <div class="invite-buttons">
          <Button kind="danger" onClick={off}>
            {words.switchOff}
          </Button>
          <Button type="submit">{words.keep}</Button>
        </div>
      </form>
    </Dialog>
  )
}
