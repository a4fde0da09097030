import { consoleAccounts as de } from '../de/console/accounts.ts'
import { consoleAccounts as en } from '../en/console/accounts.ts'
import type { InLanguages } from '../language.ts'

/** What one language must say; English shows it. */
export type ConsoleAccountsWords = typeof en

/** The words of the list of accounts. */
export const consoleAccountsWords: InLanguages<ConsoleAccountsWords> = { en, de }
