import type { InferMethodOutputBody, InferMethodParams, Query } from '@atproto/lex-schema'
import type { Refusal } from '../../auth/credentials.ts'
import type { ModeratorProbe } from '../../auth/moderator.ts'
import type { XrpcContext } from './context.ts'
import { XrpcFailure } from '../../wire/failure.ts'
import type { XrpcRequest } from './method.ts'

/** A caller of whom nothing more than their standing is known. */
export type Admitted = { readonly admitted: true }

/** Lets the administrator in. Creating codes is closed to moderators, as at the PDS. */
export function administratorOnly({ administrators }: XrpcContext) {
  return async ({ credentials }: XrpcRequest): Promise<Admitted> => {
    if (administrators.isAdministrator(credentials.authorization)) return { admitted: true }
    throw new XrpcFailure(401, 'AuthenticationRequired', 'Authentication Required')
  }
}

/** Lets the administrator and the PDS's moderators in. @param probe asks the PDS on the same method */
export function moderatorsOnly({ moderators }: XrpcContext, probe: ModeratorProbe) {
  return async ({ credentials }: XrpcRequest): Promise<Admitted | Refusal> =>
    (await moderators.admit(credentials, probe)) ?? { admitted: true }
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
