import { useState } from 'preact/hooks'
import type { DatetimeString } from '@atproto/lex-schema'
import { Field } from '../../kit/field.tsx'
import { useWords } from '../../kit/locale.tsx'
import { consoleCodesWords } from '../../words/console/codes.ts'

/** The most that methods take, in bytes: no character of those that are counted has more than three. */
const LONGEST_NOTE = 300

/** What new codes have in common, as methods take it. */
export interface Terms {
  readonly uses: number
  readonly expiresAt?: DatetimeString
  readonly note?: string
}

/** @returns the terms, and the fields to set them by */
export function useTerms() {
  const words = useWords(consoleCodesWords)
  const [uses, setUses] = useState('1')
  const [lastDay, setLastDay] = useState('')
  const [note, setNote] = useState('')
  const terms: Terms = {
    uses: Number(uses),
    ...(lastDay !== '' && { expiresAt: `${lastDay}T23:59:59.999Z` as DatetimeString }),
    ...(note.trim() !== '' && { note: note.trim() }),
  }
  const fields = (
    <>
      <CountField name="uses" label={words.usesEach} value={uses} onValue={setUses} />
      <Field
        name="last-day"
        type="date"
        label={words.expiry}
        hint={words.expiryHint}
        value={lastDay}
        onInput={(event) => setLastDay(event.currentTarget.value)}
      />
      <NoteField value={note} onValue={setNote} />
    </>
  )
  return { terms, fields }
}

/** How many. */
export function CountField({
  name,
  label,
  most,
  value,
  onValue,
}: {
  name: string
  label: string
  most?: number
  value: string
  onValue: (value: string) => void
}) {
  return (
    <Field
      name={name}
      type="number"
      inputMode="numeric"
      label={label}
      min={1}
      max={most}
      step={1}
      required
      value={value}
      onInput={(event) => onValue(event.currentTarget.value)}
    />
  )
}

/** Why, or what for. */
export function NoteField({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  const words = useWords(consoleCodesWords)
  return (
    <Field
      name="note"
      label={words.note}
      hint={words.noteHint}
      maxLength={LONGEST_NOTE}
      autocomplete="off"
      value={value}
      onInput={(event) => onValue(event.currentTarget.value)}
    />
  )
}
