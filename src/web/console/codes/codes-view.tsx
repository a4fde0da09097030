import { useState } from 'preact/hooks'
import type { app } from '../../../lexicons/index.ts'
import { tell } from '../../browser/call.ts'
import { Button, ButtonLink } from '../../kit/button.tsx'
import { EmptyState } from '../../kit/empty-state.tsx'
import { useWords } from '../../kit/locale.tsx'
import { consoleCodesWords } from '../../words/console/codes.ts'
import { type Done, DoneNotice } from './done.tsx'
import { type CodeSearch, CodeSearchForm } from './search.tsx'
import { SelectionBar } from './selection.tsx'
import { CodeTable } from './table.tsx'
import { type Task, TaskDialog } from './tasks.tsx'
import { useConsole, useIsAdministrator, useLoaded } from '../context.ts'
import { Shown } from '../loaded.tsx'
import { Pager, type Paging, useSearch } from '../paging.tsx'

const EVERYTHING: CodeSearch = { sort: 'recent' }
const AT_ONCE = 50
const EXPORT: typeof app.latchkey.admin.exportCodes.$nsid = 'app.latchkey.admin.exportCodes'
const NOTHING: ReadonlySet<string> = new Set()

/** Codes: found, made, given, disabled, replaced. */
export function CodesView() {
  const words = useWords(consoleCodesWords)
  const { csrf } = useConsole()
  const isAdministrator = useIsAdministrator()
  const { search, paging, look, round, lookAtAll } = useSearch(EVERYTHING)
  const [selected, setSelected] = useState(NOTHING)
  const [task, setTask] = useState<Task | null>(null)
  const [done, setDone] = useState<Done | null>(null)
  const [loaded, again] = useLoaded(async () => {
    const { cursor } = paging
    const found = await tell(
      'app.latchkey.admin.listCodes',
      { ...search, limit: AT_ONCE, ...(cursor !== undefined && { cursor }) },
      csrf,
    )
    // What is not seen any more is not selected either.
    setSelected(NOTHING)
    return found
  }, [search, paging.cursor])

  return (
    <>
      {isAdministrator && (
        <div class="toolbar">
          <Button kind="primary" onClick={() => setTask({ kind: 'create' })}>
            {words.create}
          </Button>
          <Button onClick={() => setTask({ kind: 'give' })}>{words.give}</Button>
          <ButtonLink href={`/xrpc/${EXPORT}`} download>
            {words.export}
          </ButtonLink>
        </div>
      )}
      {done !== null && <DoneNotice done={done} />}
      <CodeSearchForm key={round} search={search} onSearch={look} />
      <Shown loaded={loaded} again={again}>
        {(found) =>
          found.codes.length === 0 ? (
            <NoCodes isAll={!isNarrowed(search)} paging={paging} onAll={lookAtAll} />
          ) : (
            <div class="stack">
              <SelectionBar codes={found.codes} selected={selected} onSelect={setSelected} onTask={setTask} />
              <CodeTable
                codes={found.codes}
                selected={selected}
                onSelect={(code, isSelected) => setSelected(changed(selected, code, isSelected))}
                onOpen={(code) => setTask({ kind: 'look', code })}
              />
              <Pager of={words.table} paging={paging} cursor={found.cursor} />
            </div>
          )
        }
      </Shown>
      {task !== null && (
        <TaskDialog
          task={task}
          onTask={setTask}
          onDone={(what) => {
            setDone(what)
            again()
          }}
        />
      )}
    </>
  )
}

function isNarrowed({ query, state, kind }: CodeSearch): boolean {
  return query !== undefined || state !== undefined || kind !== undefined
}

function changed(selected: ReadonlySet<string>, code: string, isSelected: boolean): ReadonlySet<string> {
  const others = Array.from(selected).filter((one) => one !== code)
  return new Set(isSelected ? [...others, code] : others)
}

function NoCodes({ isAll, paging, onAll }: { isAll: boolean; paging: Paging; onAll: () => void }) {
  const words = useWords(consoleCodesWords)
  if (paging.page > 1)
    return (
      <EmptyState fact={words.ended}>
        <Button onClick={paging.previous}>{words.back}</Button>
      </EmptyState>
    )
  return isAll ? (
    <EmptyState fact={words.none}>
      <p>{words.noneNext}</p>
    </EmptyState>
  ) : (
    <EmptyState fact={words.nothing}>
      <Button onClick={onAll}>{words.nothingNext}</Button>
    </EmptyState>
  )
}
