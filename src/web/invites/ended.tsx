import { useWords } from '../kit/locale.tsx'
import { Time } from '../kit/time.tsx'
import { invitesWords } from '../words/invites.ts'
import { Handle, partsOf } from './people.tsx'
import type { OwnCode } from './props.ts'

/** Invites that let nobody in any more, folded away. */
export function Ended({ codes }: { codes: readonly OwnCode[] }) {
  const words = useWords(invitesWords)
  const ended = codes.filter(({ state }) => state !== 'open')
  if (ended.length === 0) return null
  return (
    <details class="card">
      <summary class="card-title">{words.past}</summary>
      <ul class="rows">
        {ended.map((code) => (
          <EndedCode key={code.code} code={code} />
        ))}
      </ul>
    </details>
  )
}

/** An ended invite: when it was used last, or made where nobody used it, and by whom. */
function EndedCode({ code: { code, label, state, createdAt, uses } }: { code: OwnCode }) {
  const words = useWords(invitesWords)
  const states: Readonly<Record<string, string>> = words.state
  const [host, end] = partsOf(code)
  const guest = uses.length === 1 ? uses[0] : undefined
  const last = uses
    .map(({ at }) => at)
    .toSorted()
    .at(-1)
  return (
    <li class="ended">
      <div class="ended-name">
        {label !== undefined && <strong>{label}</strong>}
        <code class="ended-code">
          <span class="ended-host">{host}</span>
          <span>{end}</span>
        </code>
        <span class="muted">
          <Time at={last ?? createdAt} />
          {guest !== undefined && (
            <>
              {' · '}
              <Handle person={guest.by} />
            </>
          )}
          {uses.length > 1 && ` · ${words.usedBy(uses.length)}`}
        </span>
      </div>
      <span class={`state state-${state}`}>{states[state] ?? state}</span>
    </li>
  )
}
