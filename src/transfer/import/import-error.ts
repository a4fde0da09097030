import { PdsRefusedError, PdsUnreachableError } from '../../pds/answer.ts'

/** An import or a take-over was broken off; the message says in sentences why, and that it can be repeated. */
export class ImportError extends Error {
  override readonly name = 'ImportError'
}

/**
 * Does such work for somebody who waits for it.
 *
 * @param signal by which they may end it
 * @throws {ImportError} when they did, or when the PDS did not do its part
 */
export async function sayingWhy<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (signal.aborted)
      throw new ImportError('Broken off. What was copied stays: run it again to go on.', { cause })
    if (!(cause instanceof PdsUnreachableError || cause instanceof PdsRefusedError)) throw cause
    const why = cause.message.charAt(0).toUpperCase() + cause.message.slice(1)
    throw new ImportError(`${why}. What was done until then stays: run it again to go on.`, { cause })
  }
}
