import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../src/dev/free-port.ts'
import { startPlc } from '../../src/dev/plc.ts'
import { devSecrets } from '../../src/dev/secrets.ts'
import type { GateTimings } from '../../src/gate/timings.ts'
import { type LossyLink, startLossyLink } from '../support/lossy-link.ts'
import { type Books, underWay } from './auditor.ts'
import { type Child, startChild } from './child.ts'
import { eventually } from './eventually.ts'
import { DOOR_PATHS, post } from './people.ts'
import { type Spreader, startSpreader } from './spreader.ts'

/** One process of Latchkey's, or the PDS's: it can die and come back at the same port. */
export interface Node extends AsyncDisposable {
  readonly port: number
  /** Undefined while it is dead. */
  readonly child: Child | undefined
  /**
   * @param timings other ones than the world's, until it dies; the PDS has none
   * @returns when it listens; at once when it does already
   */
  readonly start: (timings?: Partial<GateTimings>) => Promise<void>
  /** SIGKILL. @returns when it is gone */
  readonly kill: () => Promise<void>
}

/**
 * A PLC directory, a PDS and Latchkey in front of it, all but the directory as processes of their own, with networks in
 * between that can be spoilt. Nothing runs yet but the directory and the PDS.
 */
export interface ChaosWorld extends AsyncDisposable {
  /** The public address, where those processes of Latchkey's that live take turns. */
  readonly url: string
  readonly pdsUrl: string
  readonly adminAuth: string
  readonly latchkeys: readonly Node[]
  readonly pds: Node
  /** Between Latchkey and the PDS. */
  readonly pdsLink: LossyLink
  /** Between the PDS and the directory. */
  readonly plcLink: LossyLink
  readonly books: Books
  /** Makes gifted codes at a living Latchkey. */
  readonly gift: (useCount: number, codeCount?: number) => Promise<readonly string[]>
  /** Waits until nothing is under way. @throws after `patience` ms with what still is */
  readonly converged: (patience?: number) => Promise<void>
  /** Waits until the PDS works on no sign-up any more, be it of a sender that died. */
  readonly doorsQuiet: () => Promise<void>
}

/** As short as the real PDS on a busy machine allows. */
export const SHORT: GateTimings = {
  signUpTimeout: 3000,
  lease: 1200,
  renewEvery: 300,
  closingPatience: 2000,
  closingRetry: 50,
  settleEvery: 100,
  retryAfter: 200,
  secondLookAfter: 2000,
  sweepEvery: 300,
  orphanAge: 600,
  // Its reading of the PDS's list must not be taken for the settler's.
  adoptEvery: 3_600_000,
  adoptAge: 1000,
  keepReleased: 86_400_000,
  lookWhileSound: 5000,
  lookWhileFaulty: 3000,
  lookInDoubt: 100,
  doubtPatience: 2000,
  doubtRetry: 50,
  catchUpPatience: 300,
  catchUpLimit: 3000,
}

/** For what the fence alone must do: no code is swept, and the PDS's list is read for sweeping at the start only. */
export const NO_SWEEPING: Partial<GateTimings> = { sweepEvery: 3_600_000, orphanAge: 3_600_000 }

export interface WorldOptions {
  /** How many processes of Latchkey's; one where unset. */
  readonly latchkeys?: number
  /** Where Latchkey's database goes; beside the PDS's where unset. */
  readonly databaseDir?: string
  /** What is not {@link SHORT}. */
  readonly timings?: Partial<GateTimings>
  /** Which of Latchkey's processes verify session tokens themselves; all ask the PDS where unset. */
  readonly verifying?: readonly number[]
}

