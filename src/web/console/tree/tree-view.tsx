import type { DidString } from '@atproto/lex-schema'
import { useEffect, useRef, useState } from 'preact/hooks'
import { ask, CallError } from '../../browser/call.ts'
import { EmptyState } from '../../kit/empty-state.tsx'
import { useWords } from '../../kit/locale.tsx'
import { consoleTreeWords } from '../../words/console/tree.ts'
import { useLoaded } from '../context.ts'
import { Shown } from '../loaded.tsx'
import { pathOf } from '../paths.ts'
import { nameOf, type Person, PersonName } from '../person.tsx'
import { Figures, Level } from './branch.tsx'
import { figuresOf, LEVEL, type TreePage } from './figures.ts'
import { TreeSearch } from './search.tsx'

/** The link to the whole tree. */
const WHOLE = '#'

/** Who invited whom, from the roots or from the account that the address names behind its `#`. */
export function TreeView() {
  const root = useRootInAddress()
  return (
    <>
      <TreeSearch />
      {root !== null && <TreeOf root={root === WHOLE ? undefined : root} />}
    </>
  )
}

function TreeOf({ root }: { root: DidString | undefined }) {
  const words = useWords(consoleTreeWords)
  const [loaded, again] = useLoaded(async () => ({ root, page: await levelBelow(root) }), [root])
  return (
    <Shown loaded={loaded} again={again}>
      {({ root: shown, page }) =>
        page === null ? (
          <EmptyState fact={words.gone}>
            <a href={WHOLE}>{words.nobodyNext}</a>
          </EmptyState>
        ) : (
          <Tree key={shown ?? WHOLE} page={page} />
        )
      }
    </Shown>
  )
}

/** @returns null for an account that is not known */
async function levelBelow(did: DidString | undefined): Promise<TreePage | null> {
  try {
    return await ask('app.latchkey.admin.getTree', { limit: LEVEL, did })
  } catch (error) {
    if (error instanceof CallError && error.status === 400) return null
    throw error
  }
}

/** The account that the address names, or the whole tree; null until the address was read, which servers can't. */
function useRootInAddress(): DidString | typeof WHOLE | null {
  const [root, setRoot] = useState<DidString | typeof WHOLE | null>(null)
  useEffect(() => {
    const read = () => {
      const named = decodeURIComponent(location.hash.slice(1))
      // Other names are places on the page.
      setRoot((before) => (isDid(named) ? named : named === '' ? WHOLE : (before ?? WHOLE)))
    }
    read()
    addEventListener('hashchange', read)
    return () => removeEventListener('hashchange', read)
  }, [])
  return root
}

function isDid(text: string): text is DidString {
  return /^did:[a-z]+:./.test(text)
}

function Tree({ page }: { page: TreePage }) {
  const words = useWords(consoleTreeWords)
  const person = page.path.at(-1)
  if (person !== undefined)
    return (
      <>
        <Way path={page.path} />
        <Below person={person} page={page} />
      </>
    )
  if (page.branches.length === 0)
    return (
      <EmptyState fact={words.empty}>
        <a href={pathOf('codes')}>{words.emptyNext}</a>
      </EmptyState>
    )
  return (
    <section class="card tree">
      <h2>{words.roots}</h2>
      <Level of={null} first={page} depth={0} />
    </section>
  )
}

/** An account that was chosen, and whom it invited. */
function Below({ person, page }: { person: Person; page: TreePage }) {
  const words = useWords(consoleTreeWords)
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  return (
    <section class="card tree">
      <h2 ref={heading} tabIndex={-1}>
        <PersonName person={person} />
      </h2>
      {page.branches.length === 0 ? (
        <EmptyState fact={words.nobody(nameOf(person))}>
          <a href={WHOLE}>{words.nobodyNext}</a>
        </EmptyState>
      ) : (
        <>
          <p class="muted">
            <Figures figures={figuresOf(page)} />
          </p>
          <Level of={person} first={page} depth={0} />
        </>
      )}
    </section>
  )
}

/** From the root to the account. */
function Way({ path }: Pick<TreePage, 'path'>) {
  const words = useWords(consoleTreeWords)
  return (
    <nav aria-label={words.way}>
      <ol class="tree-way">
        <li>
          <a href={WHOLE}>{words.all}</a>
        </li>
        {path.map((person, index) => (
          <li key={person.did}>
            <a href={`#${person.did}`} aria-current={index === path.length - 1 ? 'location' : undefined}>
              {nameOf(person)}
            </a>
          </li>
        ))}
      </ol>
    </nav>
  )
}
