import { kit as de } from './de/kit.ts'
import { kit as en } from './en/kit.ts'
import type { InLanguages } from './language.ts'

/** What one language must say; English shows it. */
export type KitWords = typeof en

/** The words of the shell and of its parts. */
export const kitWords: InLanguages<KitWords> = { en, de }
