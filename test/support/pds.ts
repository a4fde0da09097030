import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../src/dev/free-port.ts'
import { type PdsOptions, type PdsPackage, type RunningPds, startPds } from '../../src/dev/pds.ts'
import { type Plc, startPlc } from '../../src/dev/plc.ts'
import { devSecrets, type DevSecrets } from '../../src/dev/secrets.ts'

export interface WorldOptions extends Pick<
  PdsOptions,
  'inviteRequired' | 'inviteInterval' | 'inviteEpoch' | 'handleDomains' | 'serviceDid' | 'behindEntryway'
> {
  /** Where the front door will listen; the PDS's own door where unset. */
  readonly publicUrl?: string
  /** Kept at the end, for a second start; a fresh temporary folder, removed at the end, where unset. */
  readonly dataDir?: string
  /** Another world's PLC directory, for accounts that migrate; one of its own where unset. */
  readonly plc?: Plc
  /** Default: the newest. */
  readonly line?: PdsLine
}

/** The release lines of the PDS that are in use side by side. */
export const PDS_LINES = ['0.5', '0.4'] as const

export type PdsLine = (typeof PDS_LINES)[number]

/** A member as a client knows itself. */
export interface Member {
  readonly did: string
  readonly handle: string
  readonly email: string
  readonly password: string
  readonly accessJwt: string
  readonly refreshJwt: string
}

/** A real PLC directory and a real PDS, and what a test does with them over HTTP. */
export interface World extends AsyncDisposable {
  readonly plc: Plc
  readonly pds: RunningPds
  readonly publicUrl: string
  readonly dataDir: string
  readonly secrets: DevSecrets
  /** The value of the `Authorization` header that the PDS's administrator sends. */
  readonly adminAuth: string
  /** Makes an invite code at the PDS itself, past any front door. */
  createPdsCode(input?: { useCount?: number; forAccount?: string }): Promise<string>
  /** Signs up at `viaUrl` (default: the PDS itself), with a fresh code of the PDS unless one is given. */
  createAccount(input: { handle: string; viaUrl?: string; inviteCode?: string }): Promise<Member>
}

/** Starts a PLC directory and a PDS; about 2 s the first time in a process, nearly all of it the import, 0.05 s later. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  await using stack = new AsyncDisposableStack()
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'latchkey-test-')))
  if (options.dataDir === undefined) stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const secrets = await devSecrets(dataDir)
  const plc = options.plc ?? stack.use(await startPlc({ port: 0, dataFile: join(dataDir, 'plc.jsonl') }))
  const port = await freePort()
  const publicUrl = options.publicUrl ?? `http://localhost:${port}`
  const load = options.line === '0.4' ? loadOldPds : undefined
  const pds = stack.use(
    await startPds({ ...options, ...secrets, port, publicUrl, plcUrl: plc.url, dataDir, load }),
  )
  const adminAuth = `Basic ${Buffer.from(`admin:${secrets.adminPassword}`).toString('base64')}`

  async function createPdsCode(input: { useCount?: number; forAccount?: string } = {}): Promise<string> {
    const url = `${pds.url}/xrpc/com.atproto.server.createInviteCode`
    const { code } = await postJson<{ code: string }>(url, { useCount: 1, ...input }, adminAuth)
    return code
  }

  async function createAccount(input: Parameters<World['createAccount']>[0]): Promise<Member> {
    const { handle, viaUrl = pds.url } = input
    const inviteCode = input.inviteCode ?? (await createPdsCode())
    const email = `${handle.replaceAll('.', '-')}@example.com`
    const password = randomUUID()
    const url = `${viaUrl}/xrpc/com.atproto.server.createAccount`
    type Session = Pick<Member, 'did' | 'handle' | 'accessJwt' | 'refreshJwt'>
    const session = await postJson<Session>(url, { handle, email, password, inviteCode })
    const { did, accessJwt, refreshJwt } = session
    return { did, handle: session.handle, email, password, accessJwt, refreshJwt }
  }

  const parts = stack.move()
  return {
    plc,
    pds,
    publicUrl,
    dataDir,
    secrets,
    adminAuth,
    createPdsCode,
    createAccount,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

/** The old line is used the same way; its types differ in what tests leave alone. */
async function loadOldPds(): Promise<PdsPackage> {
  return (await import('pds-0.4')) as unknown as PdsPackage
}

/** @throws with the status and the body when the answer is not a success */
export async function postJson<T>(url: string, body: unknown, authorization?: string): Promise<T> {
  const headers = new Headers({ 'content-type': 'application/json' })
  if (authorization !== undefined) headers.set('authorization', authorization)
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`POST ${url}: ${response.status} ${await response.text()}`)
  return (await response.json()) as T
}
