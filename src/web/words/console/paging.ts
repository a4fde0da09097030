import { consolePaging as de } from '../de/console/paging.ts'
import { consolePaging as en } from '../en/console/paging.ts'
import type { InLanguages } from '../language.ts'

/** What one language must say; English shows it. */
export type ConsolePagingWords = typeof en

/** The words of the console's way from page to page of a list. */
export const consolePagingWords: InLanguages<ConsolePagingWords> = { en, de }
