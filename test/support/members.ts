import type { DidString } from '@atproto/lex-schema'
import { com } from '../../src/lexicons/index.ts'
import type { FrontedWorld } from './latchkey.ts'
import { type Member, postJson } from './pds.ts'

type InviteCode = com.atproto.server.defs.InviteCode

/** Makes one gifted code at Latchkey. */
export async function giftCode(
  { url, world }: Pick<FrontedWorld, 'url' | 'world'>,
  input: { useCount?: number; forAccount?: string } = {},
): Promise<string> {
  const path = `${url}/xrpc/${com.atproto.server.createInviteCode.$nsid}`
  const { code } = await postJson<{ code: string }>(path, { useCount: 1, ...input }, world.adminAuth)
  return code
}

/** Signs up through Latchkey, with a fresh code of the operator's unless one is given. */
export async function join(fronted: FrontedWorld, handle: string, inviteCode?: string): Promise<Member> {
  const code = inviteCode ?? (await giftCode(fronted))
  return fronted.world.createAccount({ handle, viaUrl: fronted.url, inviteCode: code })
}

/** Tells the PDS that an account was created at another time, which earning counts from. */
export async function setBirth(
  { world }: Pick<FrontedWorld, 'world'>,
  did: string,
  birth: Date,
): Promise<void> {
  const { db } = world.pds.pds.ctx.accountManager.db
  const createdAt = birth.toISOString()
  await db
    .updateTable('actor')
    .set({ createdAt })
    .where('did', '=', did as DidString)
    .execute()
}

/** A plain request with a member's session. */
export function getCodes({ url }: FrontedWorld, { accessJwt }: Member, search = ''): Promise<Response> {
  return fetch(`${url}/xrpc/${com.atproto.server.getAccountInviteCodes.$nsid}${search}`, {
    headers: { authorization: `Bearer ${accessJwt}` },
  })
}

/** The codes that a member is shown. @throws when the answer is no success */
export async function codesOf(
  fronted: FrontedWorld,
  member: Member,
  search = '',
): Promise<readonly InviteCode[]> {
  const response = await getCodes(fronted, member, search)
  const body = (await response.json()) as { codes: InviteCode[] }
  if (response.status !== 200) throw new Error(`${response.status} ${JSON.stringify(body)}`)
  return body.codes
}

/** Posts JSON to a method of Latchkey as the operator. */
export function postAsAdmin({ url, world }: FrontedWorld, nsid: string, body: unknown): Promise<Response> {
  return fetch(`${url}/xrpc/${nsid}`, {
    method: 'POST',
    headers: { authorization: world.adminAuth, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

/** Gets a method of Latchkey as the operator. @throws when the answer is no success */
export async function getAsAdmin<T>({ url, world }: FrontedWorld, nsid: string, search = ''): Promise<T> {
  const response = await fetch(`${url}/xrpc/${nsid}${search}`, {
    headers: { authorization: world.adminAuth },
  })
  if (response.status !== 200) throw new Error(`${nsid}: ${response.status} ${await response.text()}`)
  return (await response.json()) as T
}
