import { console as de } from '../de/console/frame.ts'
import { console as en } from '../en/console/frame.ts'
import type { InLanguages } from '../language.ts'

/** What one language must say; English shows it. */
export type ConsoleWords = typeof en

/** The words of the console's frame; its views have their own. */
export const consoleWords: InLanguages<ConsoleWords> = { en, de }
