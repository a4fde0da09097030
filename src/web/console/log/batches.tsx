import { useState } from 'preact/hooks'
import type { app } from '../../../lexicons/index.ts'
import { ask } from '../../browser/call.ts'
import { EmptyState } from '../../kit/empty-state.tsx'
import { useLanguage, useWords } from '../../kit/locale.tsx'
import { type Column, Table } from '../../kit/table.tsx'
import { Time } from '../../kit/time.tsx'
import { consoleLogWords } from '../../words/console/log.ts'
import { moment } from '../../words/format.ts'
import { Outcome, type Said } from '../acting.tsx'
import { useIsAdministrator, useLoaded } from '../context.ts'
import { Shown } from '../loaded.tsx'
import { Actor, Subject } from './actor.tsx'
import { UndoDialog } from './undo.tsx'
import { Pager, usePaging } from '../paging.tsx'
import { pathOf } from '../paths.ts'

type Batch = app.latchkey.defs.Batch

const AT_ONCE = 20

/** Actions on codes and accounts, newest first, with what undoes them. */
export function LogBatches({ onUndone }: { onUndone: () => void }) {
  const words = useWords(consoleLogWords)
  const paging = usePaging()
  const [undoing, setUndoing] = useState<Batch | null>(null)
  const [said, setSaid] = useState<Said | null>(null)
  const { cursor } = paging
  const [loaded, again] = useLoaded(
    () => ask('app.latchkey.admin.listBatches', { limit: AT_ONCE, ...(cursor !== undefined && { cursor }) }),
    [cursor],
  )
  return (
    <section class="stack">
      <h2>{words.batches}</h2>
      <Outcome said={said} />
      <Shown loaded={loaded} again={again}>
        {(found) =>
          found.batches.length === 0 ? (
            <EmptyState fact={words.noBatches}>
              <a href={pathOf('codes')}>{words.noBatchesNext}</a>
            </EmptyState>
          ) : (
            <>
              <BatchTable batches={found.batches} onUndo={setUndoing} />
              <Pager of={words.batchesTable} paging={paging} cursor={found.cursor} />
            </>
          )
        }
      </Shown>
      {undoing !== null && (
        <UndoDialog
          batch={undoing}
          onClose={() => setUndoing(null)}
          onUndone={(text) => {
            setSaid({ kind: 'good', text })
            again()
            onUndone()
          }}
        />
      )}
    </section>
  )
}

function BatchTable({ batches, onUndo }: { batches: readonly Batch[]; onUndo: (batch: Batch) => void }) {
  const words = useWords(consoleLogWords)
  const columns: readonly Column<Batch>[] = [
    { key: 'at', heading: words.when, cell: ({ at }) => <Time at={at} precise /> },
    { key: 'what', heading: words.what, cell: (batch) => <Summary batch={batch} /> },
    {
      key: 'who',
      heading: words.who,
      cell: ({ actor, actorHandle }) => <Actor actor={actor} handle={actorHandle} />,
    },
    { key: 'note', heading: words.note, cell: ({ note }) => note && <div class="codes-note">{note}</div> },
    { key: 'undo', heading: words.undoState, cell: (batch) => <Undo batch={batch} onUndo={onUndo} /> },
  ]
  return <Table caption={words.batchesTable} columns={columns} rows={batches} keyOf={({ id }) => id} />
}

function Summary({ batch }: { batch: Batch }) {
  const words = useWords(consoleLogWords)
  return (
    <div class="log-what">
      {summaryOf(batch, words.batch)} <Subject subject={batch.id} />
      {batch.unfinished === true && <span class="state codes-under">{words.unfinished}</span>}
    </div>
  )
}

type Summaries = Readonly<Record<string, (codes: number, accounts: number) => string>>

/** What a batch did, in a few words; its name in the lexicon where they fail us. */
function summaryOf({ action, codes, accounts }: Batch, summaries: Summaries): string {
  return summaries[action]?.(codes, accounts) ?? action
}

function Undo({ batch, onUndo }: { batch: Batch; onUndo: (batch: Batch) => void }) {
  const words = useWords(consoleLogWords)
  const language = useLanguage()
  const isAdministrator = useIsAdministrator()
  const { at, undoneAt, undoneBy, undoneByHandle } = batch
  if (undoneAt !== undefined)
    return (
      <>
        <span class="state">{words.undone}</span>
        <span class="muted codes-under">
          <Time at={undoneAt} precise />
          {undoneBy !== undefined && (
            <>
              {', '}
              <Actor actor={undoneBy} handle={undoneByHandle} />
            </>
          )}
        </span>
      </>
    )
  if (!isAdministrator) return null
  return (
    <button
      type="button"
      class="button button-plain"
      aria-haspopup="dialog"
      aria-label={words.undoOf(summaryOf(batch, words.batch), moment(language, at))}
      onClick={() => onUndo(batch)}
    >
      {words.undo}
    </button>
  )
}
