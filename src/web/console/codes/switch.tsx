import { useState } from 'preact/hooks'
import { tell } from '../../browser/call.ts'
import { Button } from '../../kit/button.tsx'
import { useWords } from '../../kit/locale.tsx'
import { consoleCodesWords } from '../../words/console/codes.ts'
import { Outcome, useActing } from '../acting.tsx'
import type { Done } from './done.tsx'
import { NoteField } from './terms.tsx'
import { useConsole, useLoaded } from '../context.ts'
import { Shown } from '../loaded.tsx'
import { closeAround } from '../opened-dialog.tsx'
import { inWords } from '../refusals.ts'

/** Disables codes or enables them again, having said first what that touches. */
export function SwitchCodes({
  codes,
  disabled,
  onDone,
}: {
  codes: readonly string[]
  disabled: boolean
  onDone: (done: Done) => void
}) {
  const words = useWords(consoleCodesWords)
  const { csrf } = useConsole()
  const [note, setNote] = useState('')
  const { said, isBusy, act } = useActing()
  const wanted = { codes: [...codes], disabled }
  const [loaded, again] = useLoaded(
    () => tell('app.latchkey.admin.setCodesDisabled', { ...wanted, preview: true }, csrf),
    [],
  )

  function doIt(): void {
    const given = note.trim()
    const input = { ...wanted, ...(given !== '' && { note: given }) }
    void act(async () => {
      const working = tell('app.latchkey.admin.setCodesDisabled', input, csrf)
      const { batch, codes: changed } = await inWords({ BatchStopped: words.stopped }, working)
      const text = disabled ? words.disabled(changed) : words.enabled(changed)
      onDone({ text, batch })
      return text
    })
  }

  return (
    <Shown loaded={loaded} again={again}>
      {({ codes: touched, accounts }) =>
        touched === 0 ? (
          <div class="stack">
            <p>{disabled ? words.disableNothing : words.enableNothing}</p>
            <Button onClick={closeAround}>{words.close}</Button>
          </div>
        ) : (
          <div class="stack">
            <p>{disabled ? words.disableText(touched, accounts) : words.enableText(touched, accounts)}</p>
            <NoteField value={note} onValue={setNote} />
            {said?.kind === 'wrong' && <Outcome said={said} />}
            <div class="dialog-buttons">
              <Button kind={disabled ? 'danger' : 'primary'} onClick={doIt} aria-disabled={isBusy}>
                {disabled ? words.disable : words.enable}
              </Button>
              <Button onClick={closeAround}>{words.cancel}</Button>
            </div>
          </div>
        )
      }
    </Shown>
  )
}
