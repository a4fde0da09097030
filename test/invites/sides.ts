import type { DatetimeString, DidString, HandleString } from '@atproto/lex-schema'
import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import type { InviteStore } from '../../src/invites/store.ts'
import type { Policy } from '../../src/invites/types.ts'
import { com } from '../../src/lexicons/index.ts'
import type { FrontedWorld } from '../support/latchkey.ts'
import type { World } from '../support/pds.ts'

type InviteCode = com.atproto.server.defs.InviteCode

/** A member whose session outlasts every timeline. */
export interface SampleAccount {
  readonly did: string
  readonly session: string
}

/** One of the two servers that are compared. Everything happens now, by the clock that both share. */
export interface Side {
  setPolicy(policy: Pick<Policy, 'epoch'> & { readonly interval: number }): Promise<void>
  look(
    account: SampleAccount,
    params: { includeUsed: boolean; createAvailable: boolean },
  ): Promise<readonly InviteCode[]>
  /** All codes of an account, disabled ones too, as the administrator sees them. */
  allCodes(account: SampleAccount): Promise<readonly InviteCode[]>
  gift(account: SampleAccount, uses: number): Promise<void>
  disable(which: { codes?: readonly string[]; accounts?: readonly string[] }): Promise<void>
  setInvitesDisabled(account: SampleAccount, disabled: boolean): Promise<void>
  /** Lets somebody who never existed use a code, without the cost of a real sign-up. */
  use(code: string): Promise<void>
  /** Lets somebody sign up with a code for real. */
  signUp(handle: string, code: string): Promise<void>
}

/** The PDS's own methods, called past Latchkey. */
export function pdsSide(world: World): Side {
  const { ctx } = world.pds.pds
  return {
    ...callsTo(world.pds.url, world),
    async setPolicy({ interval, epoch }) {
      ctx.cfg.invites = { required: true, interval, epoch }
    },
    async use(code) {
      const usedAt = new Date().toISOString() as DatetimeString
      const usedBy = newcomer() as DidString
      await ctx.accountManager.db.db.insertInto('invite_code_use').values({ code, usedBy, usedAt }).execute()
    },
  }
}

/** Latchkey's, in front of the same PDS. @param store another connection to Latchkey's own database */
export function latchkeySide({ url, world }: FrontedWorld, store: InviteStore): Side {
  const host = new URL(url).hostname
  return {
    ...callsTo(url, world),
    setPolicy: ({ interval, epoch }) => store.setPolicy(host, { interval, epoch, cap: 5 }),
    async use(code) {
      const [id, at] = [randomUUID(), Date.now()]
      const redeemer = { handle: null, did: null }
      const signUp = { id, code, host, redeemer, door: 'createAccount' as const, holder: 'test' }
      const outcome = await store.reserve({ ...signUp, leaseUntil: at + 1000 }, at)
      if (outcome !== 'reserved') throw new Error(`the code was refused: ${outcome}`)
      await store.markForwarded(id, { code: `upstream-${id}`, mintedAt: at })
      await store.commit(id, { did: newcomer(), handle: null, at })
    },
  }
}

/** What is done over HTTP, by the same requests on either server. */
function callsTo(url: string, world: World): Omit<Side, 'setPolicy' | 'use'> {
  const { server, admin } = com.atproto

  async function get<T>(nsid: string, search: Record<string, string>, authorization: string): Promise<T> {
    const response = await fetch(`${url}/xrpc/${nsid}?${new URLSearchParams(search).toString()}`, {
      headers: { authorization },
    })
    if (response.status !== 200) throw new Error(`${nsid}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }

  async function post(nsid: string, body: unknown): Promise<void> {
    const response = await fetch(`${url}/xrpc/${nsid}`, {
      method: 'POST',
      headers: { authorization: world.adminAuth, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${nsid}: ${response.status} ${await response.text()}`)
    await response.arrayBuffer()
  }

  return {
    async look({ session }, { includeUsed, createAvailable }) {
      const search = { includeUsed: String(includeUsed), createAvailable: String(createAvailable) }
      const nsid = server.getAccountInviteCodes.$nsid
      const { codes } = await get<{ codes: InviteCode[] }>(nsid, search, `Bearer ${session}`)
      return codes
    },
    async allCodes({ did }) {
      const nsid = admin.getAccountInfo.$nsid
      return (await get<{ invites: InviteCode[] }>(nsid, { did }, world.adminAuth)).invites
    },
    gift: ({ did }, uses) => post(server.createInviteCode.$nsid, { useCount: uses, forAccount: did }),
    disable: (which) => post(admin.disableInviteCodes.$nsid, which),
    setInvitesDisabled: ({ did }, disabled) =>
      post((disabled ? admin.disableAccountInvites : admin.enableAccountInvites).$nsid, { account: did }),
    async signUp(handle, code) {
      await world.createAccount({ handle, inviteCode: code, viaUrl: url })
    },
  }
}

/** A DID that no account has. */
function newcomer(): string {
  return `did:web:${randomUUID()}.example.com`
}

/** Signs up for real, now by the clock that both servers share. */
export async function signUpMember(world: World, handle: string): Promise<SampleAccount> {
  const { did } = await world.createAccount({ handle })
  return { did, session: await endlessSession(world, did) }
}

/** Writes into the PDS's database what a sign-up now would leave there: without keys and a repository, but at once. */
export async function addMember(world: World, handle: string): Promise<SampleAccount> {
  const { db } = world.pds.pds.ctx.accountManager.db
  const did = newcomer() as DidString
  const createdAt = new Date().toISOString()
  await db
    .insertInto('actor')
    .values({ did, handle: handle as HandleString, createdAt })
    .execute()
  await db
    .insertInto('account')
    .values({ did, email: `${handle}@example.com`, passwordScrypt: '', invitesDisabled: 0 })
    .execute()
  return { did, session: await endlessSession(world, did) }
}

/** A session token as the PDS signs them, but good for longer than any timeline. */
function endlessSession(world: World, did: string): Promise<string> {
  return new SignJWT({ scope: 'com.atproto.access' })
    .setProtectedHeader({ typ: 'at+jwt', alg: 'HS256' })
    .setAudience(world.pds.did)
    .setSubject(did)
    .setIssuedAt()
    .setExpirationTime('1000y')
    .sign(new TextEncoder().encode(world.secrets.jwtSecret))
}
