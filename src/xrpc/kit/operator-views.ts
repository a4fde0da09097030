import type { Role } from '../../auth/callers.ts'
import { isAboutInvites, type ListedBatch } from '../../invites/batches.ts'
import { codeState, isRoutine } from '../../invites/predicates.ts'
import type { FoundCode, UseByPerson } from '../../invites/search.ts'
import type { Instant } from '../../invites/types.ts'
import type { app } from '../../lexicons/index.ts'
import { invalidRequest } from '../../wire/failure.ts'
import { datetime } from './datetime.ts'
import { personView } from './latchkey-views.ts'

/** Shapes a code as operators see it. */
export function foundCodeView(found: FoundCode, now: Instant): app.latchkey.defs.CodeForOperators {
  const { code, available, used, reserved, createdAt, expiresAt, note, owner, uses } = found
  return {
    code,
    state: codeState(found, now),
    kind: isRoutine(found) ? 'earned' : 'gifted',
    available,
    used,
    reserved,
    createdAt: datetime(createdAt),
    ...(expiresAt !== null && { expiresAt: datetime(expiresAt) }),
    ...(note !== null && { note }),
    ...(owner !== null && { owner: personView(owner) }),
    uses: uses.map(useByPersonView),
  }
}

/** Shapes who came in with a code. */
export function useByPersonView({ by, at }: UseByPerson): app.latchkey.defs.Use {
  return { by: personView(by), at: datetime(at) }
}

/** Shapes a batch. @param role whose eyes it is for: what is noted of accounts only administrators see */
export function batchView(batch: ListedBatch, role: Role): app.latchkey.defs.Batch {
  const { id, at, actor, action, note, codes, accounts, finished, undoneAt, undoneBy } = batch
  const { actorHandle, undoneByHandle } = batch
  const isTold = note !== null && (role === 'administrator' || !isAboutInvites(action))
  return {
    id,
    at: datetime(at),
    actor,
    ...(actorHandle !== undefined && { actorHandle }),
    action,
    ...(isTold && { note }),
    codes,
    accounts,
    ...(!finished && { unfinished: true }),
    ...(undoneAt !== null && { undoneAt: datetime(undoneAt) }),
    ...(undoneBy !== null && { undoneBy }),
    ...(undoneByHandle !== undefined && { undoneByHandle }),
  }
}

/** Reads an instant of a lexicon. */
export function instantOf(text: string | undefined): Instant | undefined {
  return text === undefined ? undefined : new Date(text).getTime()
}

/**
 * Reads one of several words that a lexicon leaves open.
 *
 * @returns null where none is given
 */
export function oneOf<const T extends string>(
  words: readonly T[],
  name: string,
  given: string | undefined,
): T | null {
  if (given === undefined) return null
  const found = words.find((word) => word === given)
  if (found === undefined) throw invalidRequest(`${name} must be one of ${words.join(', ')}, got ${given}`)
  return found
}
