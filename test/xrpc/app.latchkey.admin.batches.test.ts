import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { app, com } from '../../src/lexicons/index.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { codesOf, giftCode, join, postAsAdmin } from '../support/members.ts'
import type { Member } from '../support/pds.ts'
import { callOwn } from './support/own-methods.ts'
import { answerOf, refusalOf } from './support/operators.ts'

const {
  createCodes,
  giveCodes,
  listBatches,
  listCodes,
  listEvents,
  replaceCode,
  setCodesDisabled,
  setInvitesDisabled,
  undoBatch,
} = app.latchkey.admin

interface Reach {
  readonly batch?: string
  readonly codes: number
  readonly accounts: number
}

let fronted: FrontedWorld
let alice: Member
let bob: Member

beforeAll(async () => {
  fronted = await startFrontedWorld()
  alice = await join(fronted, 'alice.test')
  bob = await join(fronted, 'bob.test')
})

afterAll(() => fronted[Symbol.asyncDispose]())

function act<T = Reach>(nsid: string, input: object): Promise<T> {
  return answerOf<T>(fronted, nsid, { input })
}

function undo(batch: string | undefined, preview = false): Promise<app.latchkey.admin.undoBatch.$OutputBody> {
  return act(undoBatch.$nsid, { batch, preview })
}

async function batches(search = ''): Promise<app.latchkey.admin.listBatches.$OutputBody> {
  const page = await answerOf<app.latchkey.admin.listBatches.$OutputBody>(fronted, listBatches.$nsid, {
    search,
  })
  return listBatches.$output.schema.parse(page)
}

async function openCodesOf(member: Member): Promise<readonly string[]> {
  return (await codesOf(fronted, member, '?includeUsed=false')).map(({ code }) => code)
}

describe('giving every account codes', () => {
  test('is told before, done, seen by members, and undone where nobody used them', async () => {
    const input = { count: 2, note: 'birthday' }
    expect(await act(giveCodes.$nsid, { ...input, preview: true })).toEqual({ accounts: 2, codes: 4 })
    expect(await openCodesOf(alice)).toEqual([])
    expect((await batches()).batches).toEqual([])

    const { batch, ...reach } = await act(giveCodes.$nsid, input)
    expect(reach).toEqual({ accounts: 2, codes: 4 })
    const [used = '', kept = ''] = await openCodesOf(alice)
    await join(fronted, 'gast.test', used)
    expect((await batches()).batches).toEqual([
      {
        id: batch,
        at: expect.any(String),
        actor: 'admin',
        action: 'giveCodes',
        note: 'birthday',
        codes: 4,
        accounts: 2,
      },
    ])

    expect(await undo(batch, true)).toEqual({ restored: 3, changedSince: 1 })
    expect(await openCodesOf(alice)).toEqual([kept])
    expect(await undo(batch)).toEqual({ restored: 3, changedSince: 1 })
    expect([await openCodesOf(alice), await openCodesOf(bob)]).toEqual([[], []])
    await expect(join(fronted, 'late.test', kept)).rejects.toThrow('InvalidInviteCode')
    expect(await refusalOf(fronted, undoBatch.$nsid, { input: { batch } })).toEqual([400, 'AlreadyUndone'])
    expect((await batches()).batches[0]).toMatchObject({ undoneBy: 'admin' })
  })
})

describe('disabling codes', () => {
  test('is told before; a sign-up in progress finishes, none begins; undone, the code is good again', async () => {
    const code = await giftCode(fronted, { forAccount: alice.did, useCount: 3 })
    const other = await giftCode(fronted, { forAccount: bob.did })
    const input = { codes: [code], owners: [bob.did], disabled: true }
    expect(await act(setCodesDisabled.$nsid, { ...input, preview: true })).toEqual({ codes: 2, accounts: 2 })
    const held = fronted.link.holdRequestTo(`/xrpc/${com.atproto.server.createAccount.$nsid}`)
    const signingUp = callOwn(fronted, com.atproto.server.createAccount.$nsid, {
      input: { handle: 'early.test', email: 'early@mail.test', password: 'hunter22', inviteCode: code },
    })
    const request = await held
    const { batch, ...reach } = await act(setCodesDisabled.$nsid, input)
    expect(reach).toEqual({ codes: 2, accounts: 2 })
    await expect(join(fronted, 'late-1.test', code)).rejects.toThrow('InvalidInviteCode')
    await expect(join(fronted, 'late-1.test', other)).rejects.toThrow('InvalidInviteCode')
    await request.deliver()
    expect((await signingUp).status).toBe(200)

    await act(setCodesDisabled.$nsid, { codes: [other], disabled: false })
    expect(await undo(batch)).toEqual({ restored: 1, changedSince: 1 })
    await join(fronted, 'late-1.test', code)
    await join(fronted, 'late-2.test', other)
  })

  test('that reaches nothing is no batch', async () => {
    const before = await batches()
    const input = { codes: ['localhost-aaaaa-aaaaa'], owners: ['did:plc:unknown'], disabled: true }
    expect(await act(setCodesDisabled.$nsid, input)).toEqual({ codes: 0, accounts: 0 })
    expect(await batches()).toEqual(before)
  })
})

