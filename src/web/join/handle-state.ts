import type { WebRequest } from '../routing.ts'
import type { JoinPorts } from './ports.ts'

/** How often one address may ask so: a fast typist's minute. */
export const QUESTIONS = { times: 60, window: 60_000 } as const

/** Asks for a handle. `unknown` where it can't be told now. */
export async function stateOf(
  { questions, isTaken }: JoinPorts,
  { address, forwardedFor }: WebRequest,
  handle: string,
): Promise<'taken' | 'free' | 'unknown' | 'too many'> {
  if ((await questions.blockedFor(address)) !== undefined) return 'too many'
  await questions.count(address)
  return isTaken(handle, forwardedFor).then(
    (taken) => (taken ? 'taken' : 'free'),
    () => 'unknown',
  )
}
