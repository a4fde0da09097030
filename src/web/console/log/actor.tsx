import { useWords } from '../../kit/locale.tsx'
import { consoleLogWords } from '../../words/console/log.ts'

const BATCH = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** So many of a batch's letters tell it apart from the others. */
const ENOUGH = 8

/** What something was done to: a batch by the beginning of its id, anything else as it is called. */
export function Subject({ subject, handle }: { subject: string; handle?: string | undefined }) {
  const words = useWords(consoleLogWords)
  if (BATCH.test(subject)) return <span class="log-did">{words.batchNamed(subject.slice(0, ENOUGH))}</span>
  return <Account did={subject} handle={handle} />
}

/** Who did something: an account by its handle and DID, or what stands for those who have none. */
export function Actor({ actor, handle }: { actor: string; handle?: string | undefined }) {
  const words = useWords(consoleLogWords)
  const named = words.actors[actor]
  return named === undefined ? <Account did={actor} handle={handle} /> : <span>{named}</span>
}

function Account({ did, handle }: { did: string; handle: string | undefined }) {
  return (
    <span class="log-did">
      {handle !== undefined && <span class="log-handle">@{handle}</span>}
      <span class={handle === undefined ? undefined : 'muted cell-note'}>{did}</span>
    </span>
  )
}
