import type { Server } from 'node:http'

/** The part of an Express application that decides where it listens. */
interface ListeningApp {
  listen(port: number, host?: string): Server
}

/**
 * Makes an application listen on 127.0.0.1 only. The PDS and the PLC directory start themselves with `listen(port)`,
 * which means every interface, and offer no setting; a development server with printed passwords must not be reachable
 * from the network. `http://localhost:<port>` works as well, because clients fall back to IPv4 when `::1` refuses.
 */
export function bindToLoopback(app: ListeningApp): void {
  const listen = app.listen.bind(app)
  app.listen = (port) => listen(port, '127.0.0.1')
}
