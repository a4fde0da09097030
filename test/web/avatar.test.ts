import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { LOOKS } from '../../src/web/avatar.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { join, postAsAdmin } from '../support/members.ts'
import type { Member } from '../support/pds.ts'
import { pagesOf } from './browser.ts'
import { PNG, showProfile } from './profiles.ts'

let fronted: FrontedWorld
let ada: Member
/** What the PDS was asked for. */
let asked: string[]

beforeAll(async () => {
  fronted = await startFrontedWorld({ trustedProxies: 'loopback' })
  ada = await join(fronted, 'ada.test')
  await showProfile(fronted, ada, { displayName: 'Ada', picture: PNG })
  fronted.link.trouble(
    ({ url }) => {
      asked.push(url.split('?')[0] ?? '')
      return false
    },
    { delay: 0 },
  )
})

beforeEach(() => {
  asked = []
})

afterAll(() => fronted?.[Symbol.asyncDispose]())

const GET_BLOB = '/xrpc/com.atproto.sync.getBlob'

/** Looks at a picture. @param address where somebody looks from */
function look(did: string, headers: Record<string, string> = {}, address = '192.0.2.1'): Promise<Response> {
  const path = `${pagesOf(fronted.url)}/_latchkey/avatar/${did}`
  return fetch(path, { headers: { ...headers, 'x-forwarded-for': address } })
}

const blobs = () => asked.filter((path) => path === GET_BLOB).length

describe('many who look at a picture', () => {
  test('cost the PDS the file once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => look(ada.did)))
    for (const answer of answers) expect(Buffer.from(await answer.arrayBuffer())).toEqual(PNG)
    expect(blobs()).toBe(1)
  })

  test('and have it cost it nothing', async () => {
    const bea = await join(fronted, 'bea.test')
    await showProfile(fronted, bea, { displayName: 'Bea', picture: Buffer.concat([PNG, PNG]) })
    const { cid } = await avatarOf(bea)
    asked = []
    for (const tag of [`"${cid}"`, `W/"${cid}"`, `"other", "${cid}"`]) {
      const answer = await look(bea.did, { 'if-none-match': tag })
      expect([answer.status, answer.headers.get('etag')]).toEqual([304, `"${cid}"`])
    }
    expect(blobs()).toBe(0)
    expect((await look(bea.did, { 'if-none-match': '"other"' })).status).toBe(200)
  })

  test('from one address have to wait at last, and others don’t', async () => {
    const nobody = `did:plc:${'a'.repeat(24)}`
    for (let time = 1; time <= LOOKS.times; time += 1)
      expect((await look(nobody, {}, '198.51.100.66')).status).toBe(200)
    const { status, headers } = await look(ada.did, {}, '198.51.100.66')
    expect([status, Number(headers.get('retry-after')) > 200]).toEqual([429, true])
    expect((await look(ada.did)).status).toBe(200)
  })
})

test('the handle of an account that the PDS does not show is not free', { timeout: 20_000 }, async () => {
  const cora = await join(fronted, 'cora.test')
  const state = async (name: string) => {
    const answer = await fetch(`${pagesOf(fronted.url)}/_latchkey/handle?name=${name}&domain=.test`)
    return ((await answer.json()) as { state: string }).state
  }
  const subject = { $type: 'com.atproto.admin.defs#repoRef', did: cora.did }
  const takedown = { subject, takedown: { applied: true, ref: 'test' } }
  await postAsAdmin(fronted, 'com.atproto.admin.updateSubjectStatus', takedown)
  const { pds } = fronted.world
  const resolved = await fetch(`${pds.url}/xrpc/com.atproto.identity.resolveHandle?handle=cora.test`)
  expect(resolved.status).toBe(400)
  expect(await state('cora')).toBe('taken')
  expect(await state('nobody')).toBe('free')
})

async function avatarOf({ did }: Member): Promise<{ cid: string }> {
  const search = new URLSearchParams({ repo: did, collection: 'app.bsky.actor.profile', rkey: 'self' })
  const path = `${fronted.world.pds.url}/xrpc/com.atproto.repo.getRecord?${search}`
  const { value } = (await (await fetch(path)).json()) as { value: { avatar: { ref: { $link: string } } } }
  return { cid: value.avatar.ref.$link }
}
