import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as path } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { com } from '../../src/lexicons/index.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { type Program, runProgram, startProgram } from '../cli/program.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { codesOf, giftCode, join, postAsAdmin, setBirth } from '../support/members.ts'
import { type Member, type PdsLine, postJson, startWorld, type World } from '../support/pds.ts'

const DAY = 86_400_000

/** A Latchkey in front of a PDS, over which a whole life of invitations went. */
export interface LivedIn extends AsyncDisposable {
  readonly fronted: FrontedWorld
  readonly dataDir: string
  readonly accountDb: string
  readonly founder: Member
  /** Codes by what they are, and how many more people each lets in. */
  readonly open: Readonly<Record<'gifted' | 'operators' | 'earned' | 'takenOver' | 'theirs', string>>
  /** Codes that let nobody in. */
  readonly closed: Readonly<Record<'usedUp' | 'disabled' | 'expired' | 'restricted', string>>
  /** Who came, and with which code. */
  readonly guests: readonly (readonly [Member, code: string])[]
  readonly run: (...args: string[]) => ReturnType<typeof runProgram>
  /** For what does not end by itself. */
  readonly start: (...args: string[]) => Program
  readonly eject: (...args: string[]) => ReturnType<typeof runProgram>
  /** Ends Latchkey, PLC and PDS, and keeps their data. */
  readonly stop: () => Promise<void>
  /** Starts the PDS alone, where Latchkey stood. */
  readonly startBare: () => Promise<World>
}

/** How many more people the open codes of {@link LivedIn} let in. */
export const LEFT = { gifted: 1, operators: 2, earned: 1, takenOver: 1, theirs: 1 } as const