/** Starts a world; about 3 s. */
export async function startChaosWorld(options: WorldOptions = {}): Promise<ChaosWorld> {
  await using stack = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'latchkey-chaos-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }))
  const secrets = await devSecrets(dataDir)
  const plc = stack.use(await startPlc({ port: 0, dataFile: join(dataDir, 'plc.jsonl') }))
  const plcLink = stack.use(await startLossyLink(plc.url))
  const pdsPort = await freePort()
  const pdsUrl = `http://localhost:${pdsPort}`
  const pdsLink = stack.use(await startLossyLink(pdsUrl))
  const latchkeys: Node[] = []
  const spreader: Spreader = stack.use(
    await startSpreader(() => latchkeys.filter(({ child }) => child !== undefined).map(({ port }) => port)),
  )

  const pdsOptions = { ...secrets, port: pdsPort, publicUrl: spreader.url, plcUrl: plcLink.url, dataDir }
  const pds = stack.use(
    node(pdsPort, () =>
      startChild({
        file: 'pds-process.ts',
        args: [JSON.stringify(pdsOptions)],
        ready: /The PDS is listening/,
      }),
    ),
  )
  await pds.start()
  const latchkey = join(options.databaseDir ?? dataDir, 'latchkey.sqlite')
  for (let index = 0; index < (options.latchkeys ?? 1); index++) {
    const port = await freePort()
    const settings = {
      LATCHKEY_PORT: String(port),
      LATCHKEY_PUBLIC_URL: spreader.url,
      LATCHKEY_PDS_URL: pdsLink.url,
      LATCHKEY_PDS_ADMIN_PASSWORD: secrets.adminPassword,
      LATCHKEY_DATABASE: `sqlite:${latchkey}`,
      LATCHKEY_SHUTDOWN_TIMEOUT: '1s',
      ...(options.verifying?.includes(index) === true && { LATCHKEY_PDS_JWT_SECRET: secrets.jwtSecret }),
      ...SETTINGS,
    }
    const start = (other: Partial<GateTimings>) =>
      startChild({
        file: 'serve.ts',
        args: [JSON.stringify({ ...SHORT, ...options.timings, ...other })],
        settings,
        ready: /Latchkey is listening/,
      })
    latchkeys.push(stack.use(node(port, start)))
  }

  const adminAuth = `Basic ${Buffer.from(`admin:${secrets.adminPassword}`).toString('base64')}`
  const books = { latchkey, pds: join(dataDir, 'pds', 'account.sqlite'), hostname: 'localhost' }
  const parts = stack.move()
  return {
    url: spreader.url,
    pdsUrl,
    adminAuth,
    latchkeys,
    pds,
    pdsLink,
    plcLink,
    books,
    gift: async (useCount, codeCount = 1) => {
      const path = `${spreader.url}/xrpc/com.atproto.server.createInviteCodes`
      const made: string[] = []
      // Codes of an answer that got lost are never given to anybody.
      await eventually(async () => {
        const heard = await post(path, { useCount, codeCount }, { authorization: adminAuth })
        if (heard?.status !== 200) return [`no codes: ${JSON.stringify(heard)}`]
        const { codes } = heard.body as { codes: { codes: string[] }[] }
        made.push(...codes.flatMap((of) => of.codes))
        return []
      })
      return made
    },
    converged: (patience) => eventually(() => underWay(books), patience),
    doorsQuiet: () =>
      eventually(() => pdsLink.underWay().filter((path) => Object.values(DOOR_PATHS).includes(path))),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

/** Everybody comes from one address here, and wrong codes are part of the trouble. */
const SETTINGS: Record<string, string> = { LATCHKEY_LOG_LEVEL: 'info', LATCHKEY_GUESS_LIMIT: '1000000' }

function node(port: number, startIt: (timings: Partial<GateTimings>) => Promise<Child>): Node {
  let child: Child | undefined
  let starting: Promise<void> | undefined
  const kill = async () => {
    await starting?.catch(() => undefined)
    const dying = child
    child = undefined
    await dying?.kill()
  }
  return {
    port,
    get child() {
      return child
    },
    start: async (timings = {}) => {
      if (child !== undefined) return
      starting ??= (async () => {
        child = await startIt(timings)
      })().finally(() => {
        starting = undefined
      })
      await starting
    },
    kill,
    [Symbol.asyncDispose]: kill,
  }
}
