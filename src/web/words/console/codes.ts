import { consoleCodes as de } from '../de/console/codes.ts'
import { consoleCodes as en } from '../en/console/codes.ts'
import type { InLanguages } from '../language.ts'

/** What one language must say; English shows it. */
export type ConsoleCodesWords = typeof en

/** The words of the console's view of codes. */
export const consoleCodesWords: InLanguages<ConsoleCodesWords> = { en, de }
