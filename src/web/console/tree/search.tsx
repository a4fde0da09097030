import { useState } from 'preact/hooks'
import { tell } from '../../browser/call.ts'
import { EmptyState } from '../../kit/empty-state.tsx'
import { useWords } from '../../kit/locale.tsx'
import { consoleTreeWords } from '../../words/console/tree.ts'
import { useConsole, useLoaded } from '../context.ts'
import { Shown } from '../loaded.tsx'
import { PersonName } from '../person.tsx'
import { SearchForm } from '../search-form.tsx'

/** How many are shown; whoever sees their own not among them writes more letters. */
const MOST = 10

/** Finds accounts by name, and leads to their place in the tree. */
export function TreeSearch() {
  const words = useWords(consoleTreeWords)
  const [query, setQuery] = useState('')
  return (
    <div class="stack">
      <SearchForm label={words.search} hint={words.searchHint} action={words.find} onSearch={setQuery} />
      {query !== '' && <Found query={query} onChosen={() => setQuery('')} />}
    </div>
  )
}

function Found({ query, onChosen }: { query: string; onChosen: () => void }) {
  const words = useWords(consoleTreeWords)
  const { csrf } = useConsole()
  const [loaded, again] = useLoaded(async () => {
    const { accounts } = await tell('app.latchkey.admin.listAccounts', { query, limit: MOST }, csrf)
    return { query, accounts }
  }, [query])
  return (
    <Shown loaded={loaded} again={again}>
      {(found) =>
        found.accounts.length === 0 ? (
          <EmptyState fact={words.notFound(found.query)}>
            <p>{words.notFoundNext}</p>
          </EmptyState>
        ) : (
          <nav class="card" aria-label={words.found}>
            <ul class="rows">
              {found.accounts.map(({ person }) => (
                <li key={person.did}>
                  <a href={`#${person.did}`} onClick={onChosen}>
                    <PersonName person={person} />
                  </a>
                </li>
              ))}
            </ul>
          </nav>
        )
      }
    </Shown>
  )
}
