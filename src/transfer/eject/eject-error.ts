/** Invitations can't be given back as things are; the message says in a sentence what to do. */
export class EjectError extends Error {
  override readonly name = 'EjectError'
}
