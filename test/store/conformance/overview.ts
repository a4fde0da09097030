import { describe, expect, test } from 'vitest'
import { DAY } from '../../../src/invites/overview.ts'
import { type CodeState, codeState } from '../../../src/invites/predicates.ts'
import type { InviteStore } from '../../../src/invites/store.ts'
import {
  ALICE,
  BOB,
  CAROL,
  codesOf,
  forward,
  gift,
  HOST,
  NOW,
  OTHER_HOST,
  redeem,
  signUp,
  type OpenStore,
} from './support.ts'

const DAN = 'did:plc:dan'

/** Lets somebody in with a code of somebody's, made for this. */
async function invite(store: InviteStore, from: string, did: string, at = NOW): Promise<void> {
  await gift(store, `${from}>${did}@${at}`, { to: from })
  await redeem(store, `sign-up-${did}-${at}`, `${from}>${did}@${at}`, did, at)
}

async function below(store: InviteStore, inviter: string | null): Promise<readonly string[]> {
  const found = await store.listBranches({ host: HOST, inviter, limit: 100, after: null })
  return found.map(({ person }) => person.did)
}

const wayUp = async (store: InviteStore, did: string, limit = 100) =>
  (await store.ancestors(HOST, did, limit)).map((person) => person.did)

export function describeOverview(openStore: OpenStore): void {
  describeTree(openStore)
  describeAccountList(openStore)
  describeSignUpFigures(openStore)
  describeCodeFigures(openStore)
  describeEarners(openStore)
}

function describeTree(openStore: OpenStore): void {
  describe('the tree', () => {
    test('an account stands below whoever gave it its code; the operator’s are roots; newest first', async () => {
      await using subject = await openStore()
      const { store } = subject
      await invite(store, 'admin', ALICE, NOW)
      await invite(store, ALICE, BOB, NOW + 1)
      await invite(store, ALICE, CAROL, NOW + 2)
      await invite(store, BOB, DAN, NOW + 3)
      expect(await below(store, null)).toEqual([ALICE])
      expect(await below(store, ALICE)).toEqual([CAROL, BOB])
      expect(await below(store, DAN)).toEqual([])
      expect(await wayUp(store, DAN)).toEqual([DAN, BOB, ALICE])
      expect(await wayUp(store, DAN, 2)).toEqual([DAN, BOB])
      expect(await wayUp(store, 'did:plc:nobody')).toEqual([])
    })

    test('a page goes on after the position of its last account, also among those who joined nobody knows when', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.upsertAccount({ did: ALICE, host: HOST })
      await store.upsertAccount({ did: BOB, host: HOST })
      await store.upsertAccount({ did: CAROL, host: HOST, createdAt: NOW })
      await store.upsertAccount({ did: DAN, host: OTHER_HOST, createdAt: NOW })
      const walked = []
      for (let after = null; ;) {
        const [one] = await store.listBranches({ host: HOST, inviter: null, limit: 1, after })
        if (one === undefined) break
        walked.push([one.person.did, one.joinedAt])
        after = { joinedAt: one.joinedAt ?? 0, did: one.person.did }
      }
      expect(walked).toEqual([
        [CAROL, NOW],
        [BOB, null],
        [ALICE, null],
      ])
    })

    test('an account of a use that was not real is a root again', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a')
      await forward(store, 'r', 'a')
      await store.commit('r', { did: BOB, handle: null, at: NOW, lookAgainAt: NOW + 1 })
      expect(await below(store, ALICE)).toEqual([BOB])
      await store.endSecondLook('r', 'gone', NOW + 2)
      expect(await below(store, ALICE)).toEqual([])
      expect(await below(store, null)).toContain(BOB)
    })

    test('a code that becomes known after its use puts its account below its owner', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.openHost({ hostname: HOST, did: 'did:web:pds' })
      await store.recordUpstreamUse({ host: HOST, code: 'theirs', did: BOB, handle: null, at: NOW })
      expect(await below(store, null)).toEqual([BOB])
      const code = {
        code: 'theirs',
        forAccount: ALICE,
        createdBy: ALICE,
        createdAt: NOW,
        available: 1,
        disabled: false,
      }
      // Read before it was used.
      await store.importCodes(HOST, [{ ...code, uses: [] }], { at: NOW + 1, dryRun: false })
      expect(await below(store, ALICE)).toEqual([BOB])
    })

    test('whoever comes back by a code from their own branch becomes a root: nothing is lost from sight', async () => {
      await using subject = await openStore()
      const { store } = subject
      await invite(store, 'admin', ALICE, NOW)
      await invite(store, ALICE, BOB, NOW + 1)
      await invite(store, BOB, CAROL, NOW + 2)
      await invite(store, CAROL, ALICE, NOW + 3)
      expect(await below(store, null)).toEqual([ALICE])
      expect(await below(store, CAROL)).toEqual([])
      expect(await wayUp(store, CAROL)).toEqual([CAROL, BOB, ALICE])
      await invite(store, ALICE, ALICE, NOW + 4)
      expect(await below(store, null)).toEqual([ALICE])
    })

    test('the way up ends also where a ring has come about', async () => {
      await using subject = await openStore()
      const { store } = subject
      await invite(store, ALICE, BOB)
      await subject.execute('UPDATE account SET inviter = ? WHERE did = ?', BOB, ALICE)
      expect(await wayUp(store, BOB)).toEqual([BOB, ALICE])
    })

    test('those right below several accounts are told with their standing, no more than asked for', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.openHost({ hostname: HOST, did: 'did:web:pds' })
      await invite(store, ALICE, BOB)
      await invite(store, BOB, CAROL)
      await invite(store, CAROL, DAN)
      await store.applyEvent(HOST, { seq: 1, at: NOW, did: CAROL, status: 'takendown' })
      const found = await store.invitees({ host: HOST, dids: [ALICE, BOB], limit: 10 })
      expect(found).toHaveLength(2)
      expect(found).toContainEqual({ did: BOB, status: 'active' })
      expect(found).toContainEqual({ did: CAROL, status: 'takendown' })
      expect(await store.invitees({ host: HOST, dids: [ALICE, BOB], limit: 1 })).toHaveLength(1)
      expect(await store.invitees({ host: OTHER_HOST, dids: [ALICE, BOB], limit: 10 })).toEqual([])
    })
  })
}

