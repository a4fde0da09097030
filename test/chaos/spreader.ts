import { connect, createServer, type Socket } from 'node:net'
import { portOf } from '../../src/dev/free-port.ts'

/** A load balancer as small as can be: each connection goes to the next one that lives. */
export interface Spreader extends AsyncDisposable {
  readonly url: string
}

/** @param living the ports of those that live; asked anew for each connection */
export async function startSpreader(living: () => readonly number[]): Promise<Spreader> {
  const open = new Set<Socket>()
  let turn = 0
  const server = createServer((socket) => {
    const ports = living()
    turn += 1
    const port = ports[turn % ports.length]
    if (port === undefined) {
      socket.destroy()
      return
    }
    const onward = connect(port, '127.0.0.1')
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      open.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://localhost:${portOf(server)}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy()
      await server[Symbol.asyncDispose]()
    },
  }
}
