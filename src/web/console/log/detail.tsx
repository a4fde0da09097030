import { useLanguage, useWords } from '../../kit/locale.tsx'
import { consoleLogWords } from '../../words/console/log.ts'
import { number } from '../../words/format.ts'

/** What else the log keeps of an event, folded in. */
export function Detail({ detail, label }: { detail: unknown; label: string }) {
  const words = useWords(consoleLogWords)
  const language = useLanguage()
  const lines = [...linesOf(detail, [])]
  if (lines.length === 0) return null
  return (
    <details>
      <summary aria-label={label}>{words.details}</summary>
      <dl class="facts log-facts">
        {lines.map(([path, value]) => (
          <div key={path.join(' ')}>
            <dt>{path.map((key) => words.keys[key] ?? key).join(', ')}</dt>
            <dd>{typeof value === 'number' ? number(language, value) : value}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}

type Line = readonly [path: readonly string[], value: string | number]

/** Flattens what the log keeps, an object of objects and lists, into lines; leaves out what says nothing. */
function* linesOf(value: unknown, path: readonly string[]): Generator<Line> {
  if (Array.isArray(value)) {
    if (value.length > 0) yield [path, value.map(String).join(', ')]
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) yield* linesOf(inner, [...path, key])
  } else if (typeof value === 'number' || typeof value === 'string') {
    yield [path, value]
  } else if (typeof value === 'boolean') {
    yield [path, value ? '✓' : '–']
  }
}
