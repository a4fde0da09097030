import { consoleOverview as de } from '../de/console/overview.ts'
import { consoleOverview as en } from '../en/console/overview.ts'
import type { InLanguages } from '../language.ts'

/** What one language must say; English shows it. */
export type ConsoleOverviewWords = typeof en

/** The words of how sign-ups are going. */
export const consoleOverviewWords: InLanguages<ConsoleOverviewWords> = { en, de }
