import { useId, useState } from 'preact/hooks'
import { ask } from '../../browser/call.ts'
import { announce } from '../../browser/enhance.ts'
import { Button } from '../../kit/button.tsx'
import { useWords } from '../../kit/locale.tsx'
import { Time } from '../../kit/time.tsx'
import { consoleWords } from '../../words/console/frame.ts'
import { consoleTreeWords } from '../../words/console/tree.ts'
import { Outcome, useActing } from '../acting.tsx'
import { nameOf, type Person, PersonName, Standing } from '../person.tsx'
import { type Branch, type BranchFigures, LEVEL, type TreePage } from './figures.ts'

/** How many levels are shown inside each other; then one goes on from an account as the root, so that lines stay wide. */
const DEEPEST = 5

/** Whom an account invited, or the roots: a list, each of whose items unfolds to the next level. */
export function Level({
  of,
  first,
  depth,
  id,
}: {
  of: Person | null
  first: TreePage
  depth: number
  id?: string
}) {
  const words = useWords(consoleTreeWords)
  const [branches, setBranches] = useState(first.branches)
  const [cursor, setCursor] = useState(first.cursor)
  const { act, said, isBusy } = useActing()
  const name = of === null ? null : nameOf(of)
  const more = () =>
    act(async () => {
      const did = of?.did
      const page = await ask('app.latchkey.admin.getTree', { limit: LEVEL, cursor, did })
      setBranches([...branches, ...page.branches])
      setCursor(page.cursor)
      return undefined
    })
  return (
    <>
      <ul class={depth === 0 ? 'branches' : 'branches branches-below'} id={id}>
        {branches.map((branch) => (
          <BranchItem key={branch.person.did} branch={branch} depth={depth} />
        ))}
        {cursor !== undefined && (
          <li>
            <Button kind="quiet" onClick={() => void more()} aria-disabled={isBusy}>
              {words.moreOf(name)}
            </Button>
          </li>
        )}
      </ul>
      <Outcome said={said} />
    </>
  )
}

function BranchItem({ branch, depth }: { branch: Branch; depth: number }) {
  const { person, children, joinedAt } = branch
  const words = useWords(consoleTreeWords)
  const name = nameOf(person)
  return (
    <li class="branch">
      {children === 0 ? (
        <div class="branch-line">
          <span class="branch-leaf">
            <PersonName person={person} />
          </span>
          {joinedAt !== undefined && (
            <span class="muted">
              {words.joined}
              <Time at={joinedAt} />
            </span>
          )}
        </div>
      ) : depth >= DEEPEST ? (
        <div class="branch-line">
          <span class="branch-leaf">
            <a href={`#${person.did}`} aria-label={words.goOn(name)}>
              {name}
            </a>{' '}
            <Standing person={person} />
          </span>
          <Figures figures={branch} />
        </div>
      ) : (
        <Unfolding branch={branch} depth={depth} />
      )}
    </li>
  )
}

/** A branch with a button that unfolds it, and loads what is below when that happens first. */
function Unfolding({ branch, depth }: { branch: Branch; depth: number }) {
  const { person } = branch
  const words = useWords(consoleTreeWords)
  const { loading } = useWords(consoleWords)
  const id = useId()
  const [isOpen, setOpen] = useState(false)
  const [page, setPage] = useState<TreePage | null>(null)
  const { act, said, isBusy } = useActing()
  const name = nameOf(person)

  const toggle = async () => {
    setOpen(!isOpen)
    if (isOpen || page !== null) return
    announce(words.loadingOf(name))
    const isLoaded = await act(async () => {
      setPage(await ask('app.latchkey.admin.getTree', { limit: LEVEL, did: person.did }))
      return undefined
    })
    if (!isLoaded) setOpen(false)
  }
  return (
    <>
      <div class="branch-line">
        <button type="button" class="branch-toggle" aria-expanded={isOpen} onClick={() => void toggle()}>
          <svg class="branch-mark" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
            <path
              d="M4 2l4 4-4 4"
              fill="none"
              stroke="currentColor"
              stroke-width="2"
              stroke-linecap="round"
            />
          </svg>
          <span class="name">{name}</span>
        </button>
        <Standing person={person} />
        <Figures figures={branch} />
      </div>
      {isOpen && isBusy && <p class="muted branches-below">{loading}</p>}
      <Outcome said={said} />
      {isOpen && page !== null && <Level of={person} first={page} depth={depth + 1} id={id} />}
    </>
  )
}

/** How a branch fares, in a line. */
export function Figures({
  figures: { children, joined, active, takenDown, atLeast = false },
}: {
  figures: BranchFigures
}) {
  const words = useWords(consoleTreeWords)
  return (
    <span class="branch-figures muted">
      {children !== undefined && <span>{words.children(children)}</span>}
      <span>{words.branch(joined, atLeast)}</span>
      <span>{words.active(active)}</span>
      {takenDown > 0 && <span class="branch-down">{words.takenDown(takenDown)}</span>}
    </span>
  )
}
