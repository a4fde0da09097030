/** The closed list of what a caller of the invite service can be told. The HTTP edge maps every one of them. */
export type InviteErrorCode =
  /** The database stayed busy while earned codes were being made; none was made. */
  | 'DuplicateCreate'
  /** The request asks for something that invitations don't allow. */
  | 'InvalidRequest'
  /** The request names an account that the PDS does not have. */
  | 'UnknownAccount'

/** An expected failure of the invite service, with a message for the caller. */
export class InviteError extends Error {
  override readonly name = 'InviteError'
  readonly code: InviteErrorCode

  constructor(code: InviteErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
