import { useState } from 'preact/hooks'
import { Button } from '../kit/button.tsx'
import { Field } from '../kit/field.tsx'

/** The most that methods take to look for, in bytes; letters of handles have one each. */
const LONGEST = 256

/** A field to look for something with, by Enter or by its button. */
export function SearchForm({
  label,
  hint,
  action,
  onSearch,
}: {
  label: string
  hint: string
  /** What its button says. */
  action: string
  onSearch: (query: string) => void
}) {
  const [text, setText] = useState('')
  const search = (event: Event) => {
    event.preventDefault()
    onSearch(text.trim())
  }
  return (
    <form role="search" class="search" onSubmit={search}>
      <Field
        name="query"
        type="search"
        label={label}
        hint={hint}
        value={text}
        maxLength={LONGEST}
        autocomplete="off"
        spellcheck={false}
        autocapitalize="none"
        onInput={(event) => setText(event.currentTarget.value)}
        end={
          <Button kind="quiet" type="submit">
            {action}
          </Button>
        }
      />
    </form>
  )
}
