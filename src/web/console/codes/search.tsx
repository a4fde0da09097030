import { useState } from 'preact/hooks'
import type { app } from '../../../lexicons/index.ts'
import { Button } from '../../kit/button.tsx'
import { Field, SelectField } from '../../kit/field.tsx'
import { useWords } from '../../kit/locale.tsx'
import { consoleCodesWords } from '../../words/console/codes.ts'

const STATES = ['open', 'usedUp', 'expired', 'disabled'] as const
const KINDS = ['gifted', 'earned'] as const
const SORTS = ['recent', 'usage'] as const

/** Which codes are looked for, and in which order. Stands in no address: what is typed may be a code. */
export type CodeSearch = Omit<app.latchkey.admin.listCodes.$InputBody, 'limit' | 'cursor'>

/** Looks for codes: by text on Enter or the button, by the rest at once. */
export function CodeSearchForm({
  search,
  onSearch,
}: {
  search: CodeSearch
  onSearch: (search: CodeSearch) => void
}) {
  const words = useWords(consoleCodesWords)
  const [query, setQuery] = useState('')
  const { query: _looked, state, kind, sort } = search
  const withQuery = (others: CodeSearch): CodeSearch => ({
    ...others,
    ...(query.trim() !== '' && { query: query.trim() }),
  })
  const send = (event: Event) => {
    event.preventDefault()
    onSearch(withQuery({ state, kind, sort }))
  }
  return (
    <form role="search" class="codes-search" onSubmit={send}>
      <Field
        name="query"
        type="search"
        label={words.query}
        value={query}
        maxLength={256}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        onInput={(event) => setQuery(event.currentTarget.value)}
        end={
          <Button kind="quiet" type="submit">
            {words.search}
          </Button>
        }
      />
      <Choice
        name="state"
        label={words.state}
        any={words.anyState}
        values={STATES}
        names={words.states}
        value={state}
        onChoice={(chosen) => onSearch(withQuery({ state: chosen, kind, sort }))}
      />
      <Choice
        name="kind"
        label={words.kind}
        any={words.anyKind}
        values={KINDS}
        names={words.kinds}
        value={kind}
        onChoice={(chosen) => onSearch(withQuery({ state, kind: chosen, sort }))}
      />
      <Choice
        name="sort"
        label={words.sort}
        values={SORTS}
        names={words.sorts}
        value={sort}
        onChoice={(chosen) => onSearch(withQuery({ state, kind, sort: chosen }))}
      />
    </form>
  )
}

function Choice<V extends string>({
  name,
  label,
  any,
  values,
  names,
  value,
  onChoice,
}: {
  name: string
  label: string
  /** What stands for no choice, where that is one. */
  any?: string
  values: readonly V[]
  names: Readonly<Record<V, string>>
  value: string | undefined
  onChoice: (value: V | undefined) => void
}) {
  return (
    <SelectField
      name={name}
      label={label}
      value={value ?? ''}
      onChange={({ currentTarget }) => onChoice(values.find((one) => one === currentTarget.value))}
    >
      {any !== undefined && <option value="">{any}</option>}
      {values.map((one) => (
        <option key={one} value={one}>
          {names[one]}
        </option>
      ))}
    </SelectField>
  )
}