/** Lives through it, and pauses sign-ups. */
export async function liveIn(line: PdsLine): Promise<LivedIn> {
  await using stack = new AsyncDisposableStack()
  const dataDir = await mkdtemp(path(tmpdir(), 'latchkey-eject-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const fronted = stack.use(await startFrontedWorld({ inviteInterval: '1d' }, { dataDir, line }))
  const { world, databasePath } = fronted
  const guests: [Member, string][] = []
  async function invite(handle: string, code: string, viaUrl = fronted.url): Promise<Member> {
    const guest = await world.createAccount({ handle, viaUrl, inviteCode: code })
    guests.push([guest, code])
    return guest
  }

  const founder = await join(fronted, 'alice.test')
  await setBirth(fronted, founder.did, new Date(Date.now() - 10 * DAY))
  const [earned = '', spent = ''] = (await codesOf(fronted, founder)).map(({ code }) => code)
  const gifted = await giftCode(fronted, { useCount: 3, forAccount: founder.did })
  const ann = await invite('ann-b.test', gifted)
  const bob = await invite('bob-c.test', gifted)
  await invite('carl-d.test', spent)
  const operators = await giftCode(fronted, { useCount: 2 })
  const [disabled, expired, restricted] = [
    await giftCode(fronted, { useCount: 2, forAccount: founder.did }),
    await giftCode(fronted),
    await giftCode(fronted, { forAccount: ann.did }),
  ]
  await postAsAdmin(fronted, com.atproto.admin.disableInviteCodes.$nsid, { codes: [disabled] })
  await postAsAdmin(fronted, com.atproto.admin.disableAccountInvites.$nsid, { account: ann.did })
  await atPds(world, com.atproto.admin.disableAccountInvites.$nsid, { account: bob.did })
  using db = new DatabaseSync(databasePath)
  db.prepare('UPDATE invite_code SET expires_at = ? WHERE code = ?').run(Date.now() - 1, expired)
  db.prepare('UPDATE invite_code SET restricted_to = ? WHERE code = ?').run('dora.test', restricted)

  const takenOver = await world.createPdsCode({ useCount: 3, forAccount: founder.did })
  await invite('early-e.test', takenOver, world.pds.url)
  await takeOver(fronted, takenOver)
  await invite('fay-f.test', takenOver)
  const theirs = await world.createPdsCode({ forAccount: founder.did })
  await importFromPds(fronted, theirs)

  await using store = await openSqliteStore({ path: databasePath })
  await store.setPause('localhost', { since: Date.now(), exceptMigrations: false, message: null })
  const settings = {
    LATCHKEY_PUBLIC_URL: fronted.url,
    LATCHKEY_PDS_URL: fronted.link.url,
    LATCHKEY_PDS_ADMIN_PASSWORD: world.secrets.adminPassword,
    LATCHKEY_DATABASE: `sqlite:${databasePath}`,
    LATCHKEY_PORT: new URL(fronted.url).port,
  }
  const living = stack.move()
  return {
    fronted,
    dataDir,
    accountDb: path(dataDir, 'pds', 'account.sqlite'),
    founder,
    open: { gifted, operators, earned, takenOver, theirs },
    closed: { usedUp: spent, disabled, expired, restricted },
    guests,
    run: (...args) => runProgram(args, settings),
    start: (...args) => startProgram(args, settings),
    eject: (...args) => runProgram(['eject', ...args], settings),
    stop: async () => fronted[Symbol.asyncDispose](),
    startBare: () => startWorld({ dataDir, line, publicUrl: fronted.url }),
    [Symbol.asyncDispose]: () => living.disposeAsync(),
  }
}

/** What the audit log keeps of giving codes back, oldest first. */
export async function ejectionsIn({ fronted }: LivedIn) {
  await using store = await openSqliteStore({ path: fronted.databasePath })
  const lines = await store.listEvents({ actor: 'command line', action: null, limit: 100, after: null })
  return lines
    .filter(({ action }) => action === 'eject' || action === 'withdrawEject')
    .map(({ action, subject, detail }) => ({ action, subject, detail }))
    .toReversed()
}

/** Makes a call at the PDS itself, as its administrator. */
async function atPds({ pds, adminAuth }: World, nsid: string, body: unknown): Promise<void> {
  await fetch(`${pds.url}/xrpc/${nsid}`, {
    method: 'POST',
    headers: { authorization: adminAuth, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

export async function listPdsCodes({ pds, adminAuth }: World) {
  const response = await fetch(`${pds.url}/xrpc/${com.atproto.admin.getInviteCodes.$nsid}?limit=500`, {
    headers: { authorization: adminAuth },
  })
  return ((await response.json()) as com.atproto.admin.getInviteCodes.$OutputBody).codes
}

async function importFromPds({ world, databasePath }: FrontedWorld, name: string) {
  const found = (await listPdsCodes(world)).find(({ code }) => code === name)
  if (found === undefined) throw new Error('the PDS has no such code')
  const uses = found.uses.map(({ usedBy, usedAt }) => ({ usedBy, usedAt: Date.parse(usedAt) }))
  await using store = await openSqliteStore({ path: databasePath })
  const code = { ...found, createdAt: Date.parse(found.createdAt), uses }
  await store.importCodes('localhost', [code], { at: Date.now(), dryRun: false })
  return code
}

async function takeOver(fronted: FrontedWorld, name: string): Promise<void> {
  const code = await importFromPds(fronted, name)
  await using store = await openSqliteStore({ path: fronted.databasePath })
  await store.beginTakeOver('localhost')
  await atPds(fronted.world, com.atproto.admin.disableInviteCodes.$nsid, { codes: [name] })
  await store.finishTakeOver('localhost', [code])
}

/** Signs up at the bare PDS. @returns the PDS's error where it refuses */
export async function signUpAt(world: World, handle: string, inviteCode: string): Promise<Member | string> {
  try {
    return await world.createAccount({ handle, inviteCode })
  } catch (error) {
    return String(error)
  }
}

export async function accountInfo({ pds, adminAuth }: World, did: string) {
  const response = await fetch(`${pds.url}/xrpc/${com.atproto.admin.getAccountInfo.$nsid}?did=${did}`, {
    headers: { authorization: adminAuth },
  })
  return (await response.json()) as com.atproto.admin.defs.AccountView
}

/** Signs in at the bare PDS and asks for one's own codes. */
export async function ownCodesAt({ pds }: World, { handle, password }: Member) {
  const { accessJwt } = await postJson<{ accessJwt: string }>(
    `${pds.url}/xrpc/${com.atproto.server.createSession.$nsid}`,
    { identifier: handle, password },
  )
  const response = await fetch(`${pds.url}/xrpc/${com.atproto.server.getAccountInviteCodes.$nsid}`, {
    headers: { authorization: `Bearer ${accessJwt}` },
  })
  return ((await response.json()) as com.atproto.server.getAccountInviteCodes.$OutputBody).codes
}
