import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { app, com } from '../../src/lexicons/index.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { codesOf, giftCode, join, postAsAdmin, setBirth } from '../support/members.ts'
import type { Member } from '../support/pds.ts'
import { callOwn } from './support/own-methods.ts'

const { getInvites, switchOffCode } = app.latchkey
const CREATE_ACCOUNT = `/xrpc/${com.atproto.server.createAccount.$nsid}`
const HOUR = 3_600_000

let fronted: FrontedWorld

beforeAll(async () => {
  fronted = await startFrontedWorld({ inviteInterval: '1h' })
})

afterAll(() => fronted[Symbol.asyncDispose]())

/** A member who earned as many codes as whole hours have passed. */
async function joinAged(handle: string, hours: number): Promise<Member> {
  const member = await join(fronted, handle)
  await setBirth(fronted, member.did, new Date(Date.now() - hours * HOUR - 60_000))
  return member
}

function switchOff(as: Member, code: string) {
  return callOwn<{ replacement?: string; error?: string }>(fronted, switchOffCode.$nsid, {
    as,
    input: { code },
  })
}

async function openCodesOf(member: Member): Promise<string[]> {
  return (await codesOf(fronted, member, '?includeUsed=false')).map(({ code }) => code)
}

async function nextAt(as: Member): Promise<unknown> {
  return (await callOwn(fronted, getInvites.$nsid, { as })).body['nextAt']
}

test('an earned code is good for nobody any more, and the one in its place is; nothing else to be earned changes', async () => {
  const member = await joinAged('earner.test', 3)
  const before = await openCodesOf(member)
  const next = await nextAt(member)
  const [leaked = ''] = before
  const { status, body } = await switchOff(member, leaked)
  expect(status).toBe(200)
  expect(body.replacement).toMatch(/^localhost-[a-z2-7]{5}-[a-z2-7]{5}$/)
  expect((await openCodesOf(member)).toSorted()).toEqual(
    [...before.slice(1), body.replacement ?? ''].toSorted(),
  )
  expect(await nextAt(member)).toBe(next)
  await expect(join(fronted, 'thief.test', leaked)).rejects.toThrow('InvalidInviteCode')
  await join(fronted, 'franz.test', body.replacement)
})

test('a gift leaves one with the uses that are left', async () => {
  const member = await join(fronted, 'gifted.test')
  const code = await giftCode(fronted, { forAccount: member.did, useCount: 3 })
  await join(fronted, 'emil.test', code)
  const { body } = await switchOff(member, code)
  const { body: invites } = await callOwn(fronted, getInvites.$nsid, { as: member })
  expect(invites['codes']).toMatchObject([
    { code: body.replacement, state: 'open', available: 2, used: 0 },
    { code, state: 'disabled', available: 3, used: 1 },
  ])
})

test('somebody else’s, an unknown one, one used up or switched off before: a sentence, and nothing changes', async () => {
  const [owner, other] = [await join(fronted, 'keeper.test'), await join(fronted, 'envious.test')]
  const used = await giftCode(fronted, { forAccount: owner.did })
  await join(fronted, 'ulla.test', used)
  const open = await giftCode(fronted, { forAccount: owner.did })
  const answers = [
    await switchOff(other, open),
    await switchOff(owner, 'localhost-aaaaa-aaaaa'),
    await switchOff(owner, used),
  ]
  expect(answers.map(({ status, body }) => [status, body.error])).toEqual([
    [400, 'UnknownCode'],
    [400, 'UnknownCode'],
    [400, 'NotOpen'],
  ])
  expect(await openCodesOf(owner)).toEqual([open])
  expect((await switchOff(owner, open)).status).toBe(200)
  expect((await switchOff(owner, open)).body.error).toBe('NotOpen')
})

test('twenty calls at once for one code: one replacement', async () => {
  const member = await joinAged('hasty.test', 1)
  const [code = ''] = await openCodesOf(member)
  const answers = await Promise.all(Array.from({ length: 20 }, () => switchOff(member, code)))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(await openCodesOf(member)).toHaveLength(1)
})

test('a sign-up in progress finishes, and nothing comes for its use; when it fails, another is earned', async () => {
  for (const [name, outcome] of [
    ['finishes', 200],
    ['fails', 502],
  ] as const) {
    const member = await joinAged(`host-${name}.test`, 1)
    const [code = ''] = await openCodesOf(member)
    const held = fronted.link.holdRequestTo(CREATE_ACCOUNT)
    const signingUp = callOwn(fronted, com.atproto.server.createAccount.$nsid, {
      input: {
        handle: `guest-${name}.test`,
        email: `${name}@mail.test`,
        password: 'hunter22',
        inviteCode: code,
      },
    })
    const request = await held
    expect((await switchOff(member, code)).body).toEqual({})
    expect(await openCodesOf(member)).toEqual([])
    if (outcome === 200) await request.deliver()
    else request.drop()
    expect((await signingUp).status).toBe(outcome)
    expect(await openCodesOf(member)).toHaveLength(outcome === 200 ? 0 : 1)
  }
})

test('without invites there is no other, until they are enabled', async () => {
  const member = await joinAged('barred.test', 1)
  const [code = ''] = await openCodesOf(member)
  await postAsAdmin(fronted, com.atproto.admin.disableAccountInvites.$nsid, { account: member.did })
  expect((await switchOff(member, code)).body).toEqual({})
  expect(await openCodesOf(member)).toEqual([])
  await postAsAdmin(fronted, com.atproto.admin.enableAccountInvites.$nsid, { account: member.did })
  expect(await openCodesOf(member)).toHaveLength(1)
})

test('twenty a day, and then a sentence', async () => {
  const member = await joinAged('tireless.test', 1)
  for (let times = 0; times < 20; times++) {
    const [code = ''] = await openCodesOf(member)
    expect((await switchOff(member, code)).status).toBe(200)
  }
  const [code = ''] = await openCodesOf(member)
  const { status, body } = await switchOff(member, code)
  expect([status, body.error]).toEqual([429, 'RateLimitExceeded'])
  expect(await openCodesOf(member)).toEqual([code])
})

test('the operator can read who did it', async () => {
  const member = await join(fronted, 'audited.test')
  const code = await giftCode(fronted, { forAccount: member.did })
  const { body } = await switchOff(member, code)
  using database = new DatabaseSync(fronted.databasePath, { readOnly: true })
  const events = database
    .prepare("SELECT actor, subject, detail FROM audit_event WHERE action = 'switchOffCode' AND actor = ?")
    .all(member.did)
    .map((row) => ({ ...row }))
  expect(events).toEqual([
    { actor: member.did, subject: code, detail: JSON.stringify({ replacement: body.replacement }) },
  ])
  expect(fronted.logs.join('\n')).not.toMatch(/localhost-[a-z2-7]{5}-[a-z2-7]{5}/)
})
