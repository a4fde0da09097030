import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CSRF_HEADER } from '../../src/auth/credentials.ts'
import { app, com } from '../../src/lexicons/index.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { giftCode, join } from '../support/members.ts'
import type { Member } from '../support/pds.ts'
import { pagesOf } from '../web/browser.ts'
import { answerOf, ask, type Proof, refusalOf, sessionOf } from './support/operators.ts'

const { admin } = app.latchkey

const MODERATOR = 'did:plc:mmmmmmmmmmmmmmmmmmmmmmmm'
const ADMINISTRATOR = 'did:plc:oooooooooooooooooooooooo'

let fronted: FrontedWorld
let alice: Member
let moderator: Proof
let administrator: Proof

beforeAll(async () => {
  fronted = await startFrontedWorld({ moderators: MODERATOR, admins: ADMINISTRATOR })
  alice = await join(fronted, 'alice.test')
  moderator = await sessionOf(fronted, MODERATOR)
  administrator = await sessionOf(fronted, ADMINISTRATOR)
})

afterAll(() => fronted[Symbol.asyncDispose]())

type Request = readonly [nsid: string, input?: object]

/** What moderators may do, and what is for administrators. */
const LOOKING: readonly Request[] = [
  [admin.listCodes.$nsid, {}],
  [admin.listBatches.$nsid],
  [admin.listEvents.$nsid],
  [admin.listAccounts.$nsid, {}],
  [admin.getTree.$nsid],
  [admin.getStatus.$nsid],
  [admin.getPolicy.$nsid],
]
const DISABLING: readonly Request[] = [
  [admin.setCodesDisabled.$nsid, { codes: ['x'], disabled: true }],
  [admin.setInvitesDisabled.$nsid, { accounts: [ADMINISTRATOR], disabled: true }],
]
const ADMINISTRATING: readonly Request[] = [
  [admin.createCodes.$nsid, { count: 1, uses: 1 }],
  [admin.giveCodes.$nsid, { count: 1, preview: true }],
  [admin.replaceCode.$nsid, { code: 'x' }],
  [admin.setCodesDisabled.$nsid, { codes: ['x'], disabled: false }],
  [admin.setInvitesDisabled.$nsid, { accounts: [ADMINISTRATOR], disabled: false }],
  [admin.undoBatch.$nsid, { batch: 'x' }],
  [admin.exportCodes.$nsid],
  [admin.setPause.$nsid, { paused: true }],
  [admin.setPolicy.$nsid, { policy: { epoch: '2026-01-01T00:00:00.000Z', cap: 5 } }],
]

function refusals(requests: readonly Request[], as: Proof) {
  return Promise.all(requests.map(([nsid, input]) => refusalOf(fronted, nsid, { as, input })))
}

function all(requests: readonly Request[], refusal: readonly [number, string]) {
  return requests.map(() => refusal)
}

