import { consolePolicy as de } from '../de/console/policy.ts'
import { consolePolicy as en } from '../en/console/policy.ts'
import type { InLanguages } from '../language.ts'

/** What one language must say; English shows it. */
export type ConsolePolicyWords = typeof en

/** The words of how members earn codes. */
export const consolePolicyWords: InLanguages<ConsolePolicyWords> = { en, de }
