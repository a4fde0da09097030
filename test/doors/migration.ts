import { AtpAgent } from '@atproto/api'
import type { DidString } from '@atproto/lex-schema'
import { com } from '../../src/lexicons/index.ts'
import type { World } from '../support/pds.ts'
import type { Person } from './people.ts'

/** A person's account on one PDS, as the official client has it. */
export interface Home {
  readonly world: World
  readonly did: string
  readonly person: Person
  readonly agent: AtpAgent
}

/** A client with a session. Its address stays: a client that follows the DID document leaves for the other PDS half-way. */
export function homeOf(world: World, did: string, person: Person, accessJwt: string): Home {
  const agent = new AtpAgent({ service: world.publicUrl })
  agent.setHeader('authorization', `Bearer ${accessJwt}`)
  return { world, did, person, agent }
}

/** What the old PDS says to the new one: this person wants to come to you. */
async function proofOfIdentity({ agent }: Home, target: World): Promise<string> {
  const { data } = await agent.com.atproto.server.getServiceAuth({
    aud: target.pds.did,
    lxm: com.atproto.server.createAccount.$nsid,
  })
  return data.token
}

/** Opens the account at the new PDS; it stays silent until it is activated. @throws what the new PDS refuses with */
export async function openAccount(
  from: Home,
  target: World,
  person: Person,
  inviteCode?: string,
): Promise<Home> {
  const { data } = await new AtpAgent({ service: target.publicUrl }).com.atproto.server.createAccount(
    { ...person, did: from.did, ...(inviteCode !== undefined && { inviteCode }) },
    {
      encoding: 'application/json',
      headers: { authorization: `Bearer ${await proofOfIdentity(from, target)}` },
    },
  )
  return homeOf(target, data.did, person, data.accessJwt)
}

/** Brings the records, points the DID at the new PDS, wakes the new account and puts the old one to sleep. */
export async function moveIn(from: Home, to: Home): Promise<void> {
  const repo = await from.agent.com.atproto.sync.getRepo({ did: from.did })
  await to.agent.com.atproto.repo.importRepo(repo.data, { encoding: 'application/vnd.ipld.car' })
  const credentials = await to.agent.com.atproto.identity.getRecommendedDidCredentials()
  await from.agent.com.atproto.identity.requestPlcOperationSignature()
  const token = await mailedToken(from, 'plc_operation')
  const { data } = await from.agent.com.atproto.identity.signPlcOperation({ token, ...credentials.data })
  await to.agent.com.atproto.identity.submitPlcOperation({ operation: data.operation })
  await to.agent.com.atproto.server.activateAccount()
  await from.agent.com.atproto.server.deactivateAccount({})
}

/** Deletes an account that was left: a PDS that still knows the DID does not take it again. */
export async function deleteAccount(home: Home): Promise<void> {
  await home.agent.com.atproto.server.requestAccountDelete()
  const token = await mailedToken(home, 'delete_account')
  const { did, person } = home
  await home.agent.com.atproto.server.deleteAccount({ did, password: person.password, token })
}

/** What the PDS has sent by e-mail. */
async function mailedToken(
  { world, did }: Home,
  purpose: 'plc_operation' | 'delete_account',
): Promise<string> {
  const { db } = world.pds.pds.ctx.accountManager.db
  const row = await db
    .selectFrom('email_token')
    .select('token')
    .where('did', '=', did as DidString)
    .where('purpose', '=', purpose)
    .executeTakeFirstOrThrow()
  return row.token
}
