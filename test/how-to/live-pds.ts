import { request } from 'node:http'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { freePort } from '../../src/dev/free-port.ts'
import type { PdsOptions } from '../../src/dev/pds.ts'
import { startPlc } from '../../src/dev/plc.ts'
import { devSecrets } from '../../src/dev/secrets.ts'
import type { Books } from '../chaos/auditor.ts'
import { type Child, startChild } from '../chaos/child.ts'
import { AccountPage } from '../doors/oauth-page.ts'
import { newPerson } from '../doors/people.ts'
import { findProgram, startServerProcess } from '../support/server-process.ts'
import { startDocker } from './docker.ts'
import { openShell, type Shell } from './guide.ts'

/** An answer, its body parsed. */
export interface Heard {
  readonly status: number
  readonly body: unknown
}

interface Code {
  readonly code: string
  readonly disabled: boolean
  readonly available: number
  readonly forAccount: string
  readonly uses: readonly { usedBy: string }[]
}

interface Session {
  readonly did: string
  readonly accessJwt: string
}

/** A PDS that people have used for a while, behind a real Caddy, on a machine with an operator's shell. */
export interface LivePds extends AsyncDisposable {
  readonly shell: Shell
  readonly founder: Session
  /** A code that lets everybody in. */
  readonly shared: string
  /** Codes with one use each, which nobody has used. */
  readonly unused: readonly string[]
  /** Codes that let nobody in: one is used up, and one the operator has disabled. */
  readonly dead: readonly string[]
  readonly books: Books
  /** Somebody new signs up at the public host, from an address of their own. */
  readonly signUp: (code: string) => Promise<Heard>
  /** The same with the form of the PDS's OAuth pages. */
  readonly signUpByForm: (code: string) => Promise<Heard>
  /** The operator makes a code at the public host. */
  readonly giftCode: (input: { useCount: number }) => Promise<string>
  /** The operator disables a code at the public host. */
  readonly disable: (code: string) => Promise<void>
  /** The founder calls a method at the public host. */
  readonly asMember: (nsid: string) => Promise<Heard>
  readonly codesOf: (member: Session) => Promise<readonly Code[]>
  /** The same at the PDS itself, which makes what they have earned there. */
  readonly codesAtPds: (member: Session) => Promise<readonly Code[]>
  /** The code that an account came with, as the public host tells the operator. */
  readonly invitedBy: (did: string) => Promise<string | undefined>
  /** The codes that still let somebody in at the PDS itself. */
  readonly openAtPds: () => Promise<readonly Code[]>
  readonly isLatchkeyUp: () => Promise<boolean>
  /** How often Caddy was started. */
  readonly caddyStarts: () => number
}

