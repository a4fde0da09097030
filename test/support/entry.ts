import { createServer, request } from 'node:http'
import { portOf } from '../../src/dev/free-port.ts'

/** A public entrance that sends each host name on to a server of its own. */
export interface Entry extends AsyncDisposable {
  readonly url: string
}

/** @param serverOf where requests for a host name go */
export async function startEntry(serverOf: (hostname: string) => string): Promise<Entry> {
  const server = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming
    const { hostname, port } = new URL(serverOf(new URL(`http://${headers.host}`).hostname))
    const onward = request({ hostname, port, method, path, headers }, (answer) => {
      answer.pipe(outgoing.writeHead(answer.statusCode ?? 500, answer.headers))
    })
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  return {
    url: `http://localhost:${portOf(server)}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
