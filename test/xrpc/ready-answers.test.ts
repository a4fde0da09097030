import { describe, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import type { FrontedWorld } from '../support/latchkey.ts'
import { codesOf, getCodes, giftCode, join, postAsAdmin } from '../support/members.ts'
import { exchange } from './support/exchange.ts'
import { type Verification, startVerifyingWorld } from './support/worlds.ts'

const PATH = `/xrpc/${com.atproto.server.getAccountInviteCodes.$nsid}`
const { admin } = com.atproto

/** Counts what the PDS is asked while something is done. */
async function askedMeanwhile({ world }: FrontedWorld, deed: () => Promise<unknown>): Promise<number> {
  let asked = 0
  const look = ({ url = '' }: { url?: string }) => {
    // The watch over the PDS asks of its own.
    if (url.startsWith(PATH) || url.startsWith(`/xrpc/${admin.getAccountInfo.$nsid}`)) asked += 1
  }
  const { server } = world.pds.pds
  server?.on('request', look)
  await deed()
  server?.off('request', look)
  return asked
}

describe.each<Verification>(['by asking the PDS', 'with the secret of the PDS'])(
  'members told %s:',
  (verification) => {
    test('who called before is answered without the PDS, and even while it is down', async () => {
      await using fronted = await startVerifyingWorld(verification)
      const [alice, bob] = [await join(fronted, 'alice.test'), await join(fronted, 'bob.test')]
      const code = await giftCode(fronted, { forAccount: alice.did })
      expect(await codesOf(fronted, alice)).toMatchObject([{ code }])
      const asked = await askedMeanwhile(fronted, async () => {
        expect(await codesOf(fronted, alice)).toMatchObject([{ code }])
        expect(await codesOf(fronted, alice, '?createAvailable=false')).toMatchObject([{ code }])
      })
      expect(asked).toBe(0)

      fronted.link.refuse(true)
      expect(await codesOf(fronted, alice)).toMatchObject([{ code }])
      const { status, headers } = await getCodes(fronted, bob)
      expect([status, headers.get('retry-after')]).toEqual([502, '5'])
    })
  },
)

test('a refusal is asked of the PDS once, and the log says how long that took', async () => {
  await using fronted = await startVerifyingWorld('by asking the PDS')
  const delay = 300
  fronted.link.trouble(PATH, { delay })
  const headers = { authorization: 'Bearer none' }
  const asked = await askedMeanwhile(fronted, async () => {
    expect((await exchange(fronted.url, { path: PATH, headers })).status).toBe(400)
  })
  expect(asked).toBe(1)
  const lines = fronted.logs.map((line) => JSON.parse(line) as { msg: string; route?: string; ms: number })
  const told = lines.filter(({ msg, route }) => msg === 'answered' && route === PATH)
  expect(told).toMatchObject([{ status: 400 }])
  expect(told[0]?.ms).toBeGreaterThanOrEqual(delay)
})

test('without a cache everybody is asked for each time', async () => {
  await using fronted = await startVerifyingWorld('by asking the PDS', { cacheSize: '0' })
  const alice = await join(fronted, 'alice.test')
  await codesOf(fronted, alice)
  expect(await askedMeanwhile(fronted, () => codesOf(fronted, alice))).toBe(1)
})

test('whatever changes a member’s codes shows in the next answer', async () => {
  await using fronted = await startVerifyingWorld('by asking the PDS')
  const alice = await join(fronted, 'alice.test')
  const shown = async () => {
    const codes = await codesOf(fronted, alice)
    // The same again, from what was kept.
    expect(await codesOf(fronted, alice)).toEqual(codes)
    return codes.map(({ code, uses }) => [code, uses.length])
  }
  expect(await shown()).toEqual([])
  const one = await giftCode(fronted, { forAccount: alice.did, useCount: 2 })
  expect(await shown()).toEqual([[one, 0]])
  await join(fronted, 'bob.test', one)
  expect(await shown()).toEqual([[one, 1]])
  const two = await giftCode(fronted, { forAccount: alice.did })
  expect(await shown()).toEqual([
    [one, 1],
    [two, 0],
  ])
  await postAsAdmin(fronted, admin.disableInviteCodes.$nsid, { codes: [one] })
  expect(await shown()).toEqual([[two, 0]])
  await postAsAdmin(fronted, admin.disableInviteCodes.$nsid, { accounts: [alice.did] })
  expect(await shown()).toEqual([])
})

test('an answer that is ready is the same as one that is made, header by header', async () => {
  await using fronted = await startVerifyingWorld('by asking the PDS')
  const alice = await join(fronted, 'alice.test')
  const code = await giftCode(fronted, { forAccount: alice.did })
  for (const search of ['', '?includeUsed=false', '?createAvailable=false&includeUsed=true&unknown=1']) {
    const [made, ready] = [await getCodes(fronted, alice, search), await getCodes(fronted, alice, search)]
    const headersOf = ({ headers }: Response) => [...headers].filter(([name]) => name !== 'date')
    expect(headersOf(ready)).toEqual(headersOf(made))
    const text = await ready.text()
    expect(text).toBe(await made.text())
    expect(JSON.parse(text)).toMatchObject({ codes: [{ code }] })
  }
})

test('what was remembered of a token opens nothing to a request that is wrong otherwise', async () => {
  await using fronted = await startVerifyingWorld('by asking the PDS')
  const alice = await join(fronted, 'alice.test')
  await codesOf(fronted, alice)
  expect((await getCodes(fronted, alice, '?includeUsed=maybe')).status).toBe(400)
  const authorization = `Bearer ${alice.accessJwt}`
  const withBody = await exchange(fronted.url, { path: PATH, headers: { authorization }, body: '{}' })
  expect(withBody.status).toBe(400)
  // Whatever comes with a proof is judged anew each time.
  const withProof = { path: PATH, headers: { authorization, dpop: 'none' } }
  expect(await askedMeanwhile(fronted, () => exchange(fronted.url, withProof))).toBe(1)
  expect(
    (await exchange(fronted.url, { path: PATH, headers: { authorization: `${authorization}x` } })).status,
  ).toBe(400)
})
