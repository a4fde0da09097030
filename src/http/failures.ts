import { InviteError, type InviteErrorCode } from '../invites/errors.ts'
import { StoreBusyError, StoreUnavailableError } from '../invites/store.ts'
import { PdsRefusedError, PdsUnreachableError } from '../pds/answer.ts'
import { invalidRequest, XrpcFailure } from '../wire/failure.ts'

/** How every error of the invite service is told, in the reference's names. */
const INVITE_FAILURES: Record<InviteErrorCode, readonly [status: number, error: string]> = {
  DuplicateCreate: [400, 'DuplicateCreate'],
  InvalidRequest: [400, 'InvalidRequest'],
  UnknownAccount: [400, 'NotFound'],
  UnknownCode: [400, 'UnknownCode'],
  NotOpen: [400, 'NotOpen'],
  NotTakenOver: [400, 'NotTakenOver'],
  TooOften: [429, 'RateLimitExceeded'],
  UnknownOwner: [400, 'UnknownAccount'],
  UnknownBatch: [400, 'UnknownBatch'],
  AlreadyUndone: [400, 'AlreadyUndone'],
  BatchUnderWay: [400, 'BatchUnderWay'],
  BatchStopped: [400, 'BatchStopped'],
}

/** Seconds after which a caller may try again what could not be done for want of the database or the PDS. */
const RETRY_AFTER = 5

/** What is told of an error, and whether the operator should look at it. */
export interface Told {
  readonly failure: XrpcFailure
  readonly level: 'error' | 'debug'
}

/** The one place that turns errors into answers. What it does not know becomes a blank 500. */
export function tell(error: unknown): Told {
  if (error instanceof XrpcFailure) return { failure: error, level: 'debug' }
  if (error instanceof InviteError) {
    const [status, name] = INVITE_FAILURES[error.code]
    return { failure: new XrpcFailure(status, name, error.message), level: 'debug' }
  }
  if (error instanceof StoreBusyError || error instanceof StoreUnavailableError) {
    return passing(503, 'ServiceUnavailable', 'The invite database is not available right now')
  }
  if (error instanceof PdsUnreachableError || error instanceof PdsRefusedError) {
    return passing(502, 'UpstreamFailure', 'The server behind this one did not answer as expected')
  }
  if (isClientError(error)) return { failure: invalidRequest(error.message), level: 'debug' }
  return { failure: new XrpcFailure(500, 'InternalServerError', 'Internal Server Error'), level: 'error' }
}

function passing(status: number, name: string, message: string): Told {
  return { failure: new XrpcFailure(status, name, message, { retryAfter: RETRY_AFTER }), level: 'error' }
}

/** What the HTTP framework itself has to say against a request. */
function isClientError(error: unknown): error is Error {
  if (!(error instanceof Error) || !('statusCode' in error)) return false
  return typeof error.statusCode === 'number' && error.statusCode >= 400 && error.statusCode < 500
}
