import type { app } from '../../lexicons/index.ts'
import { useWords } from '../kit/locale.tsx'
import { consolePeopleWords } from '../words/console/people.ts'

export type Person = app.latchkey.defs.Person

/** What an account is called: its handle, or its DID where that is not known. */
export function nameOf({ did, handle }: Person): string {
  return handle === undefined ? did : `@${handle}`
}

/** An account by its name, and how it stands where that is not as usual. */
export function PersonName({ person }: { person: Person }) {
  return (
    <>
      <span class="name">{nameOf(person)}</span> <Standing person={person} />
    </>
  )
}

/** How an account stands on the host, for all but the active. */
export function Standing({ person: { status } }: { person: Person }) {
  const words = useWords(consolePeopleWords)
  if (status === 'active') return null
  const standings: Readonly<Record<string, string>> = words.standing
  return <span class={`state state-${status}`}>{standings[status] ?? status}</span>
}
