import type { app } from '../../../lexicons/index.ts'
import { useWords } from '../../kit/locale.tsx'
import { type Column, Table } from '../../kit/table.tsx'
import { Time } from '../../kit/time.tsx'
import { consoleOverviewWords } from '../../words/console/overview.ts'

type SignUp = app.latchkey.admin.getStatus.SignUp

/** Sign-ups in progress with what is known of each, and those that ended lately. */
export function SignUps({ signUps }: { signUps: readonly SignUp[] }) {
  const words = useWords(consoleOverviewWords)
  const open = signUps.filter(({ settledAt }) => settledAt === undefined)
  const ended = signUps.filter(({ settledAt }) => settledAt !== undefined)
  return (
    <>
      {/* That nobody is in progress stands above already. */}
      {open.length > 0 && <SignUpTable title={words.inProgress} signUps={open} />}
      {ended.length > 0 ? (
        <SignUpTable title={words.ended} signUps={ended} hasEnded />
      ) : (
        <section class="stack">
          <h2>{words.ended}</h2>
          <p class="muted">
            {words.noneEnded} {words.noneEndedNext}
          </p>
        </section>
      )}
    </>
  )
}

function SignUpTable({
  title,
  signUps,
  hasEnded = false,
}: {
  title: string
  signUps: readonly SignUp[]
  hasEnded?: boolean
}) {
  const words = useWords(consoleOverviewWords)
  const doors: Readonly<Record<string, string>> = words.door
  const states: Readonly<Record<string, string>> = words.signUpStates
  const columns: readonly Column<SignUp>[] = [
    {
      key: 'who',
      heading: words.who,
      cell: (signUp) => (
        <>
          <Who signUp={signUp} />
          <span class="muted cell-note">{doors[signUp.door] ?? signUp.door}</span>
        </>
      ),
    },
    { key: 'code', heading: words.code, cell: ({ code }) => <code>{code}</code> },
    { key: 'state', heading: words.state, cell: ({ state }) => states[state] ?? state },
    { key: 'started', heading: words.started, cell: ({ startedAt }) => <Time at={startedAt} precise /> },
  ]
  const settled: Column<SignUp> = {
    key: 'settled',
    heading: words.settled,
    cell: ({ settledAt }) => settledAt !== undefined && <Time at={settledAt} precise />,
  }
  return (
    <section class="stack">
      <h2>{title}</h2>
      <Table
        caption={title}
        columns={hasEnded ? [...columns, settled] : columns}
        rows={signUps}
        keyOf={({ id }) => id}
      />
    </section>
  )
}

/** Who signs up. A handle that nobody came in with is but what was asked for: it may be somebody else's. */
function Who({ signUp: { handle, did, state } }: { signUp: SignUp }) {
  const words = useWords(consoleOverviewWords)
  if (handle === undefined) return <>{did ?? '–'}</>
  return <>{state === 'released' ? words.wanted(`@${handle}`) : `@${handle}`}</>
}
