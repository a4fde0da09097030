/** The closed list of what a caller of the invite service can be told. The HTTP edge maps every one of them. */
export type InviteErrorCode =
  /** The database stayed busy while earned codes were being made; none was made. */
  | 'DuplicateCreate'
  /** The request asks for something that invitations don't allow. */
  | 'InvalidRequest'
  /** The request names an account that the PDS does not have. */
  | 'UnknownAccount'
  /** The request names a code that the caller does not have. */
  | 'UnknownCode'
  /** The code is used up, expired or disabled. */
  | 'NotOpen'
  /** The code is still the PDS's own to redeem. */
  | 'NotTakenOver'
  /** The caller did this too often today. */
  | 'TooOften'
  /** An operator names an owner of codes that the host does not have. */
  | 'UnknownOwner'
  /** There is no such batch. */
  | 'UnknownBatch'
  /** The batch was undone before. */
  | 'AlreadyUndone'
  /** The same was begun a moment ago, and may still be going on. */
  | 'BatchUnderWay'
  /** Somebody undid the batch before all of it was done. */
  | 'BatchStopped'

/** An expected failure of the invite service, with a message for the caller. */
export class InviteError extends Error {
  override readonly name = 'InviteError'
  readonly code: InviteErrorCode

  constructor(code: InviteErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
