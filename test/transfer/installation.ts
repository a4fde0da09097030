import { join } from 'node:path'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { openApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { freePort } from '../../src/dev/free-port.ts'
import type { GateTimings } from '../../src/gate/timings.ts'
import { com } from '../../src/lexicons/index.ts'
import type { Books } from '../chaos/auditor.ts'
import { runProgram } from '../cli/program.ts'
import { type LossyLink, startLossyLink } from '../support/lossy-link.ts'
import { startWorld, type World } from '../support/pds.ts'

/** A PDS that has lived without Latchkey, and what an operator puts Latchkey in front of it with. */
export interface Installation extends AsyncDisposable {
  readonly world: World
  /** Where Latchkey listens when it serves. */
  readonly url: string
  readonly databasePath: string
  readonly books: Books
  /** Between Latchkey's server and the PDS. */
  readonly serverLink: LossyLink
  /** Between the operator's commands and the PDS. */
  readonly commandLink: LossyLink
  /** The settings of the operator's commands. */
  readonly settings: Record<string, string>
  /** What the server logged. */
  readonly logs: readonly string[]
  /** Runs a command of the operator's to its end. */
  readonly run: (...args: string[]) => ReturnType<typeof runProgram>
  /** Starts Latchkey's server in this process; it ends when it is disposed of, at the latest with all else. */
  readonly serve: (timings?: Partial<GateTimings>, flags?: Record<string, string>) => Promise<AsyncDisposable>
}

/** Starts a PDS, with nothing in it and nothing in front of it. */
export async function startInstallation(): Promise<Installation> {
  await using stack = new AsyncDisposableStack()
  const port = await freePort()
  const url = `http://localhost:${port}`
  const world = stack.use(await startWorld({ publicUrl: url }))
  const serverLink = stack.use(await startLossyLink(world.pds.url))
  const commandLink = stack.use(await startLossyLink(world.pds.url))
  const databasePath = join(world.dataDir, 'latchkey.sqlite')
  const settings = {
    LATCHKEY_PORT: String(port),
    LATCHKEY_PUBLIC_URL: url,
    LATCHKEY_PDS_URL: commandLink.url,
    LATCHKEY_PDS_ADMIN_PASSWORD: world.secrets.adminPassword,
    LATCHKEY_DATABASE: `sqlite:${databasePath}`,
    LATCHKEY_SHUTDOWN_TIMEOUT: '2s',
    LATCHKEY_GUESS_LIMIT: '1000',
  }
  const logs: string[] = []
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logs.push(...chunk.toString('utf8').trimEnd().split('\n'))
      done()
    },
  })
  const servers = stack.use(new AsyncDisposableStack())
  const parts = stack.move()
  return {
    world,
    url,
    databasePath,
    books: {
      latchkey: databasePath,
      pds: join(world.dataDir, 'pds', 'account.sqlite'),
      hostname: 'localhost',
    },
    serverLink,
    commandLink,
    settings,
    logs,
    run: (...args) => runProgram(args, settings),
    serve: async (timings, flags = {}) => {
      const config = readConfig({ ...flags, pdsUrl: serverLink.url }, settings)
      return servers.use(await openApp(config, pino({ level: 'trace' }, sink), timings))
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

type InviteCode = com.atproto.server.defs.InviteCode

/** What a server's administrator is told of an account, in an order of codes and uses that does not matter. */
export async function accountInfo(url: string, { adminAuth }: World, did: string): Promise<object> {
  const response = await fetch(`${url}/xrpc/${com.atproto.admin.getAccountInfo.$nsid}?did=${did}`, {
    headers: { authorization: adminAuth },
  })
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  const info = (await response.json()) as com.atproto.admin.defs.AccountView
  const { handle, indexedAt, invitedBy, invites = [], invitesDisabled = false } = info
  return {
    did,
    handle,
    indexedAt,
    invitedBy: invitedBy && inOrder([invitedBy]),
    invites: inOrder(invites),
    invitesDisabled,
  }
}

/** All codes that a server's administrator is shown, by name. */
export async function allCodes(url: string, { adminAuth }: World): Promise<ReadonlyMap<string, InviteCode>> {
  const response = await fetch(`${url}/xrpc/${com.atproto.admin.getInviteCodes.$nsid}?limit=500`, {
    headers: { authorization: adminAuth },
  })
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  const { codes } = (await response.json()) as { codes: InviteCode[] }
  return new Map(inOrder(codes).map((code) => [code.code, code]))
}

/** Lets the members of a PDS earn codes there, as its PDS_INVITE_INTERVAL does; null ends it. */
export function setUpstreamInterval({ pds }: World, interval: number | null): void {
  pds.pds.ctx.cfg.invites = { required: true, interval, epoch: 0 }
}

/** Asks the PDS itself for a member's codes, which makes what they have earned there. */
export async function earnUpstream(world: World, accessJwt: string): Promise<readonly InviteCode[]> {
  const response = await fetch(`${world.pds.url}/xrpc/${com.atproto.server.getAccountInviteCodes.$nsid}`, {
    headers: { authorization: `Bearer ${accessJwt}` },
  })
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  return ((await response.json()) as { codes: InviteCode[] }).codes
}

/** Posts to a method of the PDS itself as its administrator. */
export async function tellPds(world: World, nsid: string, body: object): Promise<void> {
  const response = await fetch(`${world.pds.url}/xrpc/${nsid}`, {
    method: 'POST',
    headers: { authorization: world.adminAuth, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${nsid}: ${response.status} ${await response.text()}`)
}

function inOrder(codes: readonly InviteCode[]): readonly InviteCode[] {
  return codes
    .map(({ code, available, disabled, forAccount, createdBy, createdAt, uses }) => ({
      code,
      available,
      disabled,
      forAccount,
      createdBy,
      createdAt,
      uses: uses.toSorted((one, other) => (one.usedBy < other.usedBy ? -1 : 1)),
    }))
    .toSorted((one, other) => (one.code < other.code ? -1 : 1))
}