function describeAccountList(openStore: OpenStore): void {
  const all = { by: 'joined', after: null } as const
  const listed = async (store: InviteStore, search: Parameters<InviteStore['listAccounts']>[0]['search']) =>
    store.listAccounts({ host: HOST, search, limit: 100, now: NOW })

  describe('the list of accounts', () => {
    test('tells who invited whom, with what, and what became of it', async () => {
      await using subject = await openStore()
      const { store } = subject
      await store.upsertAccount({ did: ALICE, host: HOST, handle: 'alice.test', createdAt: NOW - 5 })
      for (const code of ['used', 'open', 'disabled', 'expired', 'expiring']) await gift(store, code)
      await subject.execute("UPDATE invite_code SET expires_at = ? WHERE code = 'expired'", NOW)
      await subject.execute("UPDATE invite_code SET expires_at = ? WHERE code = 'expiring'", NOW + 1)
      await store.disableCodes({ codes: ['disabled'], owners: [], at: NOW })
      await redeem(store, 'r', 'used', BOB, NOW)
      await store.setInvitesDisabled({ did: BOB, host: HOST, disabled: true, note: 'spam' })
      expect(await listed(store, all)).toEqual([
        {
          person: { did: BOB, handle: null, status: 'active' },
          joinedAt: NOW,
          invitedWith: 'used',
          invitedBy: { did: ALICE, handle: 'alice.test', status: 'active' },
          isDirect: false,
          open: 0,
          codes: 0,
          invited: 0,
          invitesDisabled: true,
          note: 'spam',
        },
        {
          person: { did: ALICE, handle: 'alice.test', status: 'active' },
          joinedAt: NOW - 5,
          invitedWith: null,
          invitedBy: null,
          isDirect: false,
          open: 2,
          codes: 5,
          invited: 1,
          invitesDisabled: false,
          note: null,
        },
      ])
    })

    test('the operator is nobody’s inviter, and the instant of the PDS comes before that of the sign-up', async () => {
      await using subject = await openStore()
      const { store } = subject
      await invite(store, 'admin', ALICE, NOW)
      await store.upsertAccount({ did: ALICE, host: HOST, createdAt: NOW - 7 })
      expect(await listed(store, all)).toMatchObject([
        { invitedWith: `admin>${ALICE}@${NOW}`, invitedBy: null, joinedAt: NOW - 7 },
      ])
    })

    test('finds by DID, and by the beginning of a handle in its order', async () => {
      await using subject = await openStore()
      const { store } = subject
      const named = { [ALICE]: 'alice.test', [BOB]: 'alicia.test', [CAROL]: 'al.test', [DAN]: 'ali.test' }
      for (const [did, handle] of Object.entries(named))
        await store.upsertAccount({ did, host: HOST, handle })
      await store.upsertAccount({ did: 'did:plc:else', host: OTHER_HOST, handle: 'alix.test' })
      const search = { by: 'handle', beginning: 'ali', after: null } as const
      const found = (await listed(store, search)).map(({ person }) => person.did)
      expect(found).toEqual([DAN, ALICE, BOB])
      const after = { handle: 'ali.test', did: DAN }
      expect(await listed(store, { ...search, after })).toMatchObject([
        { person: { did: ALICE } },
        { person: { did: BOB } },
      ])
      expect(await listed(store, { by: 'did', did: CAROL })).toMatchObject([{ person: { did: CAROL } }])
      expect(await listed(store, { by: 'did', did: 'did:plc:else' })).toEqual([])
    })

    test('a page goes on after the position of its last account', async () => {
      await using subject = await openStore()
      const { store } = subject
      for (const [did, createdAt] of [
        [ALICE, NOW],
        [BOB, NOW],
        [CAROL, NOW + 1],
      ] as const)
        await store.upsertAccount({ did, host: HOST, createdAt })
      const after = { joinedAt: NOW, did: BOB }
      expect((await listed(store, { by: 'joined', after })).map(({ person }) => person.did)).toEqual([ALICE])
    })
  })
}

