import type { DidString, HandleString } from '@atproto/lex-schema'
import type { InviteUse, Person } from '../../invites/types.ts'
import type { app } from '../../lexicons/index.ts'
import { datetime } from './datetime.ts'

/** Shapes an account as the lexicon has it. */
export function personView({ did, handle, status }: Person): app.latchkey.defs.Person {
  return { did: did as DidString, ...(handle !== null && { handle: handle as HandleString }), status }
}

/**
 * Shapes who used a code.
 *
 * @param people all who did, by DID
 */
export function useView(
  { usedBy, usedAt }: InviteUse,
  people: ReadonlyMap<string, Person>,
): app.latchkey.defs.Use {
  const person = people.get(usedBy)
  if (person === undefined) throw new Error('a use was read without whoever used it')
  return { by: personView(person), at: datetime(usedAt) }
}