test('an account’s invites are disabled and enabled again by undoing, unless that was changed since', async () => {
  const input = { accounts: [alice.did, bob.did], disabled: true, note: 'a ring' }
  expect(await act(setInvitesDisabled.$nsid, { ...input, preview: true })).toEqual({ accounts: 2 })
  const { batch } = await act(setInvitesDisabled.$nsid, input)
  expect(await act(giveCodes.$nsid, { count: 1, preview: true })).toMatchObject({ accounts: 4 })
  await postAsAdmin(fronted, com.atproto.admin.disableAccountInvites.$nsid, { account: bob.did })
  expect(await undo(batch)).toEqual({ restored: 1, changedSince: 1 })
  expect(await act(setInvitesDisabled.$nsid, { ...input, preview: true })).toEqual({ accounts: 1 })
})

test('a replaced code is good again when its replacement could be withdrawn', async () => {
  const [code = ''] = (
    await act<app.latchkey.admin.createCodes.$OutputBody>(createCodes.$nsid, { count: 1, uses: 1 })
  ).codes
  const { batch, code: replacement } = await act<app.latchkey.admin.replaceCode.$OutputBody>(
    replaceCode.$nsid,
    { code },
  )
  expect(await undo(batch)).toEqual({ restored: 2, changedSince: 0 })
  await expect(join(fronted, 'tom.test', replacement)).rejects.toThrow('InvalidInviteCode')
  await join(fronted, 'tom.test', code)
})

test('an unknown batch is refused', async () => {
  expect(await refusalOf(fronted, undoBatch.$nsid, { input: { batch: 'x' } })).toEqual([400, 'UnknownBatch'])
})

describe('the log', () => {
  test('names whatever operators did, by the pages’ methods and by the protocol’s, newest first', async () => {
    const code = await giftCode(fronted, { forAccount: bob.did })
    await postAsAdmin(fronted, com.atproto.admin.disableInviteCodes.$nsid, { codes: [code] })
    await postAsAdmin(fronted, com.atproto.admin.enableAccountInvites.$nsid, { account: bob.did })
    const { batch } = await act(setCodesDisabled.$nsid, { codes: [code], disabled: false, note: 'why not' })
    await undo(batch)
    const { events, cursor } = await answerOf<app.latchkey.admin.listEvents.$OutputBody>(
      fronted,
      listEvents.$nsid,
      {
        search: '?limit=5',
      },
    )
    expect(events.map(({ actor, action, subject, detail }) => [actor, action, subject, detail])).toEqual([
      ['admin', 'undoBatch', batch, { undone: 'enableCodes', restored: 1, changedSince: 0 }],
      [
        'admin',
        'enableCodes',
        code,
        { asked: { codes: [code], owners: [] }, batch, note: 'why not', codes: 1, accounts: 1 },
      ],
      ['admin', 'enableInvites', bob.did, {}],
      ['admin', 'disableCodes', code, { codes: 1, asked: { codes: [code], owners: [] } }],
      ['admin', 'createCodes', code, { codes: 1, uses: 1, owners: [bob.did] }],
    ])
    const next = await answerOf<app.latchkey.admin.listEvents.$OutputBody>(fronted, listEvents.$nsid, {
      search: `?limit=5&action=undoBatch&actor=admin&cursor=${cursor}`,
    })
    expect(next.events.map(({ action }) => action)).toEqual(
      Array.from({ length: next.events.length }, () => 'undoBatch'),
    )
    expect(next.events.length).toBeGreaterThan(2)
  })

  test('and the list of batches go on with their cursors, and refuse others', async () => {
    const all = await batches()
    const first = await batches('?limit=2')
    const second = await batches(`?limit=100&cursor=${first.cursor}`)
    expect([...first.batches, ...second.batches]).toEqual(all.batches)
    for (const nsid of [listBatches.$nsid, listEvents.$nsid])
      expect(await refusalOf(fronted, nsid, { search: '?cursor=x' })).toEqual([400, 'InvalidRequest'])
    expect(
      (await answerOf<app.latchkey.admin.listCodes.$OutputBody>(fronted, listCodes.$nsid, { input: {} }))
        .codes,
    ).not.toEqual([])
    expect(fronted.logs.join('\n')).not.toMatch(/localhost-[a-z2-7]{5}-[a-z2-7]{5}/)
  })
})
