import { invites as de } from './de/invites.ts'
import { invites as en } from './en/invites.ts'
import type { InLanguages } from './language.ts'

/** What one language must say; English shows it. */
export type InvitesWords = typeof en

/** The words of the page of a member's invites. */
export const invitesWords: InLanguages<InvitesWords> = { en, de }
