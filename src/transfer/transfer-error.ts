import { PdsRefusedError, PdsUnreachableError } from '../pds/answer.ts'

/** Codes can't be brought here or given back as things are; the message says in sentences why, and what to do. */
export class TransferError extends Error {
  override readonly name = 'TransferError'
}

/**
 * Does such work for somebody who waits for it.
 *
 * @param signal by which they may end it
 * @param state the sentence that says what came of it until it was broken off
 * @throws {TransferError} when they did, or when the PDS did not do its part
 */
export async function sayingWhy<T>(signal: AbortSignal, state: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (signal.aborted) throw new TransferError(`Broken off. ${state}`, { cause })
    if (!(cause instanceof PdsUnreachableError || cause instanceof PdsRefusedError)) throw cause
    const why = cause.message.charAt(0).toUpperCase() + cause.message.slice(1)
    throw new TransferError(`${why}. ${state}`, { cause })
  }
}
