import { ask } from '../../browser/call.ts'
import { useWords } from '../../kit/locale.tsx'
import { Time } from '../../kit/time.tsx'
import { consolePolicyWords } from '../../words/console/policy.ts'
import { Outcome, useActing } from '../acting.tsx'
import { useIsAdministrator, useLoaded } from '../context.ts'
import { Shown } from '../loaded.tsx'
import { PolicyForm } from './form.tsx'
import { inUnits, type Policy } from './draft.ts'

/** How members earn codes, and for administrators what a change would do. */
export function PolicyView() {
  const words = useWords(consolePolicyWords)
  const isAdministrator = useIsAdministrator()
  const [loaded, again] = useLoaded(() => ask('app.latchkey.admin.getPolicy'), [])
  const acting = useActing()
  return (
    <>
      <Outcome said={acting.said} />
      <Shown loaded={loaded} again={again}>
        {({ policy, fromSettings, settings }) => (
          <>
            <section class="card standing">
              <div>
                <Sentence policy={policy} />
                {fromSettings && <p class="muted">{words.fromSettings(settings.join(', '))}</p>}
              </div>
            </section>
            {isAdministrator && (
              <PolicyForm
                key={JSON.stringify(policy)}
                policy={policy}
                settings={settings}
                acting={acting}
                onChanged={again}
              />
            )}
          </>
        )}
      </Shown>
    </>
  )
}

function Sentence({ policy: { interval, epoch, cap } }: { policy: Policy }) {
  const words = useWords(consolePolicyWords)
  if (interval === undefined) return <p>{words.nobodyEarns}</p>
  const { count, unit } = inUnits(interval)
  return (
    <>
      <p>
        <strong>{words.earns(words.every[unit](count), cap)}</strong>
      </p>
      <p class="muted">
        {Date.parse(epoch) === 0 ? (
          words.allTimeCounts
        ) : (
          <>
            {words.countsSince}
            <Time at={epoch} />.
          </>
        )}
      </p>
    </>
  )
}
