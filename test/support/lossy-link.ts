import { createServer, request } from 'node:http'
import { portOf } from '../../src/dev/free-port.ts'

/** A network between Latchkey and its PDS that can lose and delay answers. */
export interface LossyLink extends AsyncDisposable {
  readonly url: string
  /** Loses the answers to this path from now on: the PDS has done its work, nobody hears of it. */
  loseAnswersTo: (path: string) => void
  /** Holds back the next answer to a path. @returns when the PDS has answered: what lets the answer go on */
  holdAnswerTo: (path: string) => Promise<() => void>
}

/** Puts a lossy network in front of a server. */
export async function startLossyLink(target: string): Promise<LossyLink> {
  const lost = new Set<string>()
  const held = new Map<string, (release: () => void) => void>()
  const server = createServer((incoming, outgoing) => {
    const { method, headers, url = '/' } = incoming
    const onward = request(new URL(url, target), { method, headers }, (answer) => {
      if (lost.has(url)) {
        answer.resume().on('end', () => incoming.socket.destroy())
        return
      }
      const pass = () => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(outgoing)
      }
      const path = url.split('?')[0] ?? url
      const holding = held.get(path)
      held.delete(path)
      if (holding === undefined) pass()
      else holding(pass)
    })
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://localhost:${portOf(server)}`,
    loseAnswersTo: (path) => lost.add(path),
    holdAnswerTo: (path) =>
      new Promise((resolve) => {
        held.set(path, resolve)
      }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await server[Symbol.asyncDispose]()
    },
  }
}
