import { useState } from 'preact/hooks'
import { Button } from '../kit/button.tsx'
import { useWords } from '../kit/locale.tsx'
import { consolePagingWords } from '../words/console/paging.ts'

/** Where somebody is in a list of pages, each of which begins where the one before ended. */
export interface Paging {
  /** From one. */
  readonly page: number
  /** What the page is asked for with; undefined for the first. */
  readonly cursor: string | undefined
  readonly next: (cursor: string) => void
  readonly previous: () => void
  readonly first: () => void
}

export function usePaging(): Paging {
  const [cursors, setCursors] = useState<readonly string[]>([])
  return {
    page: cursors.length + 1,
    cursor: cursors.at(-1),
    next: (cursor) => setCursors([...cursors, cursor]),
    previous: () => setCursors(cursors.slice(0, -1)),
    first: () => setCursors([]),
  }
}

/** A list that is searched and read page by page. Whoever looks for something else begins on the first page. */
export function useSearch<T extends object>(everything: T) {
  const paging = usePaging()
  const [search, setSearch] = useState(everything)
  const [round, setRound] = useState(0)
  const look = (wanted: T) => {
    paging.first()
    setSearch(wanted)
  }
  return {
    search,
    paging,
    look,
    /** The key of the search form, which forgets what was typed when it changes. */
    round,
    lookAtAll: () => {
      look(everything)
      setRound(round + 1)
    },
  }
}

/** Leads to the next page and to the previous. Not there where there is one page. */
export function Pager({
  of,
  paging: { page, next, previous },
  cursor,
}: {
  /** What the pages list. */
  of: string
  paging: Paging
  /** Where the next page begins; undefined on the last. */
  cursor: string | undefined
}) {
  const words = useWords(consolePagingWords)
  if (page === 1 && cursor === undefined) return null
  return (
    <nav class="pager" aria-label={words.pages(of)}>
      {/* Both stay, so that the focus does. */}
      <Button aria-disabled={page === 1} onClick={() => page > 1 && previous()}>
        {words.previous}
      </Button>
      <span role="status">{words.page(page)}</span>
      <Button aria-disabled={cursor === undefined} onClick={() => cursor !== undefined && next(cursor)}>
        {words.next}
      </Button>
    </nav>
  )
}
