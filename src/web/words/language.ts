/** The languages that the pages speak. */
export const LANGUAGES = ['en', 'de'] as const

export type Language = (typeof LANGUAGES)[number]

/** One part of the catalogue, complete in every language. */
export type InLanguages<W> = Readonly<Record<Language, W>>

const FALLBACK: Language = 'en'

/**
 * Chooses the language that a browser likes best of those there are.
 *
 * @param accepted the value of `Accept-Language` (RFC 9110 section 12.5.4)
 */
export function languageFor(accepted: string | undefined): Language {
  const wishes = (accepted ?? '')
    .split(',')
    .map((wish) => {
      const [range = '', ...parameters] = wish.split(';').map((part) => part.trim().toLowerCase())
      const quality = parameters.find((parameter) => parameter.startsWith('q='))
      return { language: range.split('-')[0], quality: quality === undefined ? 1 : Number(quality.slice(2)) }
    })
    .filter(({ quality }) => quality > 0)
    .toSorted((a, b) => b.quality - a.quality)
  for (const { language } of wishes) {
    const spoken = LANGUAGES.find((one) => one === language)
    if (spoken !== undefined) return spoken
  }
  return FALLBACK
}
