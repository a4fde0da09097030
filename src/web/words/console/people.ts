import { consolePeople as de } from '../de/console/people.ts'
import { consolePeople as en } from '../en/console/people.ts'
import type { InLanguages } from '../language.ts'

/** What one language must say; English shows it. */
export type ConsolePeopleWords = typeof en

/** How accounts of the host are spoken of in the console. */
export const consolePeopleWords: InLanguages<ConsolePeopleWords> = { en, de }
