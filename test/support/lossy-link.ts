import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { portOf } from '../../src/dev/free-port.ts'

/** Which requests are meant: those to a path, whatever their query, or those that a predicate takes. */
export type Which = string | ((asked: { method: string; url: string }) => boolean)

/**
 * What the network does to a request. `reset`: it never arrives, and the connection breaks. `swallow`: it never arrives
 * and nobody ever answers. `lose`: it arrives, and the connection breaks instead of an answer. A status: the answer of
 * somebody on the way. A delay: it arrives this many milliseconds later.
 */
export type Trouble = 'reset' | 'swallow' | 'lose' | { readonly status: number } | { readonly delay: number }

/** A request that the network has taken and not passed on, with its whole body: it can arrive after its sender died. */
export interface HeldRequest {
  /** Lets it arrive. @returns the status that the server answered, whether or not anybody still heard it */
  readonly deliver: () => Promise<number>
  /** Breaks the connection. */
  readonly drop: () => void
}

/** A network between two servers, most often Latchkey and its PDS, that can lose and delay what passes. */
export interface LossyLink extends AsyncDisposable {
  readonly url: string
  /** Loses the answers to this path and query from now on: the PDS has done its work, nobody hears of it. */
  loseAnswersTo: (path: string) => void
  /** Holds back the next answer to a path. @returns when the PDS has answered: what lets the answer go on */
  holdAnswerTo: (which: Which) => Promise<() => void>
  /** Holds back the next such request. @returns when it is there */
  holdRequestTo: (which: Which) => Promise<HeldRequest>
  /** Does this to such requests from now on, until called again; undefined ends all trouble. */
  trouble: (which: Which, what: Trouble | undefined) => void
  /** The paths of what the server works on just now, for senders that live or died. */
  underWay: () => readonly string[]
  /** Breaks all connections and, while on, every new one. */
  refuse: (on: boolean) => void
  /** Forgets everything asked for so far, and breaks the connections of what it swallowed. What is held stays held. */
  calm: () => void
}

interface Waiting<T> {
  readonly which: Which
  readonly resolve: (held: T) => void
}

/** How long a PDS keeps idle connections, in milliseconds. */
const PDS_KEEP_ALIVE = 90_000

/** Puts a lossy network in front of a server. */
export async function startLossyLink(target: string): Promise<LossyLink> {
  const lost = new Set<string>()
  const answersToHold: Waiting<() => void>[] = []
  const requestsToHold: Waiting<HeldRequest>[] = []
  let troubled: { which: Which; what: Trouble } | undefined
  let refusing = false
  const swallowed = new Set<Socket>()
  const inFlight = new Set<{ path: string }>()
  const upgraded = new Set<Socket>()

  const server = createServer((incoming, outgoing) => {
    // A sender that dies half-way has sent nothing.
    void handle(incoming, outgoing).catch(() => incoming.socket.destroy())
  })
  // The PDS's answers pass with what they promise: that idle connections are kept for so long.
  server.keepAliveTimeout = PDS_KEEP_ALIVE
  server.on('connection', (socket) => refusing && socket.destroy())
  server.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    const onward = connect(Number(new URL(target).port), 'localhost')
    upgraded.add(socket)
    socket.on('close', () => upgraded.delete(socket))
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy())
    onward.write(headOf(incoming))
    onward.write(head)
    socket.pipe(onward).pipe(socket)
  })

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const asked = { method: incoming.method ?? 'GET', url: incoming.url ?? '/' }
    const body = await buffer(incoming)
    const hold = take(requestsToHold, asked)
    if (hold !== undefined) {
      hold.resolve({
        deliver: () => pass(incoming, body, outgoing),
        drop: () => incoming.socket.destroy(),
      })
      return
    }
    const what = troubled && means(troubled.which, asked) ? troubled.what : undefined
    if (what === 'swallow') {
      swallowed.add(incoming.socket)
      return
    }
    if (what === 'reset') {
      incoming.socket.destroy()
      return
    }
    if (typeof what === 'object' && 'status' in what) {
      outgoing.writeHead(what.status, { 'content-type': 'application/json' }).end('{"message":"trouble"}')
      return
    }
    if (typeof what === 'object') await sleep(what.delay)
    await pass(incoming, body, outgoing, what === 'lose' || lost.has(asked.url))
  }

  function pass(
    { method = 'GET', url = '/', headers, socket }: IncomingMessage,
    body: Buffer,
    outgoing: ServerResponse,
    loses = false,
  ): Promise<number> {
    const entry = { path: pathOf(url) }
    inFlight.add(entry)
    const answered = new Promise<number>((resolve, reject) => {
      const onward = request(target, { path: url, method, headers, agent: false }, (answer) => {
        resolve(answer.statusCode ?? 500)
        answer.on('error', () => socket.destroy())
        if (loses) {
          answer.resume().on('end', () => socket.destroy())
          return
        }
        const release = () => {
          outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
          answer.pipe(outgoing)
        }
        const holding = take(answersToHold, { method, url })
        if (holding === undefined) release()
        else holding.resolve(release)
      })
      onward.on('error', (error) => {
        socket.destroy()
        reject(error)
      })
      onward.end(body)
    })
    return answered.finally(() => inFlight.delete(entry))
  }

  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://localhost:${portOf(server)}`,
    loseAnswersTo: (path) => lost.add(path),
    holdAnswerTo: (which) => new Promise((resolve) => answersToHold.push({ which, resolve })),
    holdRequestTo: (which) => new Promise((resolve) => requestsToHold.push({ which, resolve })),
    trouble: (which, what) => {
      troubled = what && { which, what }
    },
    underWay: () => [...inFlight].map(({ path }) => path),
    refuse: (on) => {
      refusing = on
      if (!on) return
      server.closeAllConnections()
      // These are not the server's any more.
      for (const socket of upgraded) socket.destroy()
    },
    calm: () => {
      refusing = false
      troubled = undefined
      lost.clear()
      for (const socket of swallowed) socket.destroy()
      swallowed.clear()
      answersToHold.length = 0
      requestsToHold.length = 0
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await server[Symbol.asyncDispose]()
    },
  }
}

function means(which: Which, asked: { method: string; url: string }): boolean {
  return typeof which === 'string' ? which === pathOf(asked.url) : which(asked)
}

function pathOf(url: string): string {
  return url.split('?')[0] ?? url
}

function take<T>(waiting: Waiting<T>[], asked: { method: string; url: string }): Waiting<T> | undefined {
  const index = waiting.findIndex(({ which }) => means(which, asked))
  return index === -1 ? undefined : waiting.splice(index, 1)[0]
}

/** A request's head as it came. */
function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1] ?? ''}\r\n`] : [],
  )
  return `${method} ${url} HTTP/${httpVersion}\r\n${lines.join('')}\r\n`
}
