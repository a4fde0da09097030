import { useRef, useState } from 'preact/hooks'
import type { app } from '../../../lexicons/index.ts'
import { tell } from '../../browser/call.ts'
import { Button } from '../../kit/button.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { CheckField, Field } from '../../kit/field.tsx'
import { useWords } from '../../kit/locale.tsx'
import { Time } from '../../kit/time.tsx'
import { consoleOverviewWords } from '../../words/console/overview.ts'
import type { Acting } from '../acting.tsx'
import { useConsole, useIsAdministrator } from '../context.ts'

const PAUSE_DIALOG = 'pause'

/** The method takes a thousand bytes, and no character has more than three for each of what is counted here. */
const LONGEST_MESSAGE = 300

/** Why nobody can sign up. The server's sentence, which is English in every language. */
export function Fault({ sentence }: { sentence: string }) {
  const words = useWords(consoleOverviewWords)
  return (
    <section class="card standing standing-closed" role="alert">
      <div>
        <h2>{words.closed}</h2>
        <p lang="en">{sentence}</p>
        <p>{words.closedNext}</p>
      </div>
    </section>
  )
}

/** That the doors are open, and how to close them. */
export function SignUpsOpen({ count, isFaulty }: { count: number; isFaulty: boolean }) {
  const words = useWords(consoleOverviewWords)
  const isAdministrator = useIsAdministrator()
  const pausing = isAdministrator && (
    <button type="button" class="button button-plain needs-script" data-opens={PAUSE_DIALOG}>
      {words.pause}
    </button>
  )
  if (isFaulty) return <>{pausing}</>
  return (
    <section class="card standing">
      <div>
        <h2>{words.open}</h2>
        <p class="muted">{words.openText(count)}</p>
      </div>
      {pausing}
    </section>
  )
}

/** That the doors are closed on purpose, and how to open them. */
export function Paused({
  pause: { since, exceptMigrations, message },
  acting: { act, isBusy },
  onDone,
}: {
  pause: app.latchkey.admin.getStatus.Pause
  acting: Acting
  onDone: () => void
}) {
  const words = useWords(consoleOverviewWords)
  const { csrf } = useConsole()
  const isAdministrator = useIsAdministrator()
  const resume = async () => {
    const isDone = await act(async () => {
      await tell('app.latchkey.admin.setPause', { paused: false }, csrf)
      return words.isResumed
    })
    if (isDone) onDone()
  }
  return (
    <section class="card standing standing-paused">
      <div>
        <h2>{words.paused}</h2>
        <p>
          {words.pausedSince}
          <Time at={since} precise />. {exceptMigrations ? words.pausedExceptMigrations : words.pausedAll}
        </p>
        {message !== undefined && (
          <p>
            {words.pausedMessage} <q>{message}</q>
          </p>
        )}
      </div>
      {isAdministrator && (
        <Button kind="primary" onClick={() => void resume()} aria-disabled={isBusy}>
          {words.resume}
        </Button>
      )}
    </section>
  )
}

/** Asks what people at the doors are told, and who still gets in. */
export function PauseDialog({ acting: { act, isBusy }, onDone }: { acting: Acting; onDone: () => void }) {
  const words = useWords(consoleOverviewWords)
  const { csrf } = useConsole()
  const [message, setMessage] = useState('')
  const [exceptMigrations, setExceptMigrations] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const close = () => form.current?.closest('dialog')?.close()
  const pause = async () => {
    const told = message.trim()
    const isDone = await act(async () => {
      const input = { paused: true, exceptMigrations, ...(told !== '' && { message: told }) }
      await tell('app.latchkey.admin.setPause', input, csrf)
      return words.isPaused
    })
    if (isDone) onDone()
  }
  const submit = (event: Event) => {
    event.preventDefault()
    close()
    void pause()
  }
  return (
    <Dialog id={PAUSE_DIALOG} title={words.pauseTitle}>
      <form ref={form} class="stack" onSubmit={submit}>
        <p>{words.pauseText}</p>
        <Field
          name="pause-message"
          label={words.message}
          hint={words.messageHint}
          maxLength={LONGEST_MESSAGE}
          value={message}
          onInput={(event) => setMessage(event.currentTarget.value)}
        />
        <CheckField
          name="pause-migrations"
          checked={exceptMigrations}
          onChange={(event) => setExceptMigrations(event.currentTarget.checked)}
        >
          {words.exceptMigrations}
        </CheckField>
        <div class="buttons">
          <Button kind="danger" type="submit" aria-disabled={isBusy}>
            {words.pause}
          </Button>
          <Button onClick={close}>{words.keep}</Button>
        </div>
      </form>
    </Dialog>
  )
}
