import { useState } from 'preact/hooks'
import { tell } from '../../browser/call.ts'
import { Button } from '../../kit/button.tsx'
import { useWords } from '../../kit/locale.tsx'
import { consoleCodesWords } from '../../words/console/codes.ts'
import { Outcome, useActing } from '../acting.tsx'
import { CountField, useTerms } from './terms.tsx'
import type { Done } from './done.tsx'
import { useConsole } from '../context.ts'
import { closeAround, NextStep } from '../opened-dialog.tsx'
import { inWords } from '../refusals.ts'

/** The most codes for each account at once. */
const MOST = 100

/** Gives every active account codes, once somebody has seen how many that makes. */
export function GiveCodes({ onDone }: { onDone: (done: Done) => void }) {
  const words = useWords(consoleCodesWords)
  const { csrf } = useConsole()
  const { terms, fields } = useTerms()
  const { said, isBusy, act } = useActing()
  const [count, setCount] = useState('1')
  const [preview, setPreview] = useState<{ accounts: number; codes: number } | null>(null)

  function give(isPreview: boolean) {
    const wanted = { count: Number(count), ...terms, preview: isPreview }
    return inWords(
      { BatchStopped: words.stopped, BatchUnderWay: words.underWay },
      tell('app.latchkey.admin.giveCodes', wanted, csrf),
    )
  }
  const look = (event: Event) => {
    event.preventDefault()
    void act(async () => {
      const found = await give(true)
      setPreview(found)
      return words.giving(found.codes, found.accounts)
    })
  }
  const doIt = () =>
    void act(async () => {
      const { batch, codes, accounts } = await give(false)
      const text = words.given(codes, accounts)
      onDone({ text, batch })
      return text
    })

  if (preview !== null)
    return (
      <NextStep>
        <p>{words.giving(preview.codes, preview.accounts)}</p>
        {said?.kind === 'wrong' && <Outcome said={said} />}
        <div class="dialog-buttons">
          {preview.codes > 0 && (
            <Button kind="primary" onClick={doIt} aria-disabled={isBusy}>
              {words.giveNow(preview.codes)}
            </Button>
          )}
          <Button onClick={() => setPreview(null)}>{words.change}</Button>
          <Button onClick={closeAround}>{words.cancel}</Button>
        </div>
      </NextStep>
    )
  return (
    <form class="stack" onSubmit={look}>
      <p>{words.giveText}</p>
      <CountField name="count" label={words.each} most={MOST} value={count} onValue={setCount} />
      {fields}
      {said?.kind === 'wrong' && <Outcome said={said} />}
      <div class="dialog-buttons">
        <Button kind="primary" type="submit" aria-disabled={isBusy}>
          {words.preview}
        </Button>
        <Button onClick={closeAround}>{words.cancel}</Button>
      </div>
    </form>
  )
}
