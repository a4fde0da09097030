import type { app } from '../../../lexicons/index.ts'
import { useWords } from '../../kit/locale.tsx'
import { type Column, Table } from '../../kit/table.tsx'
import { Time } from '../../kit/time.tsx'
import { consoleCodesWords } from '../../words/console/codes.ts'
import { PersonName } from '../person.tsx'

export type Code = app.latchkey.defs.CodeForOperators

/** Codes, each of which can be selected and opened. */
export function CodeTable({
  codes,
  selected,
  onSelect,
  onOpen,
}: {
  codes: readonly Code[]
  selected: ReadonlySet<string>
  onSelect: (code: string, isSelected: boolean) => void
  onOpen: (code: Code) => void
}) {
  const words = useWords(consoleCodesWords)
  const columns: readonly Column<Code>[] = [
    {
      key: 'select',
      heading: words.pick,
      cell: ({ code }) => (
        <input
          type="checkbox"
          class="codes-check"
          aria-label={words.select(code)}
          checked={selected.has(code)}
          onChange={(event) => onSelect(code, event.currentTarget.checked)}
        />
      ),
    },
    {
      key: 'code',
      heading: words.code,
      cell: (code) => (
        <button type="button" class="codes-open" aria-haspopup="dialog" onClick={() => onOpen(code)}>
          <code>{code.code}</code>
        </button>
      ),
    },
    { key: 'state', heading: words.state, cell: (code) => <CodeState code={code} /> },
    {
      key: 'uses',
      heading: words.uses,
      numeric: true,
      cell: ({ used, available, reserved }) => (
        <>
          {words.usesOf(used, available)}
          {reserved > 0 && <span class="muted codes-under">{words.reserved(reserved)}</span>}
        </>
      ),
    },
    { key: 'owner', heading: words.owner, cell: (code) => <Owner code={code} /> },
    { key: 'created', heading: words.created, cell: ({ createdAt }) => <Time at={createdAt} /> },
    { key: 'expires', heading: words.expires, cell: (code) => <Expiry code={code} /> },
    { key: 'note', heading: words.note, cell: ({ note }) => note && <div class="codes-note">{note}</div> },
  ]
  return <Table caption={words.table} columns={columns} rows={codes} keyOf={({ code }) => code} />
}

/** How a code stands, and of which kind it is. */
export function CodeState({ code: { state, kind } }: { code: Pick<Code, 'state' | 'kind'> }) {
  const words = useWords(consoleCodesWords)
  const states: Readonly<Record<string, string>> = words.states
  const kinds: Readonly<Record<string, string>> = words.kinds
  return (
    <span class="codes-state">
      <span class={`state state-${state}`}>{states[state] ?? state}</span>
      <span class="muted">{kinds[kind] ?? kind}</span>
    </span>
  )
}

export function Owner({ code: { owner } }: { code: Pick<Code, 'owner'> }) {
  const words = useWords(consoleCodesWords)
  if (owner === undefined) return <span class="muted">{words.operator}</span>
  return <PersonName person={owner} />
}

export function Expiry({ code: { expiresAt } }: { code: Pick<Code, 'expiresAt'> }) {
  const words = useWords(consoleCodesWords)
  return expiresAt === undefined ? <span class="muted">{words.never}</span> : <Time at={expiresAt} />
}
