import type { InferMethodOutputBody, InferMethodParams, Query } from '@atproto/lex-schema'
import type { Operator, Role } from '../../auth/callers.ts'
import type { Refusal } from '../../auth/credentials.ts'
import type { Member } from '../../auth/member.ts'
import type { ModeratorProbe } from '../../auth/moderator.ts'
import { MODERATOR } from '../../invites/audit.ts'
import { ADMIN } from '../../invites/types.ts'
import type { XrpcContext } from './context.ts'
import { XrpcFailure } from '../../wire/failure.ts'
import type { XrpcRequest } from './method.ts'

/** A caller of whom nothing more than their standing is known. */
export interface Admitted {
  /** What the audit log calls them. */
  readonly actor: string
}

/** Lets the administrator in. Creating codes is closed to moderators, as at the PDS. */
export function administratorOnly({ administrators }: XrpcContext) {
  return async ({ credentials }: XrpcRequest): Promise<Admitted> => {
    if (administrators.isAdministrator(credentials.authorization)) return { actor: ADMIN }
    throw new XrpcFailure(401, 'AuthenticationRequired', 'Authentication Required')
  }
}

/** Lets the administrator and the PDS's moderators in. @param probe asks the PDS on the same method */
export function moderatorsOnly({ moderators, administrators }: XrpcContext, probe: ModeratorProbe) {
  return async ({ credentials }: XrpcRequest): Promise<Admitted | Refusal> => {
    const isAdministrator = administrators.isAdministrator(credentials.authorization)
    return (await moderators.admit(credentials, probe)) ?? { actor: isAdministrator ? ADMIN : MODERATOR }
  }
}

const FORGED = 'The request does not come from a page of this server'

/** Lets members in, from the pages and from elsewhere. */
export function membersOnly({ callers }: XrpcContext, verb: 'GET' | 'POST') {
  return async ({ credentials }: XrpcRequest): Promise<Member | Refusal> => {
    const member = await callers.member(credentials, verb)
    if (member === 'forged') throw new XrpcFailure(403, 'Forbidden', FORGED)
    return member
  }
}

/** Lets operators in, from the pages and with the password. @param least what they must be */
export function operatorsOnly({ callers }: XrpcContext, verb: 'GET' | 'POST', least: Role) {
  return async ({ credentials, address }: XrpcRequest): Promise<Operator> => {
    const operator = await callers.operator(credentials, verb, address)
    if (operator === 'forged') throw new XrpcFailure(403, 'Forbidden', FORGED)
    if (operator === undefined)
      throw new XrpcFailure(401, 'AuthenticationRequired', 'Authentication Required')
    if ('retryAfter' in operator) {
      const { retryAfter } = operator
      throw new XrpcFailure(429, 'RateLimitExceeded', 'Too many wrong passwords', { retryAfter })
    }
    if (least === 'administrator') requireAdministrator(operator)
    return operator
  }
}

/** Turns moderators away, where that depends on what they ask for. */
export function requireAdministrator({ role }: Operator): void {
  if (role !== 'administrator') throw new XrpcFailure(403, 'Forbidden', 'Only an administrator may do this')
}

/** Asks about enabling and disabling with a DID that can be no account's, since the PDS takes the call at its word. */
export function accountInvitesProbe(nsid: string): ModeratorProbe {
  return { method: 'POST', path: `/xrpc/${nsid}`, json: { account: 'did:web:latchkey.invalid' } }
}

/**
 * Lets in whom the PDS serves: the request itself is sent on, with the caller's credentials.
 *
 * @returns what the PDS answered, as far as the lexicon knows it
 */
export function forwardedToPds<const M extends Query>(
  { moderators, administrators }: XrpcContext,
  schema: M,
) {
  return async (
    { credentials }: XrpcRequest,
    params: InferMethodParams<M>,
  ): Promise<Forwarded<M> | Refusal> => {
    const search = schema.parameters.toURLSearchParams(params).toString()
    const answer = await moderators.forward(credentials, {
      method: 'GET',
      path: `/xrpc/${schema.nsid}?${search}`,
    })
    if (answer.status !== 200) return { refusal: answer }
    return {
      answer: JSON.parse(Buffer.from(answer.body).toString('utf8')) as InferMethodOutputBody<M>,
      isAdministrator: administrators.isAdministrator(credentials.authorization),
    }
  }
}

/** What the PDS answered to the caller's own request. */
export interface Forwarded<M extends Query> {
  readonly answer: InferMethodOutputBody<M>
  /** Moderators are let in too, and see less. */
  readonly isAdministrator: boolean
}
