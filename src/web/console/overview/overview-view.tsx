import { useEffect } from 'preact/hooks'
import type { app } from '../../../lexicons/index.ts'
import { ask } from '../../browser/call.ts'
import { useWords } from '../../kit/locale.tsx'
import { consoleOverviewWords } from '../../words/console/overview.ts'
import { type Acting, Outcome, useActing } from '../acting.tsx'
import { useLoaded } from '../context.ts'
import { Shown } from '../loaded.tsx'
import { SignUpsChart } from './chart.tsx'
import { CodeFigures } from './codes.tsx'
import { Fault, Paused, PauseDialog, SignUpsOpen } from './doors.tsx'
import { SignUps } from './sign-ups.tsx'

type Status = app.latchkey.admin.getStatus.$OutputBody

/** How often it is read anew while somebody looks, in milliseconds. */
const READ_EVERY = 30_000

/** How sign-ups are going: first what asks for an operator, then the figures. */
export function OverviewView() {
  const [loaded, again] = useLoaded(() => ask('app.latchkey.admin.getStatus'), [])
  const acting = useActing()
  useEffect(() => {
    const timer = setInterval(() => {
      // Nothing moves under the hands of whoever fills in a dialog.
      if (!document.hidden && document.querySelector('dialog[open]') === null) again()
    }, READ_EVERY)
    return () => clearInterval(timer)
  }, [])
  return (
    <>
      <Outcome said={acting.said} />
      <Shown loaded={loaded} again={again}>
        {(status) => (
          <>
            <Doors status={status} acting={acting} again={again} />
            <div class="overview-figures">
              <SignUpsChart days={status.days} />
              <CodeFigures codes={status.codes} />
            </div>
            <SignUps signUps={status.signUps} />
          </>
        )}
      </Shown>
      <PauseDialog acting={acting} onDone={again} />
    </>
  )
}

function Doors({
  status: { fault, paused, open, signUps },
  acting,
  again,
}: {
  status: Status
  acting: Acting
  again: () => void
}) {
  const settling = signUps.filter(({ state }) => state === 'settling').length
  return (
    <div class="stack">
      {fault !== undefined && <Fault sentence={fault} />}
      {paused !== undefined && <Paused pause={paused} acting={acting} onDone={again} />}
      {paused === undefined && <SignUpsOpen count={open} isFaulty={fault !== undefined} />}
      {settling > 0 && <Unsettled count={settling} />}
    </div>
  )
}

/** What the settler has still to find out. */
function Unsettled({ count }: { count: number }) {
  const words = useWords(consoleOverviewWords)
  return (
    <section class="card standing">
      <div>
        <h2>{words.unsettled(count)}</h2>
        <p class="muted">{words.unsettledNext(count)}</p>
      </div>
    </section>
  )
}
