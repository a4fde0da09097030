import { Writable } from 'node:stream'
import { join } from 'node:path'
import { pino } from 'pino'
import { openApp } from '../../src/app.ts'
import { type FlagValues, readConfig } from '../../src/config.ts'
import type { GateTimings } from '../../src/gate/timings.ts'
import { freePort } from '../../src/dev/free-port.ts'
import { type LossyLink, startLossyLink } from './lossy-link.ts'
import { startWorld, type World, type WorldOptions } from './pds.ts'

/** Latchkey in front of a PDS of its own, as in production but on loopback. */
export interface FrontedWorld extends AsyncDisposable {
  /** Latchkey's, which is the PDS's public one. */
  readonly url: string
  readonly world: World
  readonly databasePath: string
  /** What Latchkey logged, one JSON object a line. */
  readonly logs: readonly string[]
  /** Between Latchkey and the PDS. */
  readonly link: LossyLink
  /** Ends Latchkey alone; the PDS goes on. */
  readonly stopLatchkey: () => Promise<void>
  /** Starts it again, with the same settings. @param more others for this start, such as DIDs that were not known before */
  readonly startLatchkey: (more?: FlagValues) => Promise<void>
}

/**
 * Starts both.
 *
 * @param flags settings of Latchkey beside those that follow from the PDS
 * @param timings the usual ones where left out
 */
export async function startFrontedWorld(
  flags: FlagValues = {},
  options: WorldOptions = {},
  timings: Partial<GateTimings> = {},
): Promise<FrontedWorld> {
  await using stack = new AsyncDisposableStack()
  const port = await freePort()
  const url = `http://localhost:${port}`
  const world = stack.use(await startWorld({ publicUrl: url, ...options }))
  const link = stack.use(await startLossyLink(world.pds.url))
  const databasePath = join(world.dataDir, 'latchkey.sqlite')
  const configWith = (more: FlagValues) =>
    readConfig(
      {
        database: `sqlite:${databasePath}`,
        shutdownTimeout: '2s',
        // All of a test's people come from one address.
        guessLimit: '1000',
        ...flags,
        ...more,
        port: String(port),
        publicUrl: url,
        pdsUrl: link.url,
        pdsAdminPassword: world.secrets.adminPassword,
      },
      {},
    )
  const logs: string[] = []
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logs.push(...chunk.toString('utf8').trimEnd().split('\n'))
      done()
    },
  })
  const open = (more: FlagValues = {}) => openApp(configWith(more), pino({ level: 'trace' }, sink), timings)
  let app = await open()
  stack.defer(() => app[Symbol.asyncDispose]())
  const running = stack.move()
  return {
    url,
    world,
    databasePath,
    logs,
    link,
    stopLatchkey: async () => app[Symbol.asyncDispose](),
    startLatchkey: async (more) => {
      app = await open(more)
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
