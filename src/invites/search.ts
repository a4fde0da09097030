import type { CodeState } from './predicates.ts'
import type { ListingPosition, SortOrder } from './store.ts'
import type { Instant, InviteCode, Person } from './types.ts'

/** Somebody who signed up with a code. */
export interface UseByPerson {
  readonly by: Person
  readonly at: Instant
}

/** A code with what operators see of it beside its row. */
export interface FoundCode extends InviteCode {
  /** What it was made for. */
  readonly note: string | null
  /** Null for the operator's own. */
  readonly owner: Person | null
  /** Newest first, at most {@link USES_SHOWN}. */
  readonly uses: readonly UseByPerson[]
}

/** A code as a table of all codes has it. */
export type ExportedCode = Omit<FoundCode, 'uses'>

export type CodeKind = 'gifted' | 'earned'

/** Which codes an operator looks for. */
export interface CodeSearch {
  readonly host: string
  /**
   * The beginning of a code, or of its random letters from the first group on; a DID that owns codes, or
   * `admin` for the operator's own; the beginning of such an account's handle; or words of a note, each of which may be a
   * beginning; empty for all. Of handles the first {@link OWNERS_SEARCHED} are looked at, of notes the newest
   * {@link NOTES_SEARCHED}, and of codes that have the same letters {@link CODES_SEARCHED}.
   */
  readonly query: string
  readonly state: CodeState | null
  readonly kind: CodeKind | null
  readonly sort: SortOrder
  readonly limit: number
  readonly after: ListingPosition | null
  /** Expiry is judged by it. */
  readonly now: Instant
}

export const USES_SHOWN = 20
export const OWNERS_SEARCHED = 200
export const CODES_SEARCHED = 200
export const NOTES_SEARCHED = 5000

/** How operators find codes. Part of the store: its rules hold here too. */
export interface SearchStore {
  /** A page of codes: newest first, or most used first; within equals by code, descending. */
  searchCodes(search: CodeSearch): Promise<readonly FoundCode[]>
  /** A part of all codes of a host, oldest first, within equals by code: codes made meanwhile come last. */
  exportCodes(page: {
    host: string
    limit: number
    /** The last code of the part before. */
    after: ListingPosition | null
  }): Promise<readonly ExportedCode[]>
  /** Who came in with a code, newest first. */
  usesOfCode(code: string, limit: number): Promise<readonly UseByPerson[]>
  /** An account by its DID or its handle, in whatever case. @returns undefined for one that is not known here, or deleted */
  findPerson(host: string, didOrHandle: string): Promise<Person | undefined>
}
