import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { portOf } from '../../src/dev/free-port.ts'

/** A container as Docker runs it: it is made with settings, which it keeps however often it is started. */
interface Container {
  /** Reads the settings anew. */
  readonly make: () => Promise<void>
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** What stands for `docker`. */
export interface Docker extends AsyncDisposable {
  /** Takes the arguments of the command as the body of a request. */
  readonly url: string
}

/**
 * Stands for `docker compose`, which tests can't have, and is the one thing in these tests that is not what it seems: does
 * `stop`, `start`, `restart` and `up` to servers of the test, as Compose does it to the containers of the file, and
 * refuses everything else. Who names no service means all of them.
 *
 * @param file where the compose file is; no other is known
 */
export async function startDocker(
  file: string,
  containers: Readonly<Record<string, Container>>,
): Promise<Docker> {
  const verbs: Readonly<Record<string, readonly (keyof Container)[]>> = {
    stop: ['stop'],
    start: ['start'],
    restart: ['stop', 'start'],
    'up --detach --force-recreate': ['stop', 'make', 'start'],
  }

  async function obey(args: readonly string[]): Promise<boolean> {
    const names = Object.keys(containers)
    const named = args.filter((arg) => names.includes(arg))
    const [compose, option, path, ...verb] = args.filter((arg) => !names.includes(arg))
    const steps = verbs[verb.join(' ')]
    if (compose !== 'compose' || option !== '--file' || path !== file || steps === undefined) return false
    for (const name of named.length > 0 ? named : names)
      for (const step of steps) await containers[name]?.[step]()
    return true
  }

  const server = createServer((request, response) => {
    void text(request)
      .then((line) => obey(line.split(' ')))
      .then(
        (done) => response.writeHead(done ? 200 : 400).end(),
        (error: unknown) => response.writeHead(500).end(String(error)),
      )
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await server[Symbol.asyncDispose]()
    },
  }
}
