import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Logger } from 'pino'
import { openApp } from '../app.ts'
import { StartError } from '../workbench.ts'
import { type Config, type FlagValues, readConfig } from '../config.ts'
import { freePort } from './free-port.ts'
import { startPds } from './pds.ts'
import { startPlc } from './plc.ts'
import { readIfThere } from './read-if-there.ts'
import { devSecrets } from './secrets.ts'
import { type DevAccount, knownAccounts, seedAccounts, signIn, waitForEarnedCode } from './seed.ts'

/** How `latchkey dev` runs. */
export interface StackOptions {
  /** 0 takes a free one. */
  readonly port: number
  /** Kept when given; otherwise a temporary folder that goes with the stack. */
  readonly dataDir: string | undefined
  /** Settings of Latchkey beside those that follow from the rest. */
  readonly flags: FlagValues
  readonly seed: boolean
  readonly log: Logger
  /** Told what is being waited for. */
  readonly progress: (message: string) => void
  /** Ends the waiting for a first earned code. */
  readonly signal: AbortSignal
}

/** A PLC directory, a PDS and Latchkey in front of it, all on loopback. */
export interface Stack extends AsyncDisposable {
  readonly url: string
  /** Where the pages are. */
  readonly webUrl: string
  readonly pdsUrl: string
  readonly plcUrl: string
  readonly adminPassword: string
  readonly dataDir: string
  readonly accounts: readonly DevAccount[]
  /** A session of the first account; undefined without accounts. */
  readonly token: string | undefined
}

/** Nobody waits longer than this at the start for a code to be earned. */
const LONGEST_WAIT = 15_000

/** Starts everything and makes the accounts. What had started is ended again when something fails. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { log, progress } = options
  await using started = new AsyncDisposableStack()
  const dataDir = await openDataDir(options.dataDir, started)
  const port = options.port === 0 ? await keptPort(dataDir) : options.port
  const url = `http://localhost:${port}`
  const secrets = await devSecrets(dataDir)
  // Wrong settings are told before anything slow starts; the PDS's address is not known until it has one.
  readConfig(settings('http://localhost'), {})

  progress('starting a PLC directory and a PDS')
  const plc = started.use(await startPlc({ port: 0, dataFile: join(dataDir, 'plc.jsonl') }))
  const pds = started.use(await startPds({ port: 0, publicUrl: url, plcUrl: plc.url, dataDir, ...secrets }))
  const config = readConfig(settings(pds.url), {})
  const accounts = options.seed ? await makeAccounts(config) : await knownAccounts(dataDir)
  const [first] = accounts
  started.use(await openApp({ ...config, admins: first === undefined ? [] : [first.did] }, log))

  const token = first && (await signIn(url, first)).token
  const { interval, epoch = 0 } = config.policy
  if (options.seed && token !== undefined && interval && interval <= LONGEST_WAIT && epoch <= Date.now()) {
    progress(`waiting for the first earned code, one comes every ${interval / 1000} s`)
    const enough = AbortSignal.any([options.signal, AbortSignal.timeout(LONGEST_WAIT)])
    await waitForEarnedCode(url, token, enough)
  }
  const running = started.move()
  const { adminPassword } = secrets
  const urls = { url, webUrl: config.webUrl.origin, pdsUrl: pds.url, plcUrl: plc.url }
  return {
    ...urls,
    adminPassword,
    dataDir,
    accounts,
    token,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }

  function settings(pdsUrl: string): FlagValues {
    return {
      database: `sqlite:${join(dataDir, 'latchkey.sqlite')}`,
      fresh: 'true',
      // Everybody here comes from one address.
      guessLimit: '1000',
      shutdownTimeout: '2s',
      ...options.flags,
      port: String(port),
      publicUrl: url,
      pdsUrl,
      pdsAdminPassword: secrets.adminPassword,
      pdsJwtSecret: secrets.jwtSecret,
    }
  }

  /** The first of them is to be an administrator, whom a start has to know: the one here ends before that. */
  async function makeAccounts(before: Config): Promise<readonly DevAccount[]> {
    progress('making two accounts')
    await using _app = await openApp(before, log)
    const basic = Buffer.from(`admin:${secrets.adminPassword}`).toString('base64')
    return await seedAccounts({ url, adminAuthorization: `Basic ${basic}`, dataDir })
  }
}

async function openDataDir(given: string | undefined, started: AsyncDisposableStack): Promise<string> {
  if (given !== undefined) {
    const dataDir = resolve(given)
    await mkdir(dataDir, { recursive: true }).catch((cause: unknown) => {
      throw new StartError(`The folder ${dataDir} can't be made.`, { cause })
    })
    started.use(lockDataDir(dataDir))
    return dataDir
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'latchkey-dev-'))
  started.defer(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }))
  return dataDir
}

/** Keeps others out. The lock is the system's on an open file, so that a crash leaves none behind. */
function lockDataDir(dataDir: string): Disposable {
  const lock = new DatabaseSync(join(dataDir, 'lock.sqlite'))
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    throw new StartError(`The folder ${dataDir} is in use by another latchkey dev.`, { cause: error })
  }
  return lock
}

/** A free port, the same one for a folder's whole life: the accounts' DID documents name it. */
async function keptPort(dataDir: string): Promise<number> {
  const file = join(dataDir, 'port')
  const kept = Number(await readIfThere(file))
  if (Number.isInteger(kept) && kept > 0) return kept
  const port = await freePort()
  await writeFile(file, String(port))
  return port
}