function describeSignUpFigures(openStore: OpenStore): void {
  describe('sign-ups, as operators see them', () => {
    test('those in progress come oldest first, those that ended newest first, each as many as asked for', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 10 })
      for (const id of ['1', '2', '3']) await store.reserve(signUp(id, 'a'), NOW + Number(id))
      for (const id of ['4', '5', '6']) await redeem(store, id, 'a', `did:plc:${id}`, NOW + Number(id))
      await store.reserve(signUp('7', 'a'), NOW)
      await store.release('7', NOW + 7)
      const shown = await store.shownSignUps(HOST, 2)
      expect(shown.open.map(({ id }) => id)).toEqual(['1', '2'])
      expect(shown.ended.map(({ id, state }) => [id, state])).toEqual([
        ['7', 'released'],
        ['6', 'committed'],
      ])
      expect(await store.shownSignUps(OTHER_HOST, 2)).toEqual({ open: [], ended: [] })
    })

    test('committed ones are counted by day of UTC, from the instant on', async () => {
      await using subject = await openStore()
      const { store } = subject
      await gift(store, 'a', { available: 10 })
      const day = Math.floor(NOW / DAY)
      const instants = [day * DAY - 1, day * DAY, (day + 1) * DAY - 1, (day + 1) * DAY]
      for (const [index, at] of instants.entries())
        await redeem(store, `${index}`, 'a', `did:plc:${index}`, at)
      await store.reserve(signUp('released', 'a'), NOW)
      await store.release('released', day * DAY)
      expect(await store.signUpsByDay(HOST, day * DAY)).toEqual(
        new Map([
          [day, 2],
          [day + 1, 1],
        ]),
      )
      expect(await store.signUpsByDay(OTHER_HOST, 0)).toEqual(new Map())
    })
  })
}

function describeCodeFigures(openStore: OpenStore): void {
  test('codes are counted by state: each once, as the predicate judges it, expired at the very instant', async () => {
    await using subject = await openStore()
    const { store } = subject
    const expiries = { never: null, later: NOW + 1, now: NOW }
    for (const [when, at] of Object.entries(expiries)) {
      for (const kind of ['unused', 'disabled', 'used', 'used and disabled']) {
        const code = `${kind} ${when}`
        await gift(store, code)
        if (kind.startsWith('used')) await redeem(store, code, code, CAROL)
        if (kind.endsWith('disabled')) await store.disableCodes({ codes: [code], owners: [], at: NOW })
        await subject.execute('UPDATE invite_code SET expires_at = ? WHERE code = ?', at, code)
      }
    }
    await gift(store, 'elsewhere', { host: OTHER_HOST, to: BOB })
    const states = (await codesOf(store)).map((code) => codeState(code, NOW))
    const count = (state: CodeState) => states.filter((one) => one === state).length
    expect([count('open'), count('expired')]).toEqual([2, 1])
    expect(await store.countCodes(HOST, NOW)).toEqual({
      open: count('open'),
      usedUp: count('usedUp'),
      expired: count('expired'),
      disabled: count('disabled'),
    })
  })
}

function describeEarners(openStore: OpenStore): void {
  test('who could earn is told part by part, with earned codes; who may not is left out, also of whom it is unknown when they joined', async () => {
    await using subject = await openStore()
    const { store } = subject
    await store.openHost({ hostname: HOST, did: 'did:web:pds' })
    for (const did of [ALICE, BOB, CAROL]) await store.upsertAccount({ did, host: HOST, createdAt: NOW })
    await invite(store, ALICE, DAN)
    await store.upsertAccount({ did: 'did:plc:else', host: OTHER_HOST, createdAt: NOW })
    await store.setInvitesDisabled({ did: BOB, host: HOST, disabled: true, note: null })
    await store.insertEarned({ did: ALICE, host: HOST, createdAt: NOW, firstOrdinal: 1, codes: ['earned'] })
    const first = await store.listEarners({ host: HOST, after: null, limit: 2 })
    expect(first).toMatchObject({
      members: [
        { did: ALICE, createdAt: NOW, codes: [{ ordinal: 1, createdAt: NOW, available: 1, used: 0 }] },
        { did: CAROL, codes: [] },
      ],
      last: CAROL,
    })
    const second = await store.listEarners({ host: HOST, after: CAROL, limit: 2 })
    expect(second).toEqual({ members: [{ did: DAN, createdAt: null, codes: [] }], last: null })
    await store.applyEvent(HOST, { seq: 1, at: NOW, did: CAROL, status: 'deactivated' })
    const { members } = await store.listEarners({ host: HOST, after: null, limit: 5 })
    expect(members.map(({ did }) => did)).toEqual([ALICE, DAN])
  })
}
