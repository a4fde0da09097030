import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

/** A service as systemd would run it. */
interface Service {
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

/**
 * Stands for systemd, which tests can't have: does `start`, `stop` and `restart` to services of the test, and refuses
 * everything else. The body of a request is the arguments of `systemctl`.
 */
export async function startSystemctl(
  services: Readonly<Record<string, Service>>,
): Promise<AsyncDisposable & { readonly url: string }> {
  async function obey([verb, name = '', ...others]: readonly string[]): Promise<boolean> {
    const service = services[name]
    if (service === undefined || others.length > 0) return false
    if (verb !== 'start' && verb !== 'stop' && verb !== 'restart') return false
    if (verb !== 'start') await service.stop()
    if (verb !== 'stop') await service.start()
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
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await server[Symbol.asyncDispose]()
    },
  }
}