const DAY = 86_400_000
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** Starts it with members, codes and uses; about 5 s. */
export async function startLivePds(): Promise<LivePds> {
  await using stack = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'latchkey-live-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }))
  const folder = async (name: string) => {
    const path = join(dataDir, name)
    await mkdir(path)
    return path
  }
  const [bin, caddyDir, work] = [await folder('bin'), await folder('caddy'), await folder('work')]
  const [pdsPort, publicPort, caddyAdmin, latchkeyPort] = await Promise.all(
    [1, 2, 3, 4].map(() => freePort()),
  )
  const url = `http://localhost:${publicPort}`
  const pdsUrl = `http://localhost:${pdsPort}`
  const secrets = await devSecrets(dataDir)
  const adminAuth = `Basic ${Buffer.from(`admin:${secrets.adminPassword}`).toString('base64')}`
  const plc = stack.use(await startPlc({ port: 0, dataFile: join(dataDir, 'plc.jsonl') }))

  const pdsEnv = join(dataDir, 'pds.env')
  await writeFile(
    pdsEnv,
    `PDS_HOSTNAME=localhost
PDS_PORT=${pdsPort}
PDS_ADMIN_PASSWORD=${secrets.adminPassword}
PDS_JWT_SECRET=${secrets.jwtSecret}
PDS_INVITE_REQUIRED=true
PDS_INVITE_INTERVAL=${DAY}
`,
  )
  let options: PdsOptions
  async function makePds(): Promise<void> {
    const env = parseEnv(await readFile(pdsEnv, 'utf8'))
    const interval = env['PDS_INVITE_INTERVAL']
    options = {
      ...secrets,
      port: Number(env['PDS_PORT']),
      publicUrl: url,
      plcUrl: plc.url,
      dataDir,
      ...(interval !== undefined && { inviteInterval: Number(interval) }),
    }
  }
  let pds: Child | undefined
  stack.defer(async () => pds?.kill())
  async function startPds(): Promise<void> {
    pds = await startChild({
      file: 'pds-process.ts',
      args: [JSON.stringify(options)],
      ready: /The PDS is listening/,
    })
  }
  async function stopPds(): Promise<void> {
    await pds?.kill()
    pds = undefined
  }
  await makePds()
  await startPds()

  // The official distribution's Caddyfile without its certificates.
  await writeFile(
    join(caddyDir, 'Caddyfile'),
    `{
	admin localhost:${caddyAdmin}
	http_port ${publicPort}
}

http://*.localhost, http://localhost {
	reverse_proxy ${pdsUrl}
}
`,
  )
  let caddy: AsyncDisposable | undefined
  let caddyStarts = 0
  stack.defer(() => caddy?.[Symbol.asyncDispose]())
  async function startCaddy(): Promise<void> {
    caddyStarts += 1
    const args = ['run', '--config', join(caddyDir, 'Caddyfile')]
    const given = { port: publicPort ?? 0, env: { HOME: caddyDir } }
    caddy = await startServerProcess(findProgram('caddy') ?? 'caddy', args, given)
  }
  async function stopCaddy(): Promise<void> {
    await caddy?.[Symbol.asyncDispose]()
    caddy = undefined
  }
  await startCaddy()

  const composeFile = join(dataDir, 'compose.yaml')
  const docker = stack.use(
    await startDocker(composeFile, {
      caddy: { make: async () => {}, start: startCaddy, stop: stopCaddy },
      pds: { make: makePds, start: startPds, stop: stopPds },
    }),
  )
  const scripts = {
    latchkey: `exec '${process.execPath}' '${MAIN}' "$@"`,
    docker: `exec curl --silent --show-error --fail --data "$*" '${docker.url}'`,
  }
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`)
    await chmod(join(bin, name), 0o755)
  }
  const shell = stack.use(
    openShell({
      cwd: work,
      env: {
        PATH: `${bin}:${process.env['PATH'] ?? ''}`,
        HOME: caddyDir,
        PDS_ENV: pdsEnv,
        PDS_COMPOSE: composeFile,
        ACCOUNTS: join(dataDir, 'pds', 'account.sqlite'),
        CADDY: caddyDir,
        LATCHKEY_PUBLIC_URL: url,
        LATCHKEY_PORT: String(latchkeyPort),
      },
    }),
  )

  let people = 0
  // Everybody has an address of their own, by which tries are limited.
  function newAddress(): string {
    people += 1
    return `127.0.${Math.floor(people / 200) + 1}.${(people % 200) + 1}`
  }
  function signUp(inviteCode: string): Promise<Heard> {
    const input = { ...newPerson(), inviteCode }
    return call(`${url}/xrpc/com.atproto.server.createAccount`, { input, localAddress: newAddress() })
  }
  async function signUpByForm(inviteCode: string): Promise<Heard> {
    const page = await AccountPage.open(url)
    return page.signUp({ locale: 'en', ...newPerson(), inviteCode }, { localAddress: newAddress() })
  }
  async function ask<T>(nsid: string, options: CallOptions = {}, base = url): Promise<T> {
    const { status, body } = await call(`${base}/xrpc/${nsid}`, options)
    if (status !== 200) throw new Error(`${nsid}: ${status} ${JSON.stringify(body)}`)
    return body as T
  }
  const giftCode = async (input: { useCount: number; forAccount?: string }) => {
    const options = { input, authorization: adminAuth }
    return (await ask<{ code: string }>('com.atproto.server.createInviteCode', options)).code
  }
  const codesOf = async ({ accessJwt }: Session, base = url) => {
    const options = { authorization: `Bearer ${accessJwt}` }
    return (await ask<{ codes: Code[] }>('com.atproto.server.getAccountInviteCodes', options, base)).codes
  }
  const disable = async (code: string) => {
    const options = { input: { codes: [code] }, authorization: adminAuth }
    await ask('com.atproto.admin.disableInviteCodes', options)
  }
  const accountDb = join(dataDir, 'pds', 'account.sqlite')

  const first = await signUp(await giftCode({ useCount: 1 }))
  const founder = first.body as Session
  {
    using db = new DatabaseSync(accountDb, { timeout: 5000 })
    const birth = new Date(Date.now() - 10 * DAY).toISOString()
    db.prepare('UPDATE actor SET createdAt = ? WHERE did = ?').run(birth, founder.did)
  }
  const [spent = '', off = '', ...earned] = (await codesOf(founder)).map(({ code }) => code)
  await signUp(spent)
  const shared = await giftCode({ useCount: 1000, forAccount: founder.did })
  const gifted = await giftCode({ useCount: 1, forAccount: founder.did })
  await disable(off)

  const living = stack.move()
  return {
    shell,
    founder,
    shared,
    unused: [gifted, ...earned],
    dead: [spent, off],
    books: { latchkey: join(work, 'latchkey.sqlite'), pds: accountDb, hostname: 'localhost' },
    signUp,
    signUpByForm,
    giftCode,
    disable,
    asMember: (nsid) => call(`${url}/xrpc/${nsid}`, { authorization: `Bearer ${founder.accessJwt}` }),
    codesOf: (member) => codesOf(member),
    codesAtPds: (member) => codesOf(member, pdsUrl),
    invitedBy: async (did) => {
      const nsid = `com.atproto.admin.getAccountInfo?did=${did}`
      return (await ask<{ invitedBy?: Code }>(nsid, { authorization: adminAuth })).invitedBy?.code
    },
    openAtPds: async () => {
      const nsid = 'com.atproto.admin.getInviteCodes?limit=500'
      const { codes } = await ask<{ codes: Code[] }>(nsid, { authorization: adminAuth }, pdsUrl)
      return codes.filter(({ disabled, available, uses }) => !disabled && uses.length < available)
    },
    isLatchkeyUp: async () => {
      const live = await call(`http://127.0.0.1:${latchkeyPort}/_latchkey/live`).catch(() => undefined)
      return live?.status === 200
    },
    caddyStarts: () => caddyStarts,
    [Symbol.asyncDispose]: () => living.disposeAsync(),
  }
}

interface CallOptions {
  readonly input?: object
  readonly authorization?: string
  readonly localAddress?: string
}

/** Asks, on a connection of its own. */
function call(url: string, { input, authorization, localAddress }: CallOptions = {}): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const asked = request(url, {
      method: input === undefined ? 'GET' : 'POST',
      agent: false,
      family: 4,
      headers: {
        ...(authorization !== undefined && { authorization }),
        ...(input !== undefined && { 'content-type': 'application/json' }),
      },
      ...(localAddress !== undefined && { localAddress }),
    })
    asked.on('error', reject)
    asked.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: parse(text) })
      })
    })
    asked.end(input === undefined ? undefined : JSON.stringify(input))
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
