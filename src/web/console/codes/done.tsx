import { useWords } from '../../kit/locale.tsx'
import { consoleCodesWords } from '../../words/console/codes.ts'
import { SeenNotice } from '../acting.tsx'
import { pathOf } from '../paths.ts'

/** What was done last. */
export interface Done {
  readonly text: string
  /** Undefined where nothing was to be done. */
  readonly batch: string | undefined
}

/** Says what was done, and where to undo it. */
export function DoneNotice({ done }: { done: Done }) {
  const { text, batch } = done
  const words = useWords(consoleCodesWords)
  return (
    <SeenNotice kind="good" said={done}>
      {text} {batch !== undefined && <a href={pathOf('log')}>{words.seeLog}</a>}
    </SeenNotice>
  )
}
