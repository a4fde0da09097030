import { day, moment } from '../words/format.ts'
import { useLanguage } from './locale.tsx'

/** A point in time, written the same way everywhere. @param precise with hours and minutes */
export function Time({ at, precise = false }: { at: string; precise?: boolean }) {
  const language = useLanguage()
  return <time dateTime={at}>{precise ? moment(language, at) : day(language, at)}</time>
}
