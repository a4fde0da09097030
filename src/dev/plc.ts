import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { importDevelopmentPackage } from './development-package.ts'
import { portOf } from './free-port.ts'
import { bindToLoopback } from './loopback.ts'
import { keepOperations } from './plc-log.ts'

/** A running PLC directory. Disposal stops it and closes its file. */
export interface Plc extends AsyncDisposable {
  /** `http://localhost:<port>`; 127.0.0.1 answers too. */
  readonly url: string
}

/**
 * Starts the real PLC directory on loopback. A later start with the same file goes on where this one stopped.
 *
 * @param options.port 0 for any free one
 * @param options.dataFile keeps the accepted operations, one JSON object a line; created when missing
 * @throws MissingPackageError in a production install; also when the port is taken or the file is damaged
 */
export async function startPlc(options: { port: number; dataFile: string }): Promise<Plc> {
  const { Database, PlcServer } = await importDevelopmentPackage(
    '@did-plc/server',
    () => import('@did-plc/server'),
  )
  await mkdir(dirname(options.dataFile), { recursive: true })
  const db = Database.mock()
  await keepOperations(db, options.dataFile)
  const plc = PlcServer.create({ db, port: options.port })
  bindToLoopback(plc.app)
  try {
    const server = await plc.start()
    return { url: `http://localhost:${portOf(server)}`, [Symbol.asyncDispose]: () => plc.destroy() }
  } catch (error) {
    await db.close()
    throw error
  }
}
