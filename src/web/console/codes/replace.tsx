import { useState } from 'preact/hooks'
import type { app } from '../../../lexicons/index.ts'
import { tell } from '../../browser/call.ts'
import { Button } from '../../kit/button.tsx'
import { useWords } from '../../kit/locale.tsx'
import { type ConsoleCodesWords, consoleCodesWords } from '../../words/console/codes.ts'
import { Outcome, useActing } from '../acting.tsx'
import { CodeCopying, JoinedWith } from './detail.tsx'
import type { Done } from './done.tsx'
import type { Code } from './table.tsx'
import { NoteField } from './terms.tsx'
import { useConsole, useLoaded } from '../context.ts'
import { Shown } from '../loaded.tsx'
import { closeAround, NextStep } from '../opened-dialog.tsx'
import { inWords } from '../refusals.ts'

type Replaced = app.latchkey.admin.replaceCode.$OutputBody

/** Puts a new code in the place of one that leaked, and tells who came in with that. */
export function ReplaceCode({ code, onDone }: { code: string; onDone: (done: Done) => void }) {
  const words = useWords(consoleCodesWords)
  const { csrf } = useConsole()
  const [note, setNote] = useState('')
  const [replaced, setReplaced] = useState<Replaced | null>(null)
  const { said, isBusy, act } = useActing()
  // The list may be of long ago, and a code that leaked is used meanwhile.
  const [loaded, again] = useLoaded(async () => {
    const { codes } = await tell('app.latchkey.admin.listCodes', { query: code }, csrf)
    return codes.find((one) => one.code === code)
  }, [])

  function replace(): void {
    const given = note.trim()
    void act(async () => {
      const working = tell(
        'app.latchkey.admin.replaceCode',
        { code, ...(given !== '' && { note: given }) },
        csrf,
      )
      const done = await inWords(
        { NotOpen: words.notOpen, NotTakenOver: words.notTakenOver, BatchStopped: words.stopped },
        working,
      )
      setReplaced(done)
      onDone({ text: words.replaced, batch: done.batch })
      return words.replaced
    })
  }

  if (replaced !== null)
    return (
      <NextStep>
        <Outcome said={said} />
        <h3>{words.newCode}</h3>
        <CodeCopying code={replaced.code} />
        <h3>{words.joinedOld}</h3>
        <JoinedWith uses={replaced.joined} next={words.handOnNew} />
        <Button kind="primary" onClick={closeAround}>
          {words.close}
        </Button>
      </NextStep>
    )
  return (
    <div class="stack">
      <p>
        <code class="code">{code}</code>
      </p>
      <Shown loaded={loaded} again={again}>
        {(found) => {
          const left = leftOf(found)
          return (
            <>
              <p>{textOf(found, words)}</p>
              {left > 0 && <NoteField value={note} onValue={setNote} />}
              <Outcome said={said} />
              <div class="dialog-buttons">
                {left > 0 && (
                  <Button kind="danger" onClick={replace} aria-disabled={isBusy}>
                    {words.replace}
                  </Button>
                )}
                <Button onClick={closeAround}>{words.cancel}</Button>
              </div>
            </>
          )
        }}
      </Shown>
    </div>
  )
}

/** For how many people a new code would be good. */
function leftOf(code: Code | undefined): number {
  return code?.state === 'open' ? code.available - code.used - code.reserved : 0
}

function textOf(code: Code | undefined, words: ConsoleCodesWords): string {
  if (code?.state !== 'open') return words.notOpen
  const left = leftOf(code)
  return left > 0 ? words.replaceText(left) : words.replaceLast
}
