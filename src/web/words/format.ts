import type { Language } from './language.ts'

/** Chooses among the forms that a language has for numbers of things. */
export function plural(
  language: Language,
  count: number,
  forms: { readonly one: string; readonly other: string },
): string {
  return new Intl.PluralRules(language).select(count) === 'one' ? forms.one : forms.other
}

/** A number, as it is written in a language. */
export function number(language: Language, value: number): string {
  return new Intl.NumberFormat(language).format(value)
}

/** A day, as it is written in a language, the same on every page. In UTC, so that server and browser agree. */
export function day(language: Language, at: string | number): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(at))
}

/** A day without its year, for where room is scarce. In UTC. */
export function shortDay(language: Language, at: string | number): string {
  const time = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', timeZone: 'UTC' })
  return time.format(new Date(at))
}

/** A day with its time, for where minutes count. */
export function moment(language: Language, at: string | number): string {
  const time = new Intl.DateTimeFormat(language, {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: 'UTC',
  })
  return `${time.format(new Date(at))} UTC`
}