describe('who may do what', () => {
  test('nobody without a credential, and no member', async () => {
    const every = [...LOOKING, ...DISABLING, ...ADMINISTRATING]
    const unknown = all(every, [401, 'AuthenticationRequired'])
    expect(await refusals(every, {})).toEqual(unknown)
    expect(await refusals(every, { authorization: `Bearer ${alice.accessJwt}` })).toEqual(unknown)
    expect(await refusals(every, await sessionOf(fronted, alice.did))).toEqual(unknown)
  })

  test('a moderator does nothing that is for administrators', async () => {
    expect(await refusals(ADMINISTRATING, moderator)).toEqual(all(ADMINISTRATING, [403, 'Forbidden']))
  })

  test('a page elsewhere changes nothing with the cookie alone', async () => {
    const forged = { cookie: administrator['cookie'] ?? '' }
    const changing = [...DISABLING, ...ADMINISTRATING].filter(([, input]) => input !== undefined)
    expect(await refusals(changing, forged)).toEqual(all(changing, [403, 'Forbidden']))
    expect(await refusals(changing, { ...forged, [CSRF_HEADER]: moderator[CSRF_HEADER] ?? '' })).toEqual(
      all(changing, [403, 'Forbidden']),
    )
  })

  test('a page elsewhere reads nothing with the cookie either, and leaves no trace in the log', async () => {
    const { cookie = '' } = administrator
    const elsewhere = ['same-site', 'cross-site'].map((site) => ({ cookie, 'sec-fetch-site': site }))
    for (const as of [{ cookie }, ...elsewhere])
      for (const { $nsid } of [admin.exportCodes, admin.getStatus, app.latchkey.getInvites])
        expect(await refusalOf(fronted, $nsid, { as }), $nsid).toEqual([403, 'Forbidden'])
    const log = await ask(fronted, admin.listEvents.$nsid, { search: '?action=exportCodes' })
    expect(await log.json()).toMatchObject({ events: [] })
  })

  test('nobody keeps what was answered', async () => {
    for (const as of [undefined, administrator, {}]) {
      const { headers } = await ask(fronted, admin.getStatus.$nsid, { as })
      expect(Object.fromEntries(headers)).toMatchObject({
        'cache-control': 'no-store',
        vary: 'Cookie, Authorization',
        'x-content-type-options': 'nosniff',
      })
    }
  })

  test('a moderator looks and disables, an administrator does everything; the log has their DIDs', async () => {
    for (const [nsid, input] of [...LOOKING, ...DISABLING])
      expect((await ask(fronted, nsid, { as: moderator, input })).status, nsid).toBe(200)
    const code = await giftCode(fronted, { forAccount: alice.did })
    await answerOf(fronted, admin.setCodesDisabled.$nsid, {
      as: moderator,
      input: { codes: [code], disabled: true },
    })
    await answerOf(fronted, admin.setCodesDisabled.$nsid, {
      as: administrator,
      input: { codes: [code], disabled: false },
    })
    expect((await ask(fronted, admin.exportCodes.$nsid, { as: administrator })).status).toBe(200)
    const { events } = await answerOf<app.latchkey.admin.listEvents.$OutputBody>(
      fronted,
      admin.listEvents.$nsid,
      {
        search: '?limit=3',
      },
    )
    expect(events.map(({ actor, action }) => [actor, action])).toEqual([
      [ADMINISTRATOR, 'exportCodes'],
      [ADMINISTRATOR, 'enableCodes'],
      [MODERATOR, 'disableCodes'],
    ])
  })

  test('why the invites of an account were disabled is for administrators, why codes were is not', async () => {
    const bob = await join(fronted, 'bob.test')
    const code = await giftCode(fronted, { forAccount: bob.did })
    const input = { disabled: true, note: 'a secret' }
    await answerOf(fronted, admin.setInvitesDisabled.$nsid, { input: { ...input, accounts: [bob.did] } })
    await answerOf(fronted, admin.setCodesDisabled.$nsid, {
      input: { ...input, codes: [code], note: 'was posted' },
    })
    const notes = async (as: Proof) => {
      const { batches } = await answerOf<app.latchkey.admin.listBatches.$OutputBody>(
        fronted,
        admin.listBatches.$nsid,
        { as, search: '?limit=2' },
      )
      return batches.map(({ note }) => note)
    }
    expect(await notes(moderator)).toEqual(['was posted', undefined])
    expect(await notes(administrator)).toEqual(['was posted', 'a secret'])
    const events = await ask(fronted, admin.listEvents.$nsid, { as: moderator })
    expect(await events.text()).not.toContain('a secret')
  })

  test('a moderator of the PDS is called that in the log', async () => {
    const { pds } = fronted.world
    const { $nsid } = com.atproto.admin.disableAccountInvites
    const service = await join(fronted, 'mod.test')
    pds.pds.ctx.authVerifier.dids.modService = service.did
    const proof = await pds.pds.ctx.serviceAuthJwt(service.did, pds.did, $nsid)
    const response = await ask(fronted, $nsid, {
      as: { authorization: `Bearer ${proof}` },
      input: { account: alice.did },
    })
    expect(response.status).toBe(200)
    const { events } = await answerOf<app.latchkey.admin.listEvents.$OutputBody>(
      fronted,
      admin.listEvents.$nsid,
      {
        search: '?actor=moderator',
      },
    )
    expect(events).toMatchObject([{ action: 'disableInvites', subject: alice.did }])
  })

  test('whoever guesses the password has to wait, wherever they guess', async () => {
    const wrong = { authorization: `Basic ${Buffer.from('admin:wrong').toString('base64')}` }
    for (const { $nsid } of [
      admin.getStatus,
      admin.listEvents,
      admin.getTree,
      admin.getPolicy,
      admin.getStatus,
    ])
      expect(await refusalOf(fronted, $nsid, { as: wrong })).toEqual([401, 'AuthenticationRequired'])
    const { status, headers } = await ask(fronted, admin.getStatus.$nsid)
    expect([status, Number(headers.get('retry-after')) > 800]).toEqual([429, true])
    expect(await refusalOf(fronted, admin.setPause.$nsid, { input: { paused: true } })).toEqual([
      429,
      'RateLimitExceeded',
    ])
    const form = await fetch(`${pagesOf(fronted.url)}/_latchkey/admin-sign-in`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
      },
      body: 'password=wrong',
      redirect: 'manual',
    })
    expect(form.headers.get('location')).toMatch(/problem=wait$/)
    const log = await ask(fronted, admin.listEvents.$nsid, {
      as: administrator,
      search: '?action=signInRefused',
    })
    const { events } = (await log.json()) as app.latchkey.admin.listEvents.$OutputBody
    // Five wrong passwords, and three tries that had to wait.
    expect(events).toHaveLength(8)
    for (const event of events) expect(event).toMatchObject({ actor: 'admin', detail: { by: 'password' } })
  })
})
