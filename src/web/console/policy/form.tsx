import { useState } from 'preact/hooks'
import type { app } from '../../../lexicons/index.ts'
import { tell } from '../../browser/call.ts'
import { announce } from '../../browser/enhance.ts'
import { Button } from '../../kit/button.tsx'
import { CheckField, Field, SelectField } from '../../kit/field.tsx'
import { useWords } from '../../kit/locale.tsx'
import { Notice } from '../../kit/notice.tsx'
import { consolePolicyWords } from '../../words/console/policy.ts'
import type { Acting } from '../acting.tsx'
import { useConsole } from '../context.ts'
import { type Draft, draftOf, type Policy, policyOf, type Unit, unitsFor } from './draft.ts'

type Preview = app.latchkey.admin.setPolicy.$OutputBody

/** The settings that write a part of the policy. */
const SETTINGS = {
  interval: 'LATCHKEY_INVITE_INTERVAL',
  epoch: 'LATCHKEY_INVITE_EPOCH',
  cap: 'LATCHKEY_INVITE_CAP',
} as const

/** Writes a policy: first it is seen what it would do, then it is changed. */
export function PolicyForm({
  policy,
  settings,
  acting: { act, clear, isBusy },
  onChanged,
}: {
  policy: Policy
  /** The names of those that write a part of it. */
  settings: readonly string[]
  acting: Acting
  onChanged: () => void
}) {
  const words = useWords(consolePolicyWords)
  const { csrf } = useConsole()
  const [draft, setDraft] = useState(() => draftOf(policy))
  const [preview, setPreview] = useState<Preview | null>(null)
  const change = (part: Partial<Draft>) => {
    setDraft({ ...draft, ...part })
    setPreview(null)
    clear()
  }
  const wanted = { policy: policyOf(draft, policy) }
  const isFixed = (part: keyof typeof SETTINGS) => settings.includes(SETTINGS[part])
  if (settings.length === Object.keys(SETTINGS).length) return null

  const look = (event: Event) => {
    event.preventDefault()
    void act(async () => {
      const found = await tell('app.latchkey.admin.setPolicy', { ...wanted, preview: true }, csrf)
      setPreview(found)
      announce(words.releases(found.codes, found.accounts))
      return undefined
    })
  }
  const confirm = async () => {
    const isDone = await act(async () => {
      await tell('app.latchkey.admin.setPolicy', wanted, csrf)
      return words.changed
    })
    if (isDone) onChanged()
  }
  return (
    <form class="card policy stack" onSubmit={look}>
      <h2>{words.change}</h2>
      <CheckField
        name="earn"
        checked={draft.doEarn}
        disabled={isFixed('interval')}
        onChange={(event) => change({ doEarn: event.currentTarget.checked })}
      >
        {words.doEarn}
      </CheckField>
      {draft.doEarn && (
        <>
          <div class="policy-interval">
            <Field
              name="interval"
              type="number"
              label={words.interval}
              // Odd lengths, such as settings may write, can be kept.
              min={Math.min(1, Number(draftOf(policy).count))}
              step="any"
              required
              disabled={isFixed('interval')}
              value={draft.count}
              onInput={(event) => change({ count: event.currentTarget.value })}
            />
            <SelectField
              name="unit"
              label={words.unit}
              disabled={isFixed('interval')}
              value={draft.unit}
              onChange={(event) => change({ unit: event.currentTarget.value as Unit })}
            >
              {unitsFor(policy).map((unit) => (
                <option key={unit} value={unit}>
                  {words.units[unit]}
                </option>
              ))}
            </SelectField>
          </div>
          <Field
            name="epoch"
            type="date"
            label={words.epoch}
            hint={words.epochHint}
            min="1970-01-01"
            disabled={isFixed('epoch')}
            value={draft.from}
            onInput={(event) => change({ from: event.currentTarget.value })}
          />
          <Field
            name="cap"
            type="number"
            label={words.cap}
            hint={words.capHint}
            min="1"
            max="1000"
            step="1"
            required
            disabled={isFixed('cap')}
            value={draft.cap}
            onInput={(event) => change({ cap: event.currentTarget.value })}
          />
        </>
      )}
      <Button type="submit" aria-disabled={isBusy}>
        {words.preview}
      </Button>
      {preview !== null && (
        <div class="stack">
          <Notice>
            <p>{words.releases(preview.codes, preview.accounts)}</p>
            {preview.unknown > 0 && <p>{words.unknown(preview.unknown)}</p>}
          </Notice>
          <Button kind="primary" onClick={() => void confirm()} aria-disabled={isBusy}>
            {words.confirm}
          </Button>
        </div>
      )}
    </form>
  )
}
