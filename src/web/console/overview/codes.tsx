import type { app } from '../../../lexicons/index.ts'
import { EmptyState } from '../../kit/empty-state.tsx'
import { useLanguage, useWords } from '../../kit/locale.tsx'
import { consoleOverviewWords } from '../../words/console/overview.ts'
import { number } from '../../words/format.ts'
import { pathOf } from '../paths.ts'

const STATES = ['open', 'usedUp', 'expired', 'disabled'] as const

/** How many codes there are in each state: as parts of a bar, and as figures. */
export function CodeFigures({ codes }: { codes: app.latchkey.admin.getStatus.CodeFigures }) {
  const words = useWords(consoleOverviewWords)
  const language = useLanguage()
  const total = STATES.reduce((sum, state) => sum + codes[state], 0)
  if (total === 0)
    return (
      <section class="card chart">
        <h2>{words.codes}</h2>
        <EmptyState fact={words.noCodes}>
          <a href={pathOf('codes')}>{words.noCodesNext}</a>
        </EmptyState>
      </section>
    )
  const parts = STATES.filter((state) => codes[state] > 0)
  return (
    <section class="card chart">
      <h2>
        <a href={pathOf('codes')}>{words.codes}</a>
      </h2>
      <svg class="share" width="100%" height="12" aria-hidden="true">
        {parts.map((state, index) => {
          const before = parts.slice(0, index).reduce((sum, one) => sum + codes[one], 0)
          return (
            <rect
              key={state}
              class={`share-${state}`}
              x={`${(100 * before) / total}%`}
              width={`${(100 * codes[state]) / total}%`}
              height="100%"
            />
          )
        })}
      </svg>
      <dl class="figures">
        {STATES.map((state) => (
          <div key={state} class="figure">
            <dt>
              <svg class="share-key" width="10" height="10" aria-hidden="true">
                <rect class={`share-${state}`} width="10" height="10" rx="5" />
              </svg>
              {words.states[state]}
            </dt>
            <dd>{number(language, codes[state])}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
