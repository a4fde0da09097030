import { consoleTree as de } from '../de/console/tree.ts'
import { consoleTree as en } from '../en/console/tree.ts'
import type { InLanguages } from '../language.ts'

/** What one language must say; English shows it. */
export type ConsoleTreeWords = typeof en

/** The words of who invited whom. */
export const consoleTreeWords: InLanguages<ConsoleTreeWords> = { en, de }
