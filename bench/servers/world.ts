import { existsSync } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Databases, Shelf } from '../data/shelf.ts'
import type { DataSet } from '../data/sets.ts'
import type { Cores } from '../machine.ts'
import { type LatchkeyOptions, startLatchkey } from './latchkey.ts'
import { type Secrets, startPds } from './pds.ts'
import type { Processes, Server } from './processes.ts'

/** The PDS that is measured, with codes of its own, and another one that took its codes over, with Latchkey before it. */
export interface World extends AsyncDisposable {
  readonly databases: Databases
  /** Measured. */
  readonly reference: Server
  /** Behind Latchkey, on the core of the load: what Latchkey asks of it is not Latchkey's own work. */
  readonly upstream: Server
  /** Latchkey as the benchmark usually runs it; the same one each time. */
  readonly latchkey: () => Promise<Server>
  /** Another one over the same database, until the world ends or it is disposed of. */
  readonly startLatchkey: (
    options: Pick<LatchkeyOptions, 'name' | 'verifies' | 'settings' | 'nodeArgs'>,
  ) => Promise<Server>
  /** Another PDS over a copy of the measured one's accounts and codes, which is made for each name once. */
  readonly startAnotherPds: (name: string) => Promise<Server>
}

export interface WorldPorts {
  readonly processes: Processes
  readonly shelf: Shelf
  readonly secrets: Secrets
  readonly folder: string
}

/** Copies a set of data, and starts both PDSes over it. */
export async function openWorld(
  { processes, shelf, secrets, folder }: WorldPorts,
  set: DataSet,
): Promise<World> {
  await using opened = new AsyncDisposableStack()
  const own = join(folder, set.name)
  await mkdir(own, { recursive: true })
  const databases = await shelf.take(set, own)
  const start = async (name: 'reference' | 'upstream', side: keyof Cores) =>
    opened.use(
      await startPds(processes, { name: `${set.name}-${name}`, dataDir: databases[name], secrets, side }),
    )
  const [reference, upstream] = await Promise.all([start('reference', 'server'), start('upstream', 'load')])
  const running = opened.move()

  const startAnother: World['startLatchkey'] = async (options) =>
    running.use(
      await startLatchkey(processes, {
        ...options,
        name: `${set.name}-${options.name}`,
        databasePath: databases.latchkey,
        pdsUrl: upstream.url,
        secrets,
      }),
    )
  let usual: Promise<Server> | undefined
  return {
    databases,
    reference,
    upstream,
    latchkey: () => (usual ??= startAnother({ name: 'latchkey', verifies: 'secret' })),
    startLatchkey: startAnother,
    startAnotherPds: async (name) => {
      const dataDir = join(own, name)
      const copy = join(dataDir, 'account.sqlite')
      await mkdir(dataDir, { recursive: true })
      if (!existsSync(copy)) await copyFile(join(databases.reference, 'account.sqlite'), copy)
      return running.use(await startPds(processes, { name: `${set.name}-${name}`, dataDir, secrets }))
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
