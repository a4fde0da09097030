import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { app, com } from '../../src/lexicons/index.ts'
import { eventually } from '../chaos/eventually.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { giftCode, join, postAsAdmin } from '../support/members.ts'
import type { Member } from '../support/pds.ts'
import { answerOf, refusalOf, sessionOf } from './support/operators.ts'

const { getTree, listAccounts } = app.latchkey.admin

const MODERATOR = 'did:plc:mmmmmmmmmmmmmmmmmmmmmmmm'

let fronted: FrontedWorld
let ada: Member
let bea: Member
let cleo: Member
let dora: Member
let codeOfBea: string

beforeAll(async () => {
  fronted = await startFrontedWorld({ moderators: MODERATOR })
  ada = await join(fronted, 'ada.test')
  codeOfBea = await giftCode(fronted, { forAccount: ada.did })
  bea = await join(fronted, 'bea.test', codeOfBea)
  cleo = await join(fronted, 'cleo.test', await giftCode(fronted, { forAccount: bea.did }))
  dora = await join(fronted, 'dora.test', await giftCode(fronted, { forAccount: ada.did, useCount: 2 }))
})

afterAll(() => fronted[Symbol.asyncDispose]())

/** What an operator is shown; an answer that does not keep to the lexicon fails. */
async function accounts(input: object, as?: Record<string, string>) {
  return listAccounts.$output.schema.parse(await answerOf(fronted, listAccounts.$nsid, { input, as }))
}

async function level(search = '') {
  return getTree.$output.schema.parse(await answerOf(fronted, getTree.$nsid, { search }))
}

const didsOf = (found: readonly { readonly person: { readonly did: string } }[]) =>
  found.map(({ person }) => person.did)

describe('listAccounts', () => {
  test('tells of the newest first: who invited whom with what, and what became of their codes', async () => {
    const { accounts: found } = await accounts({})
    expect(didsOf(found)).toEqual([dora, cleo, bea, ada].map(({ did }) => did))
    const adaNow = { did: ada.did, handle: 'ada.test', status: 'active' }
    expect(found[2]).toMatchObject({
      person: { did: bea.did, handle: 'bea.test', status: 'active' },
      invitedBy: adaNow,
      invitedWith: codeOfBea,
      open: 0,
      codes: 1,
      invited: 1,
      invitesDisabled: false,
    })
    expect(found[3]).toMatchObject({ person: adaNow, open: 1, codes: 2, invited: 2 })
    expect(found[3]).not.toHaveProperty('invitedBy')
    expect(found[0]).not.toHaveProperty('direct')
    expect(Math.abs(Date.now() - Date.parse(found[0]?.joinedAt ?? ''))).toBeLessThan(60_000)
  })

  test('is walked page by page, each account once, in either order', async () => {
    for (const query of [undefined, '@A', '']) {
      const whole = didsOf((await accounts({ query })).accounts)
      const walked: string[] = []
      for (let cursor: string | undefined; ;) {
        const page = await accounts({ query, limit: 1, cursor })
        expect(page.accounts).toHaveLength(1)
        walked.push(...didsOf(page.accounts))
        cursor = page.cursor
        if (cursor === undefined) break
      }
      expect(walked).toEqual(whole)
    }
  })

  test('finds by DID and by the beginning of a handle, with or without its @; nothing is an empty page', async () => {
    const found = async (query: string) => didsOf((await accounts({ query })).accounts)
    expect(await found(` ${cleo.did} `)).toEqual([cleo.did])
    expect(await found('@Do')).toEqual([dora.did])
    expect(await found('bea.test')).toEqual([bea.did])
    expect(await found('%')).toEqual([])
    expect(await found('did:plc:aaaaaaaaaaaaaaaaaaaaaaaa')).toEqual([])
  })

  test('shows the note to administrators alone', async () => {
    const { $nsid } = com.atproto.admin.disableAccountInvites
    await postAsAdmin(fronted, $nsid, { account: dora.did, note: 'sells codes' })
    const [seen] = (await accounts({ query: dora.did })).accounts
    expect(seen).toMatchObject({ invitesDisabled: true, note: 'sells codes' })
    const [dimmed] = (await accounts({ query: dora.did }, await sessionOf(fronted, MODERATOR))).accounts
    expect(dimmed).toMatchObject({ invitesDisabled: true })
    expect(dimmed).not.toHaveProperty('note')
  })

  test('calls an account direct that came past the doors', async () => {
    const past = await fronted.world.createAccount({ handle: 'past.test' })
    using side = new DatabaseSync(fronted.databasePath, { timeout: 5000 })
    await eventually(async () =>
      (await accounts({ query: past.did })).accounts.length === 1 ? [] : ['the feed has not brought it yet'],
    )
    side.prepare("UPDATE account SET arrival = 'direct' WHERE did = ?").run(past.did)
    expect((await accounts({ query: past.did })).accounts).toMatchObject([{ direct: true }])
  })

  test.each([
    [{ cursor: 'made up' }],
    [{ cursor: '1:nobody' }],
    [{ query: 'a', cursor: '1' }],
    [{ limit: 101 }],
  ])('%j is refused', async (input) => {
    expect(await refusalOf(fronted, listAccounts.$nsid, { input })).toEqual([400, 'InvalidRequest'])
  })
})

describe('getTree', () => {
  test('shows the roots, and below each whom it invited, with the way there and the branch’s figures', async () => {
    const roots = await level()
    expect(roots.path).toEqual([])
    const branch = roots.branches.find(({ person }) => person.did === ada.did)
    expect(branch).toMatchObject({ children: 2, joined: 3, active: 3, takenDown: 0 })
    expect(branch).not.toHaveProperty('atLeast')
    expect(didsOf(roots.branches)).not.toContain(bea.did)

    const below = await level(`?did=${ada.did}`)
    expect(didsOf(below.path.map((person) => ({ person })))).toEqual([ada.did])
    expect(below.branches).toMatchObject([
      { person: { did: dora.did }, children: 0, joined: 0 },
      { person: { did: bea.did }, code: codeOfBea, children: 1, joined: 1 },
    ])
    const { path, branches } = await level(`?did=${cleo.did}`)
    expect(path.map(({ did }) => did)).toEqual([ada.did, bea.did, cleo.did])
    expect(branches).toEqual([])
  })

  test('is walked page by page', async () => {
    const first = await level(`?did=${ada.did}&limit=1`)
    expect(didsOf(first.branches)).toEqual([dora.did])
    const second = await level(`?did=${ada.did}&limit=1&cursor=${encodeURIComponent(first.cursor ?? '')}`)
    expect(didsOf(second.branches)).toEqual([bea.did])
    expect(second.cursor).toBeUndefined()
  })

  test('follows what becomes of them', async () => {
    await postAsAdmin(fronted, 'com.atproto.admin.updateSubjectStatus', {
      subject: { $type: 'com.atproto.admin.defs#repoRef', did: cleo.did },
      takedown: { applied: true, ref: 'test' },
    })
    const figures = async () => (await level()).branches.find(({ person }) => person.did === ada.did)
    await eventually(async () => ((await figures())?.takenDown === 1 ? [] : ['not seen as taken down']))
    expect(await figures()).toMatchObject({ children: 2, joined: 3, active: 2, takenDown: 1 })
  })

  test('of an account that is not known, and after a cursor that is none, there is no level', async () => {
    const search = '?did=did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
    expect(await refusalOf(fronted, getTree.$nsid, { search })).toEqual([400, 'NotFound'])
    expect(await refusalOf(fronted, getTree.$nsid, { search: '?cursor=x' })).toEqual([400, 'InvalidRequest'])
  })
})
