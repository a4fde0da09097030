import { Avatar } from '../kit/avatar.tsx'
import { EmptyState } from '../kit/empty-state.tsx'
import { useWords } from '../kit/locale.tsx'
import { Time } from '../kit/time.tsx'
import { invitesWords } from '../words/invites.ts'
import type { OwnCode, Person } from './props.ts'

/** Where anybody can see a profile. */
const PROFILE = 'https://bsky.app/profile/'

/** Who came with a member's invites, the newest first. */
export function People({ codes }: { codes: readonly OwnCode[] }) {
  const words = useWords(invitesWords)
  const guests = codes
    .flatMap(({ code, label, uses }) => uses.map(({ by, at }) => ({ by, at, code, label })))
    .toSorted((a, b) => (a.at < b.at ? 1 : -1))
  return (
    <section class="card">
      <h2 class="card-title">{words.people}</h2>
      {guests.length === 0 ? (
        <EmptyState fact={words.nobody}>
          <p>{codes.some(({ state }) => state === 'open') ? words.nobodyNext : words.nobodyLater}</p>
        </EmptyState>
      ) : (
        <ul class="rows">
          {guests.map(({ by, at, code, label }) => (
            <li key={`${code} ${by.did}`} class="person">
              <Avatar did={by.did} name={by.handle ?? '·'} hasPicture={by.status === 'active'} />
              <div class="person-name">
                <Handle person={by} />
                <span class="muted">
                  <Time at={at} /> · {label ?? <code>{partsOf(code)[1]}</code>}
                </span>
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

/** The host's part of a code, and what tells codes of one host apart. */
export function partsOf(code: string): readonly [string, string] {
  const end = code.split('-').slice(-2).join('-')
  return [code.slice(0, code.length - end.length), end]
}

/** A handle that leads to its profile, or what stands for an account that is gone. */
export function Handle({ person: { did, handle, status } }: { person: Person }) {
  const words = useWords(invitesWords)
  if (status === 'deleted') return <span class="muted">{words.deleted}</span>
  const name = handle === undefined ? did : `@${handle}`
  return (
    <a href={PROFILE + did} rel="noreferrer" aria-label={words.profile(name)}>
      {name}
    </a>
  )
}
