import { consoleLog as de } from '../de/console/log.ts'
import { consoleLog as en } from '../en/console/log.ts'
import type { InLanguages } from '../language.ts'

/** What one language must say; English shows it. */
export type ConsoleLogWords = typeof en

/** The words of the console's log, and of undoing. */
export const consoleLogWords: InLanguages<ConsoleLogWords> = { en, de }
