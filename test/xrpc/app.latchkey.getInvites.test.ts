import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { app, com } from '../../src/lexicons/index.ts'
import { eventually } from '../chaos/eventually.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { codesOf, giftCode, join, postAsAdmin, setBirth } from '../support/members.ts'
import { type Member, postJson } from '../support/pds.ts'
import { callOwn } from './support/own-methods.ts'

const { getInvites, labelCode } = app.latchkey
const HOUR = 3_600_000

type Invites = ReturnType<typeof getInvites.$output.schema.parse>

let fronted: FrontedWorld

beforeAll(async () => {
  fronted = await startFrontedWorld({ inviteInterval: '1h' })
})

afterAll(() => fronted[Symbol.asyncDispose]())

/** What a member is shown; an answer that does not keep to the lexicon fails. */
async function invitesOf(member: Member): Promise<Invites> {
  const { status, body } = await callOwn(fronted, getInvites.$nsid, { as: member })
  expect(status, JSON.stringify(body)).toBe(200)
  return getInvites.$output.schema.parse(body)
}

function label(as: Member, code: string, text: string) {
  return callOwn(fronted, labelCode.$nsid, { as, input: { code, label: text } })
}

describe('getInvites', () => {
  test('is for members with a full session only, as the PDS’s own method is', async () => {
    const { status, body } = await callOwn(fronted, getInvites.$nsid)
    expect([status, body['error']]).toEqual([401, 'AuthMissing'])
  })

  test('makes what was earned, and tells when the next comes', async () => {
    const ada = await join(fronted, 'ada.test')
    const birth = new Date(Date.now() - 2 * HOUR - 60_000)
    await setBirth(fronted, ada.did, birth)
    const { codes, nextAt, why, host } = await invitesOf(ada)
    expect(codes).toMatchObject([
      { state: 'open', available: 1, used: 0, uses: [] },
      { state: 'open', available: 1, used: 0, uses: [] },
    ])
    expect(nextAt).toBe(new Date(birth.getTime() + 3 * HOUR).toISOString())
    expect(why).toBeUndefined()
    expect(host).toBe('localhost')
    expect((await codesOf(fronted, ada)).map(({ code }) => code).toSorted()).toEqual(
      codes.map(({ code }) => code).toSorted(),
    )
  })

  test('says that the cap is reached, or that invites are disabled', async () => {
    const old = await join(fronted, 'methuselah.test')
    await setBirth(fronted, old.did, new Date(Date.now() - 50 * HOUR))
    const full = await invitesOf(old)
    expect([full.codes.length, full.nextAt, full.why]).toEqual([5, undefined, 'cap'])
    await postAsAdmin(fronted, com.atproto.admin.disableAccountInvites.$nsid, { account: old.did })
    const disabled = await invitesOf(old)
    expect([disabled.codes.length, disabled.nextAt, disabled.why]).toEqual([5, undefined, 'disabled'])
  })

  test('shows used and disabled codes too, newest first, with who came and who invited', async () => {
    const inviter = await join(fronted, 'ingrid.test')
    const used = await giftCode(fronted, { forAccount: inviter.did })
    const disabled = await giftCode(fronted, { forAccount: inviter.did })
    const open = await giftCode(fronted, { forAccount: inviter.did, useCount: 3 })
    const guest = await join(fronted, 'greta.test', used)
    const before = new Date().toISOString()
    await postAsAdmin(fronted, com.atproto.admin.disableInviteCodes.$nsid, { codes: [disabled] })
    const { codes, invitedBy } = await invitesOf(inviter)
    const guestNow = { did: guest.did, handle: 'greta.test', status: 'active' }
    expect(codes).toMatchObject([
      { code: open, state: 'open', available: 3 },
      { code: disabled, state: 'disabled' },
      { code: used, state: 'usedUp', used: 1, uses: [{ by: guestNow }] },
    ])
    expect(codes.map(({ disabledAt = '' }) => disabledAt >= before)).toEqual([false, true, false])
    expect(invitedBy).toBeUndefined()
    const inviterNow = { did: inviter.did, handle: 'ingrid.test', status: 'active' }
    expect(await invitesOf(guest)).toMatchObject({ codes: [], invitedBy: inviterNow })
  })

  test('follows what becomes of whoever came', async () => {
    const inviter = await join(fronted, 'tanja.test')
    const code = await giftCode(fronted, { forAccount: inviter.did })
    const guest = await join(fronted, 'chris.test', code)
    const seen = async () => (await invitesOf(inviter)).codes[0]?.uses[0]?.by
    await fetch(`${fronted.url}/xrpc/com.atproto.server.deactivateAccount`, {
      method: 'POST',
      headers: { authorization: `Bearer ${guest.accessJwt}`, 'content-type': 'application/json' },
      body: '{}',
    })
    await eventually(async () =>
      (await seen())?.status === 'deactivated' ? [] : ['not seen as deactivated'],
    )
    expect(await seen()).toEqual({ did: guest.did, handle: 'chris.test', status: 'deactivated' })
  })
})

describe('labelCode', () => {
  test('names a code for its owner alone, trimmed, and takes the name away', async () => {
    const owner = await join(fronted, 'labels.test')
    const code = await giftCode(fronted, { forAccount: owner.did })
    expect((await label(owner, code, '  für Öykü 👩‍👩‍👧 ')).status).toBe(200)
    expect((await invitesOf(owner)).codes).toMatchObject([{ code, label: 'für Öykü 👩‍👩‍👧' }])
    expect(Object.keys((await codesOf(fronted, owner))[0] ?? {})).not.toContain('label')
    expect((await label(owner, code, '   ')).status).toBe(200)
    expect((await invitesOf(owner)).codes[0]).not.toHaveProperty('label')
  })

  test('of nobody else’s code, and of none longer than eighty characters', async () => {
    const [owner, other] = [await join(fronted, 'oskar.test'), await join(fronted, 'otto.test')]
    const code = await giftCode(fronted, { forAccount: owner.did })
    for (const [as, name] of [
      [other, code],
      [owner, 'localhost-aaaaa-aaaaa'],
    ] as const) {
      const { status, body } = await label(as, name, 'mine')
      expect([status, body]).toEqual([400, { error: 'UnknownCode', message: 'You have no such code' }])
    }
    expect((await label(owner, code, 'x'.repeat(80))).status).toBe(200)
    expect((await label(owner, code, 'x'.repeat(81))).status).toBe(400)
    expect((await invitesOf(owner)).codes).toMatchObject([{ label: 'x'.repeat(80) }])
  })

  test('needs a session', async () => {
    const url = `${fronted.url}/xrpc/${labelCode.$nsid}`
    await expect(postJson(url, { code: 'a', label: 'b' })).rejects.toThrow('401')
  })
})
