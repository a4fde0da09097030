import { useWords } from '../../kit/locale.tsx'
import { type ConsoleCodesWords, consoleCodesWords } from '../../words/console/codes.ts'
import { CreateCodes } from './create.tsx'
import { CodeDetail } from './detail.tsx'
import type { Done } from './done.tsx'
import { GiveCodes } from './give.tsx'
import { ReplaceCode } from './replace.tsx'
import { SwitchCodes } from './switch.tsx'
import type { Code } from './table.tsx'
import { OpenedDialog } from '../opened-dialog.tsx'

/** What somebody is about to do with codes. */
export type Task =
  | { readonly kind: 'create' | 'give' }
  | { readonly kind: 'look' | 'replace'; readonly code: Code }
  | { readonly kind: 'switch'; readonly codes: readonly string[]; readonly disabled: boolean }

/** The window over the codes, in which one thing at a time is done. */
export function TaskDialog({
  task,
  onTask,
  onDone,
}: {
  task: Task
  /** What to do instead, or nothing any more. */
  onTask: (task: Task | null) => void
  /** Codes have changed. */
  onDone: (done: Done) => void
}) {
  const words = useWords(consoleCodesWords)
  const end = (done: Done) => {
    onDone(done)
    document.querySelector<HTMLDialogElement>('#codes-task')?.close()
  }
  return (
    <OpenedDialog id="codes-task" title={titleOf(task, words)} onClose={() => onTask(null)}>
      {task.kind === 'create' && <CreateCodes onDone={onDone} />}
      {task.kind === 'give' && <GiveCodes onDone={end} />}
      {task.kind === 'switch' && <SwitchCodes {...task} onDone={end} />}
      {task.kind === 'replace' && <ReplaceCode code={task.code.code} onDone={onDone} />}
      {task.kind === 'look' && (
        <CodeDetail
          code={task.code}
          onReplace={() => onTask({ kind: 'replace', code: task.code })}
          onSwitch={() =>
            onTask({ kind: 'switch', codes: [task.code.code], disabled: task.code.state !== 'disabled' })
          }
        />
      )}
    </OpenedDialog>
  )
}

function titleOf(task: Task, words: ConsoleCodesWords): string {
  if (task.kind !== 'switch') return words.titles[task.kind]
  return task.disabled ? words.disableTitle(task.codes.length) : words.enableTitle(task.codes.length)
}
