import { Button } from '../../kit/button.tsx'
import { CheckField } from '../../kit/field.tsx'
import { useWords } from '../../kit/locale.tsx'
import { consoleCodesWords } from '../../words/console/codes.ts'
import type { Code } from './table.tsx'
import type { Task } from './tasks.tsx'
import { useIsAdministrator } from '../context.ts'

/** How many codes are there and selected, and what can be done with those. */
export function SelectionBar({
  codes,
  selected,
  onSelect,
  onTask,
}: {
  codes: readonly Code[]
  selected: ReadonlySet<string>
  onSelect: (selected: ReadonlySet<string>) => void
  onTask: (task: Task) => void
}) {
  const words = useWords(consoleCodesWords)
  const isAdministrator = useIsAdministrator()
  const chosen = Array.from(selected)
  return (
    <div class="toolbar codes-selection">
      <CheckField
        name="all"
        checked={selected.size === codes.length}
        onChange={({ currentTarget: { checked } }) =>
          onSelect(new Set(checked ? codes.map(({ code }) => code) : []))
        }
      >
        {words.selectAll}
      </CheckField>
      <p class="muted" role="status">
        {selected.size === 0 ? words.shown(codes.length) : words.selected(selected.size)}
      </p>
      {selected.size > 0 && (
        <>
          <Button kind="danger" onClick={() => onTask({ kind: 'switch', codes: chosen, disabled: true })}>
            {words.disable}
          </Button>
          {isAdministrator && (
            <Button onClick={() => onTask({ kind: 'switch', codes: chosen, disabled: false })}>
              {words.enable}
            </Button>
          )}
        </>
      )}
    </div>
  )
}
