import { useState } from 'preact/hooks'
import { tell } from '../../browser/call.ts'
import { Button } from '../../kit/button.tsx'
import { CopyButton } from '../../kit/copy-button.tsx'
import { Field } from '../../kit/field.tsx'
import { useWords } from '../../kit/locale.tsx'
import { consoleCodesWords } from '../../words/console/codes.ts'
import { Outcome, useActing } from '../acting.tsx'
import { CodeCopying } from './detail.tsx'
import type { Done } from './done.tsx'
import { CountField, useTerms } from './terms.tsx'
import { useConsole } from '../context.ts'
import { closeAround, NextStep } from '../opened-dialog.tsx'
import { inWords } from '../refusals.ts'

/** The most that `app.latchkey.admin.createCodes` makes at once. */
const MOST = 10_000

/** So many new codes are shown; all can be copied. */
const SHOWN = 20

/** Creates one code or many, and hands them out. */
export function CreateCodes({ onDone }: { onDone: (done: Done) => void }) {
  const words = useWords(consoleCodesWords)
  const { csrf } = useConsole()
  const { terms, fields } = useTerms()
  const { said, isBusy, act } = useActing()
  const [count, setCount] = useState('1')
  const [owner, setOwner] = useState('')
  const [made, setMade] = useState<readonly string[]>([])

  async function create(event: Event): Promise<void> {
    event.preventDefault()
    await act(async () => {
      const named = owner.trim()
      const wanted = { count: Number(count), ...terms, ...(named !== '' && { owner: named }) }
      const sentences = { UnknownAccount: words.unknownAccount, BatchStopped: words.stopped }
      const { batch, codes } = await inWords(sentences, tell('app.latchkey.admin.createCodes', wanted, csrf))
      setMade(codes)
      const text = words.made(codes.length)
      onDone({ text, batch })
      return text
    })
  }

  if (made.length > 0)
    return (
      <NextStep>
        <Outcome said={said} />
        <MadeCodes codes={made} />
        <Button kind="primary" onClick={closeAround}>
          {words.close}
        </Button>
      </NextStep>
    )
  return (
    <form class="stack" onSubmit={(event) => void create(event)}>
      <CountField name="count" label={words.count} most={MOST} value={count} onValue={setCount} />
      <Field
        name="owner"
        label={words.owner}
        hint={words.ownerHint}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        value={owner}
        onInput={(event) => setOwner(event.currentTarget.value)}
      />
      {fields}
      {Number(count) > 0 && terms.uses > 0 && (
        <p role="status">{words.making(Number(count), terms.uses, owner.trim())}</p>
      )}
      <Outcome said={said} />
      <div class="dialog-buttons">
        <Button kind="primary" type="submit" aria-disabled={isBusy}>
          {words.make}
        </Button>
        <Button onClick={closeAround}>{words.cancel}</Button>
      </div>
    </form>
  )
}

function MadeCodes({ codes }: { codes: readonly string[] }) {
  const words = useWords(consoleCodesWords)
  const [only, ...others] = codes
  if (only !== undefined && others.length === 0) return <CodeCopying code={only} />
  return (
    <>
      <ul class="codes-list">
        {codes.slice(0, SHOWN).map((code) => (
          <li key={code}>
            <code class="code">{code}</code>
          </li>
        ))}
        {codes.length > SHOWN && <li class="muted">{words.andMore(codes.length - SHOWN)}</li>}
      </ul>
      <div class="dialog-buttons">
        <CopyButton text={codes.join('\n')} label={words.copyAll} />
      </div>
    </>
  )
}
