import type { RandomBytes } from './code.ts'
import type { Instant } from './types.ts'

/** What operators can do, as the audit log names it. */
export type AuditAction =
  | 'createCodes'
  | 'giveCodes'
  | 'replaceCode'
  | 'disableCodes'
  | 'enableCodes'
  | 'disableInvites'
  | 'enableInvites'
  | 'undoBatch'
  | 'exportCodes'
  | 'pauseSignUps'
  | 'resumeSignUps'
  | 'setPolicy'
  | 'acceptResync'
  | 'import'
  | 'takeOver'
  | 'reconcile'
  | 'eject'
  | 'withdrawEject'
  | 'signIn'
  | 'signInRefused'
  | 'signOut'
  | 'endSessions'
  /** By its owner: the only deed of a member that is recorded. */
  | 'switchOffCode'

/** Actors that are no account: the PDS accepted them for moderation, or they stood at the machine. */
export const MODERATOR = 'moderator'
export const COMMAND_LINE = 'command line'
/** Nobody vouched for who it was. */
export const SOMEBODY = 'somebody'
/** The policy of the settings was written at a start. */
export const SETTINGS_ACTOR = 'settings'

/** Somebody acts. What the store changes by it is recorded in the same transaction, under this name and instant. */
export interface Deed {
  /** By {@link makeId}. */
  readonly id: string
  readonly at: Instant
  /** A DID; `admin` for who knew the password; or one of the actors above. */
  readonly actor: string
}

/** One line of the audit log. */
export interface AuditEvent extends Deed {
  readonly action: AuditAction
  /** The code, account, batch or host that it was done to. */
  readonly subject: string
  /** What else is worth knowing; a JSON object. Never a password or a token. */
  readonly detail: Readonly<Record<string, unknown>>
}

/** A line of the log as it is listed: with the handles of those of its accounts that have one here. */
export interface ListedEvent extends AuditEvent {
  readonly actorHandle?: string
  readonly subjectHandle?: string
}

/** Where a page of the log, or of batches, ended. */
export interface LogPosition {
  readonly at: Instant
  readonly id: string
}

/** The audit log. Part of the store: its rules hold here too. */
export interface AuditStore {
  /** Records what is more than one transaction of the store, such as an import. */
  recordEvent(event: AuditEvent): Promise<void>
  /**
   * A page of the log, newest first, of all hosts.
   *
   * @param page.actor whose deeds; null for everybody's
   * @param page.action which; null for all
   * @param page.after the position of the last one of the page before
   */
  listEvents(page: {
    actor: string | null
    action: string | null
    limit: number
    after: LogPosition | null
  }): Promise<readonly ListedEvent[]>
}

const TIME_DIGITS = 12
const RANDOM_BYTES = 10

/**
 * Makes a UUID of version 7, by section 5.7 of RFC 9562: it begins with the time, so that rows made one after the other lie
 * beside each other in indexes of ids. It names a row, and is no secret.
 *
 * @param random a cryptographic source
 * @param now an instant from 1970 on
 */
export function makeId(random: RandomBytes, now: Instant): string {
  const time = now.toString(16).padStart(TIME_DIGITS, '0')
  const rest = Array.from(random(RANDOM_BYTES), (byte, index) => {
    const marked = index === 0 ? (byte & 0x0f) | 0x70 : index === 2 ? (byte & 0x3f) | 0x80 : byte
    return marked.toString(16).padStart(2, '0')
  }).join('')
  return [time.slice(0, 8), time.slice(8), rest.slice(0, 4), rest.slice(4, 8), rest.slice(8)].join('-')
}

/** Somebody acts, now. */
export function makeDeed(
  actor: string,
  { now, random }: { readonly now: () => Instant; readonly random: RandomBytes },
): Deed {
  const at = now()
  return { id: makeId(random, at), at, actor }
}
