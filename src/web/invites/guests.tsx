import type { app } from '../../lexicons/index.ts'
import { Avatar } from '../kit/avatar.tsx'
import { useWords } from '../kit/locale.tsx'
import { Time } from '../kit/time.tsx'
import { invitesWords } from '../words/invites.ts'
import type { Person } from './props.ts'

/** Where anybody can see a profile. */
const PROFILE = 'https://bsky.app/profile/'

/** So many of a code's guests are shown at once. */
const SHOWN = 5

/** Who came with a code, the newest first. Of many the rest is folded away. */
export function Guests({ uses }: { uses: readonly app.latchkey.defs.Use[] }) {
  const words = useWords(invitesWords)
  const rest = uses.slice(SHOWN)
  if (uses.length === 0) return null
  return (
    <>
      <GuestList uses={uses.slice(0, SHOWN)} />
      {rest.length > 0 && (
        <details class="guests-rest">
          <summary>{words.moreGuests(rest.length)}</summary>
          <GuestList uses={rest} />
        </details>
      )}
    </>
  )
}

function GuestList({ uses }: { uses: readonly app.latchkey.defs.Use[] }) {
  return (
    <ul class="guests">
      {uses.map(({ by, at }) => (
        <li key={`${by.did} ${at}`} class="guest">
          <Avatar did={by.did} name={by.handle ?? '·'} hasPicture={by.status === 'active'} />
          <div class="guest-name">
            <Handle person={by} />
            <span class="muted">
              <Time at={at} />
            </span>
          </div>
        </li>
      ))}
    </ul>
  )
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
