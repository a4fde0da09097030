import type { app } from '../../../lexicons/index.ts'
import { tell } from '../../browser/call.ts'
import { Button } from '../../kit/button.tsx'
import { useWords } from '../../kit/locale.tsx'
import { consoleLogWords } from '../../words/console/log.ts'
import { Outcome, useActing } from '../acting.tsx'
import { useConsole, useLoaded } from '../context.ts'
import { Shown } from '../loaded.tsx'
import { closeAround, OpenedDialog } from '../opened-dialog.tsx'
import { inWords } from '../refusals.ts'

/** Undoes a batch, having said first what that restores and what it leaves alone. */
export function UndoDialog({
  batch: { id, action },
  onClose,
  onUndone,
}: {
  batch: app.latchkey.defs.Batch
  onClose: () => void
  /** @param text what came of it */
  onUndone: (text: string) => void
}) {
  const words = useWords(consoleLogWords)
  const { csrf } = useConsole()
  const { said, isBusy, act } = useActing()
  const [loaded, again] = useLoaded(
    () => tell('app.latchkey.admin.undoBatch', { batch: id, preview: true }, csrf),
    [],
  )
  const sayings: Readonly<Record<string, (count: number) => string>> = words.undoing

  const undo = (dialog: HTMLDialogElement | null) =>
    void act(async () => {
      const working = tell('app.latchkey.admin.undoBatch', { batch: id }, csrf)
      const { restored, changedSince } = await inWords({ AlreadyUndone: words.alreadyUndone }, working)
      const text = [words.undid(restored), changedSince > 0 && words.kept(changedSince)]
        .filter(Boolean)
        .join(' ')
      onUndone(text)
      dialog?.close()
      return text
    })

  return (
    <OpenedDialog id="undo" title={words.undoTitle} onClose={onClose}>
      <Shown loaded={loaded} again={again}>
        {({ restored, changedSince }) => (
          <div class="stack">
            {restored > 0 ? <p>{sayings[action]?.(restored)}</p> : <p>{words.undoNothing}</p>}
            {restored > 0 && changedSince > 0 && <p>{words.keeping(changedSince)}</p>}
            {said?.kind === 'wrong' && <Outcome said={said} />}
            <div class="dialog-buttons">
              <Button
                kind="primary"
                aria-disabled={isBusy}
                onClick={({ currentTarget }) => undo(currentTarget.closest('dialog'))}
              >
                {words.undo}
              </Button>
              <Button onClick={closeAround}>{words.cancel}</Button>
            </div>
          </div>
        )}
      </Shown>
    </OpenedDialog>
  )
}
