import { join as de } from './de/join.ts'
import { join as en } from './en/join.ts'
import type { InLanguages } from './language.ts'

/** What one language must say; English shows it. */
export type JoinWords = typeof en

/** The words of the invitation page. */
export const joinWords: InLanguages<JoinWords> = { en, de }
