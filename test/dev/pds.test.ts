import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Member, postJson, startWorld } from '../support/pds.ts'

const PUBLIC_URL = 'http://localhost:2599'
let dataDir = ''
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'latchkey-test-'))
})
afterAll(() => rm(dataDir, { recursive: true }))

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url)
  expect(response.status).toBe(200)
  return await response.json()
}

test('the PDS requires an invite code by default', async () => {
  await using world = await startWorld()
  expect(await getJson(`${world.pds.url}/xrpc/com.atproto.server.describeServer`)).toMatchObject({
    did: world.pds.did,
    inviteCodeRequired: true,
    availableUserDomains: ['.test'],
  })
  await expect(
    world.createAccount({ handle: 'mallory.test', inviteCode: 'localhost-wrong-wrong' }),
  ).rejects.toThrow('InvalidInviteCode')
})

test('both servers answer at localhost and at 127.0.0.1, and at no other address', async () => {
  await using world = await startWorld()
  for (const url of [`${world.pds.url}/xrpc/_health`, `${world.plc.url}/_health`]) {
    await getJson(url)
    await getJson(url.replace('localhost', '127.0.0.1'))
    await expect(fetch(url.replace('localhost', '127.0.0.2'))).rejects.toThrow('fetch failed')
  }
})

test('an account made with a code of the admin API names the public URL as its service', async () => {
  await using world = await startWorld({ publicUrl: PUBLIC_URL })
  const alice = await world.createAccount({ handle: 'alice.test', inviteCode: await world.createPdsCode() })
  expect(await getJson(`${world.plc.url}/${alice.did}`)).toMatchObject({
    alsoKnownAs: ['at://alice.test'],
    service: [{ id: '#atproto_pds', serviceEndpoint: PUBLIC_URL }],
  })
})

test('a second start with the same data directory goes on where the first stopped', async () => {
  let alice: Member
  let serviceDid: string
  let document: unknown
  let first: string
  {
    await using world = await startWorld({ dataDir, publicUrl: PUBLIC_URL })
    alice = await world.createAccount({ handle: 'alice.test' })
    serviceDid = world.pds.did
    document = await getJson(`${world.plc.url}/${alice.did}`)
    first = world.pds.url
  }
  await expect(fetch(first)).rejects.toThrow('fetch failed')
  await using world = await startWorld({ dataDir, publicUrl: PUBLIC_URL })
  expect(world.pds.did).toBe(serviceDid)
  expect(await getJson(`${world.plc.url}/${alice.did}`)).toEqual(document)
  const session = await postJson(`${world.pds.url}/xrpc/com.atproto.server.createSession`, {
    identifier: alice.handle,
    password: alice.password,
  })
  expect(session).toMatchObject({ did: alice.did, active: true })
  expect(
    await postJson(
      `${world.pds.url}/xrpc/com.atproto.server.refreshSession`,
      undefined,
      `Bearer ${alice.refreshJwt}`,
    ),
  ).toMatchObject({ did: alice.did })
})

test('a temporary world leaves no folder behind', async () => {
  let temporary: string
  {
    await using world = await startWorld()
    temporary = world.dataDir
    expect((await stat(join(temporary, 'pds', 'blobs'))).isDirectory()).toBe(true)
  }
  await expect(stat(temporary)).rejects.toThrow('ENOENT')
})
