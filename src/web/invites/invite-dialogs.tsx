import { useRef, useState } from 'preact/hooks'
import { Button } from '../kit/button.tsx'
import { CopyButton } from '../kit/copy-button.tsx'
import { Dialog } from '../kit/dialog.tsx'
import { Field } from '../kit/field.tsx'
import { useWords } from '../kit/locale.tsx'
import { QrCode } from '../kit/qr-code.tsx'
import { invitesWords } from '../words/invites.ts'
import type { OwnCode } from './props.ts'

/** The most that `app.latchkey.labelCode` takes. */
const LONGEST_NAME = 80

/** The QR code, as large as there is room for, and the code to type. */
export function LargeDialog({ id, code, link }: { id: string; code: string; link: string }) {
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

/** What its owner calls an invite. */
export function NameDialog({
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

/** Asks before an invite is switched off. */
export function OffDialog({ id, onOff }: { id: string; onOff: () => Promise<void> }) {
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
