import { Agent, request } from 'node:http'

/** An answer and how long it took. */
export interface TimedAnswer {
  readonly status: number
  readonly body: string
  readonly milliseconds: number
}

export interface Question {
  readonly url: string
  readonly authorization: string
  /** Sent as JSON by POST; a GET without. */
  readonly body?: unknown
}

/** A client that keeps its connections. Disposal closes them. */
export class Client implements Disposable {
  readonly #agent: Agent

  /** @param connections how many at most */
  constructor(connections = 1) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
  }

  ask({ url, authorization, body }: Question): Promise<TimedAnswer> {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers = {
      authorization,
      ...(text !== undefined && {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      }),
    }
    return new Promise((resolve, reject) => {
      const startedAt = performance.now()
      const method = text === undefined ? 'GET' : 'POST'
      const asked = request(url, { agent: this.#agent, method, headers }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const milliseconds = performance.now() - startedAt
          const whole = Buffer.concat(chunks).toString('utf8')
          resolve({ status: response.statusCode ?? 0, body: whole, milliseconds })
        })
      })
      asked.on('error', reject).end(text)
    })
  }

  /** @throws {Error} with the answer when it is no success */
  async askWell(question: Question): Promise<TimedAnswer> {
    const answer = await this.ask(question)
    if (answer.status !== 200)
      throw new Error(`${question.url} answered ${answer.status}: ${answer.body.slice(0, 500)}`)
    return answer
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}

/** Does some work for each of many things, so many at once. */
export async function forEachAtOnce<T>(
  things: Iterable<T>,
  atOnce: number,
  work: (thing: T) => Promise<unknown>,
): Promise<void> {
  const rest = things[Symbol.iterator]()
  const worker = async () => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
