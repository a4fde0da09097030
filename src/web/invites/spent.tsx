import { EmptyState } from '../kit/empty-state.tsx'
import { useLanguage, useWords } from '../kit/locale.tsx'
import { SmallTicket } from '../kit/ticket.tsx'
import { Time } from '../kit/time.tsx'
import { number } from '../words/format.ts'
import { type InvitesWords, invitesWords } from '../words/invites.ts'
import { Guests } from './guests.tsx'
import type { OwnCode } from './props.ts'

/** The invites that somebody came with and nobody else will, whoever came last first. */
export function Used({ codes }: { codes: readonly OwnCode[] }) {
  const words = useWords(invitesWords)
  const used = codes
    .filter(({ state, uses }) => state !== 'open' && uses.length > 0)
    .toSorted((a, b) => (lastUse(a) < lastUse(b) ? 1 : -1))
  const isNobody = codes.every(({ uses }) => uses.length === 0)
  if (used.length === 0 && !isNobody) return null
  return (
    <section class="stack">
      <h2>{words.people}</h2>
      {isNobody && (
        <EmptyState fact={words.nobody}>
          <p>{codes.some(({ state }) => state === 'open') ? words.nobodyNext : words.nobodyLater}</p>
        </EmptyState>
      )}
      <SpentTickets codes={used} />
    </section>
  )
}

/** The invites that ended before anybody came with them, folded away. */
export function Ended({ codes }: { codes: readonly OwnCode[] }) {
  const words = useWords(invitesWords)
  const language = useLanguage()
  const ended = codes.filter(({ state, uses }) => state !== 'open' && uses.length === 0)
  if (ended.length === 0) return null
  return (
    <details class="ended">
      <summary>
        <h2>{words.ended}</h2>
        <span class="muted">{number(language, ended.length)}</span>
      </summary>
      <SpentTickets codes={ended} />
    </details>
  )
}

function SpentTickets({ codes }: { codes: readonly OwnCode[] }) {
  return (
    <ul class="tickets">
      {codes.map((code) => (
        <li key={code.code}>
          <SpentTicket code={code} />
        </li>
      ))}
    </ul>
  )
}

/** A ticket that lets nobody in any more: who came with it, or since when nobody can. */
function SpentTicket({ code: own }: { code: OwnCode }) {
  const { code, label, state, uses } = own
  const words = useWords(invitesWords)
  const states: Readonly<Record<string, string>> = words.state
  const [began, at] = endOf(own, words)
  return (
    <SmallTicket kind="spent" stub={<span>{states[state] ?? state}</span>}>
      <Guests uses={uses} />
      <div class="spent-about">
        {label !== undefined && <strong>{label}</strong>}
        <code class="ticket-code">{code}</code>
        {uses.length === 0 && (
          <span class="muted">
            {began}
            <Time at={at} />
          </span>
        )}
      </div>
    </SmallTicket>
  )
}

/** Since when a code that nobody came with lets nobody in, as words and a time. */
function endOf({ state, createdAt, expiresAt, disabledAt }: OwnCode, words: InvitesWords) {
  if (state === 'expired' && expiresAt !== undefined) return [words.expired, expiresAt] as const
  if (state === 'disabled' && disabledAt !== undefined) return [words.switchedOffOn, disabledAt] as const
  return [words.made, createdAt] as const
}

/** When somebody last came with a code. */
function lastUse({ uses }: OwnCode): string {
  return uses[0]?.at ?? ''
}
