import { useRef, useState } from 'preact/hooks'
import type { app } from '../../../lexicons/index.ts'
import { EmptyState } from '../../kit/empty-state.tsx'
import { useLanguage, useWords } from '../../kit/locale.tsx'
import { consoleOverviewWords } from '../../words/console/overview.ts'
import { day, number, shortDay } from '../../words/format.ts'
import { pathOf } from '../paths.ts'

type Day = app.latchkey.admin.getStatus.Day

/** How much of its place on the axis a bar takes. */
const BAR = 0.72

/**
 * Sign-ups of each day as bars, as wide as there is room: lengths are parts of the whole, so that letters keep their size.
 * One bar is in the tab order, and arrow keys go to the others.
 */
export function SignUpsChart({ days }: { days: readonly Day[] }) {
  const words = useWords(consoleOverviewWords)
  const language = useLanguage()
  const [shown, setShown] = useState<number | null>(null)
  const total = days.reduce((sum, { signUps }) => sum + signUps, 0)
  const told = shown === null ? undefined : days[shown]
  return (
    <section class="card chart" aria-labelledby="chart-title">
      <div class="chart-head">
        <h2 id="chart-title">{words.perDay}</h2>
        {total > 0 && (
          <p class="muted chart-told" aria-hidden={told !== undefined}>
            {told === undefined ? words.total(total) : words.onDay(day(language, told.date), told.signUps)}
          </p>
        )}
      </div>
      {total === 0 ? (
        <EmptyState fact={words.noSignUps}>
          <a href={pathOf('codes')}>{words.noSignUpsNext}</a>
        </EmptyState>
      ) : (
        <Bars days={days} shown={shown} onShow={setShown} />
      )}
    </section>
  )
}

function Bars({
  days,
  shown,
  onShow,
}: {
  days: readonly Day[]
  shown: number | null
  onShow: (index: number | null) => void
}) {
  const words = useWords(consoleOverviewWords)
  const language = useLanguage()
  const plot = useRef<SVGSVGElement>(null)
  const last = days.length - 1
  const [inOrder, setInOrder] = useState(last)
  const step = stepFor(Math.max(...days.map(({ signUps }) => signUps)))
  const top = 2 * step
  const part = 100 / days.length

  const onKeyDown = (event: KeyboardEvent) => {
    const to = target(event.key, inOrder, last)
    if (to === undefined) return
    event.preventDefault()
    setInOrder(to)
    plot.current?.querySelector<SVGGElement>(`[data-day="${to}"]`)?.focus()
  }
  return (
    <div class="chart-frame">
      <p class="unseen" id="chart-keys">
        {words.chartKeys}
      </p>
      <div class="chart-axis" aria-hidden="true">
        {[top, step, 0].map((value) => (
          <span key={value}>{number(language, value)}</span>
        ))}
      </div>
      <svg
        ref={plot}
        class="chart-plot"
        width="100%"
        height="180"
        role="group"
        aria-labelledby="chart-title"
        aria-describedby="chart-keys"
        onKeyDown={onKeyDown}
        onPointerLeave={() => onShow(null)}
      >
        {['0%', '50%', '100%'].map((y) => (
          <line key={y} class="chart-line" x1="0" x2="100%" y1={y} y2={y} />
        ))}
        {days.map(({ date, signUps }, index) => (
          <g
            key={date}
            class={index === shown ? 'chart-day chart-day-shown' : 'chart-day'}
            role="img"
            aria-label={words.onDay(day(language, date), signUps)}
            tabindex={index === inOrder ? 0 : -1}
            data-day={index}
            onFocus={() => {
              setInOrder(index)
              onShow(index)
            }}
            onBlur={() => onShow(null)}
            onPointerEnter={() => onShow(index)}
          >
            <rect class="chart-place" x={`${index * part}%`} width={`${part}%`} height="100%" />
            <rect
              class="chart-bar"
              x={`${(index + (1 - BAR) / 2) * part}%`}
              y={`${100 - (100 * signUps) / top}%`}
              width={`${BAR * part}%`}
              height={`${(100 * signUps) / top}%`}
              rx="2"
            />
          </g>
        ))}
      </svg>
      <div class="chart-days" aria-hidden="true">
        {[days[0], days[Math.floor(last / 2)], days[last]].map((one) =>
          one === undefined ? null : <span key={one.date}>{shortDay(language, one.date)}</span>,
        )}
      </div>
    </div>
  )
}

/** Half of what the axis ends at: a round number. */
function stepFor(most: number): number {
  const half = Math.max(1, Math.ceil(most / 2))
  const power = 10 ** Math.floor(Math.log10(half))
  return ([1, 2, 5].find((factor) => factor * power >= half) ?? 10) * power
}

function target(key: string, from: number, last: number): number | undefined {
  if (key === 'ArrowLeft') return Math.max(0, from - 1)
  if (key === 'ArrowRight') return Math.min(last, from + 1)
  if (key === 'Home') return 0
  return key === 'End' ? last : undefined
}
