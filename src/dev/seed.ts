import { randomBytes } from 'node:crypto'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { com } from '../lexicons/index.ts'
import { callXrpc, RequestFailedError } from './http.ts'
import { readIfThere } from './read-if-there.ts'

/** An account that `latchkey dev` made, with what it takes to sign in. */
export interface DevAccount {
  readonly did: string
  readonly handle: string
  readonly email: string
  readonly password: string
}

/** Where to sign up and as whom to make codes. */
export interface SeedOptions {
  readonly url: string
  readonly adminAuthorization: string
  readonly dataDir: string
}

/** What is kept between two starts; the DID is missing until the account is known to exist. */
type Plan = Omit<DevAccount, 'did'> & { did?: string }

const { createAccount, createInviteCode, createInviteCodes, createSession, getAccountInviteCodes } =
  com.atproto.server

/**
 * Makes Alice, invited by the operator, and Bob, invited by Alice, by redeeming real codes; Alice keeps one gifted
 * code. A second start finds them again, also when the first was cut off half-way.
 */
export async function seedAccounts(options: SeedOptions): Promise<readonly DevAccount[]> {
  const [alice, bob] = await readPlan(options.dataDir)
  if (alice === undefined || bob === undefined) throw new Error('accounts.json holds no two accounts')
  const invitedByOperator = await ensureAccount(alice, options, async () => {
    const body = { useCount: 1 }
    const { code } = await asAdmin<{ code: string }>(options, createInviteCode.$nsid, body)
    return code
  })
  const invitedByAlice = await ensureAccount(bob, options, async () => {
    const body = { useCount: 1, codeCount: 2, forAccounts: [invitedByOperator.did] }
    const { codes } = await asAdmin<{ codes: { codes: string[] }[] }>(options, createInviteCodes.$nsid, body)
    const code = codes[0]?.codes[0]
    if (code === undefined) throw new Error('no code was made for the second account')
    return code
  })
  const accounts = [invitedByOperator, invitedByAlice]
  await keep(options.dataDir, accounts)
  return accounts
}

/** Reads the accounts of an earlier start; none when there was no such start. */
export async function knownAccounts(dataDir: string): Promise<readonly DevAccount[]> {
  const plans = (await readKept(dataDir)) ?? []
  return plans.flatMap((plan) => (plan.did === undefined ? [] : [asAccount(plan, plan.did)]))
}

/** Signs in. @returns a session's access token, good for two hours */
export async function signIn(
  url: string,
  { handle, password }: Plan,
): Promise<{ did: string; token: string }> {
  const body = { identifier: handle, password }
  const { did, accessJwt } = await callXrpc<{ did: string; accessJwt: string }>(url, createSession.$nsid, {
    body,
  })
  return { did, token: accessJwt }
}

/** Waits until the member has earned a code. @param signal gives up silently */
export async function waitForEarnedCode(url: string, token: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { codes } = await callXrpc<{ codes: { createdBy: string }[] }>(url, getAccountInviteCodes.$nsid, {
      authorization: `Bearer ${token}`,
    })
    if (codes.some(({ createdBy }) => createdBy !== 'admin')) return
    await sleep(200, undefined, { signal }).catch(() => undefined)
  }
}

async function ensureAccount(
  plan: Plan,
  options: SeedOptions,
  makeCode: () => Promise<string>,
): Promise<DevAccount> {
  if (plan.did !== undefined) return asAccount(plan, plan.did)
  const existing = await signIn(options.url, plan).catch((error: unknown) => {
    if (error instanceof RequestFailedError && error.status === 401) return undefined
    throw error
  })
  if (existing !== undefined) return asAccount(plan, existing.did)
  const body = { ...plan, inviteCode: await makeCode() }
  const { did } = await callXrpc<{ did: string }>(options.url, createAccount.$nsid, { body })
  return asAccount(plan, did)
}

function asAccount({ handle, email, password }: Plan, did: string): DevAccount {
  return { did, handle, email, password }
}

function asAdmin<T>({ url, adminAuthorization }: SeedOptions, nsid: string, body: unknown): Promise<T> {
  return callXrpc<T>(url, nsid, { authorization: adminAuthorization, body })
}

/** Passwords are on disk before the accounts exist, so that a start that was cut off can be continued. */
async function readPlan(dataDir: string): Promise<readonly Plan[]> {
  const kept = await readKept(dataDir)
  if (kept !== undefined) return kept
  const plans = ['alice', 'bob'].map((name) => ({
    handle: `${name}.test`,
    email: `${name}@latchkey.test`,
    password: randomBytes(12).toString('base64url'),
  }))
  await keep(dataDir, plans)
  return plans
}

async function readKept(dataDir: string): Promise<readonly Plan[] | undefined> {
  const bytes = await readIfThere(fileIn(dataDir))
  return bytes === undefined ? undefined : (JSON.parse(bytes.toString('utf8')) as Plan[])
}

async function keep(dataDir: string, plans: readonly Plan[]): Promise<void> {
  const file = fileIn(dataDir)
  await writeFile(`${file}.new`, `${JSON.stringify(plans, null, 2)}\n`, { mode: 0o600 })
  await rename(`${file}.new`, file)
}

function fileIn(dataDir: string): string {
  return join(dataDir, 'accounts.json')
}
