import { useState } from 'preact/hooks'
import { tell } from '../../browser/call.ts'
import { Button } from '../../kit/button.tsx'
import { Field } from '../../kit/field.tsx'
import { useWords } from '../../kit/locale.tsx'
import { consoleAccountsWords } from '../../words/console/accounts.ts'
import type { Account } from './table.tsx'
import type { Acting } from '../acting.tsx'
import { useConsole, useIsAdministrator } from '../context.ts'
import { closeAround, OpenedDialog } from '../opened-dialog.tsx'
import { nameOf } from '../person.tsx'

/** The method takes a thousand bytes, and no character has more than three for each of what is counted here. */
const LONGEST_NOTE = 300

/** What became of an account's invites. */
export interface InvitesChange {
  readonly did: string
  readonly disabled: boolean
  /** Undefined where it stays as it was, or is not for whoever looks. */
  readonly note: string | undefined
}

/** Asks whether to turn an account's invites off or on again, and why. */
export function InvitesDialog({
  account: { person, invitesDisabled },
  acting: { act },
  onChanged,
  onClose,
}: {
  account: Account
  acting: Acting
  onChanged: (change: InvitesChange) => void
  onClose: () => void
}) {
  const words = useWords(consoleAccountsWords)
  const { csrf } = useConsole()
  const isAdministrator = useIsAdministrator()
  const [note, setNote] = useState('')
  const name = nameOf(person)
  const disabled = !invitesDisabled

  const change = async () => {
    const { did } = person
    const given = note.trim() || undefined
    const input = { accounts: [did], disabled, ...(given !== undefined && { note: given }) }
    const { accounts } = await tell('app.latchkey.admin.setInvitesDisabled', input, csrf)
    onChanged({ did, disabled, note: accounts === 1 && isAdministrator ? given : undefined })
    if (accounts === 0) return words.nothingChanged(name)
    return disabled ? words.isOff(name) : words.isOn(name)
  }
  const submit = (event: SubmitEvent & { readonly currentTarget: Element }) => {
    event.preventDefault()
    closeAround(event)
    void act(change)
  }
  const title = disabled ? words.turnOffTitle : words.turnOnTitle
  return (
    <OpenedDialog id="account-invites" title={title} onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        <p>{disabled ? words.turnOffText(name) : words.turnOnText(name)}</p>
        <Field
          name="invites-note"
          label={words.noteLabel}
          hint={words.noteHint}
          maxLength={LONGEST_NOTE}
          value={note}
          onInput={(event) => setNote(event.currentTarget.value)}
        />
        <div class="buttons">
          <Button kind={disabled ? 'danger' : 'primary'} type="submit">
            {disabled ? words.turnOff : words.turnOn}
          </Button>
          <Button onClick={closeAround}>{words.cancel}</Button>
        </div>
      </form>
    </OpenedDialog>
  )
}
