import { CREATE_ACCOUNT_PATH } from '../gate/doors/create-account.ts'
import { OAUTH_SIGN_UP_PATH } from '../gate/doors/oauth-sign-up.ts'
import type { PdsClient } from '../pds/client.ts'
import { ask, type Reply } from './ask.ts'
import { reasonOf } from './checks.ts'

/** A route of Latchkey's, and a request to it that does nothing: no method takes it without body and credentials. */
export interface Route {
  readonly check: 'doors' | 'methods'
  readonly method: 'GET' | 'POST'
  readonly path: string
}

/** A request to a route, as it is sent. */
export interface Attempt {
  readonly route: Route
  readonly target: string
  readonly hostname: string
}

/** Who answered a request to a route, by the mark of Latchkey's answers and by what the PDS says itself on that route. */
export type Answerer = 'latchkey' | 'pds' | 'another' | 'nobody'

export interface Answered extends Attempt {
  readonly by: Answerer
  /** Whether it may be the PDS that did not want to say: too many requests, or no answer in time. */
  readonly isUnclear: boolean
  /** What came, in a few words. */
  readonly saw: string
}

/** What the PDS says itself, by path. */
export type OwnWords = ReadonlyMap<string, string>

/** So many requests are on their way at once. */
const AT_ONCE = 8

/** @param nsids the methods that are Latchkey's */
export function ownRoutes(nsids: readonly string[]): readonly Route[] {
  return [
    // With GET: the PDS looks at the verb first.
    { check: 'doors', method: 'GET', path: CREATE_ACCOUNT_PATH },
    // Only POST is the door, and without a body it is nobody's sign-up.
    { check: 'doors', method: 'POST', path: OAUTH_SIGN_UP_PATH },
    ...nsids.map((nsid): Route => ({ check: 'methods', method: 'GET', path: `/xrpc/${nsid}` })),
  ]
}

/** Asks the PDS by its inner URL what it says on these routes. @throws {PdsUnreachableError} */
export async function ownWords(pds: PdsClient, routes: readonly Route[]): Promise<OwnWords> {
  const told = await Promise.all(
    routes.map(async ({ method, path }): Promise<[string, string]> => {
      const { status, body } = await pds.relay({ method, path, headers: {} })
      return [path, words(status, Buffer.from(body).toString('utf8'))]
    }),
  )
  return new Map(told)
}

/** Sends requests to a server, a few at a time. Never throws: that nobody answers is an answer. */
export async function askAll(
  server: URL,
  attempts: readonly Attempt[],
  pdsSays: OwnWords,
  signal?: AbortSignal,
): Promise<readonly Answered[]> {
  const answers: Answered[] = []
  const left = attempts.entries()
  async function work(): Promise<void> {
    for (const [index, attempt] of left) answers[index] = await askOne(server, attempt, pdsSays, signal)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return answers
}

async function askOne(
  server: URL,
  attempt: Attempt,
  pdsSays: OwnWords,
  signal: AbortSignal | undefined,
): Promise<Answered> {
  const { route, target, hostname } = attempt
  try {
    const { method } = route
    const reply = await ask({ server, method, target, hostname, ...(signal && { signal }) })
    const saw = words(reply.status, reply.body)
    return {
      ...attempt,
      by: answerer(reply, saw, pdsSays.get(route.path)),
      isUnclear: reply.status === 429,
      saw,
    }
  } catch (error) {
    const isLate = error instanceof Error && ['AbortError', 'TimeoutError'].includes(error.name)
    return {
      ...attempt,
      by: 'nobody',
      isUnclear: isLate,
      saw: isLate ? 'no answer in time' : reasonOf(error),
    }
  }
}

function answerer({ isLatchkeys }: Reply, saw: string, pdsSays: string | undefined): Answerer {
  if (isLatchkeys) return 'latchkey'
  return saw === pdsSays ? 'pds' : 'another'
}

/** What is told of an answer: its status, and what an error of the PDS is made of. */
function words(status: number, body: string): string {
  const { error, message, error_description: description } = asObject(body)
  const told = [error, message ?? description].filter((word) => typeof word === 'string')
  return [status, ...told].join(' ')
}

function asObject(body: string): { error?: unknown; message?: unknown; error_description?: unknown } {
  try {
    const told: unknown = JSON.parse(body)
    return typeof told === 'object' && told !== null ? told : {}
  } catch {
    return {}
  }
}

/** A request in words, for the report. */
export function describe({ route, target, hostname }: Attempt): string {
  return `${route.method} ${target} at ${hostname}`
}
