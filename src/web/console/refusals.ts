import { CallError } from '../browser/call.ts'

/**
 * Says in our words what a method refuses.
 *
 * @param sentences by the error's name in the lexicon
 * @throws {CallError} with one of these sentences, where there is one
 */
export async function inWords<T>(sentences: Readonly<Record<string, string>>, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    const sentence = error instanceof CallError ? sentences[error.error] : undefined
    if (!(error instanceof CallError) || sentence === undefined) throw error
    throw new CallError(error.status, error.error, sentence)
  }
}
