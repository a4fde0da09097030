import type { Browser } from 'playwright-core'
import { app, com } from '../../../src/lexicons/index.ts'
import { type FrontedWorld, startFrontedWorld } from '../../support/latchkey.ts'
import { giftCode, join, postAsAdmin } from '../../support/members.ts'
import type { Member } from '../../support/pds.ts'
import { showProfile } from '../profiles.ts'

/** Nobody but the settings needs to know this account. */
export const MODERATOR = `did:plc:${'m'.repeat(24)}`

/** Who comes, and the colour behind those who show a picture. */
const GUESTS = [
  ['mira', '#7a4d00'],
  ['jonas', '#5b3f8f'],
  ['lena', '#9a3412'],
  ['samir', undefined],
  ['noor', undefined],
  ['theo', undefined],
] as const

/** A host with some life in it, and one with none. */
export interface House extends AsyncDisposable {
  readonly fronted: FrontedWorld
  /** Alice is a member and an administrator, and has codes in every state. */
  readonly alice: Member
  /** An open code of Alice's for several people that ends one day. */
  readonly invite: string
  /** An open code of nobody's. */
  readonly operators: string
  /** A member and no operator. */
  readonly bob: Member
  /** Whom the operators give no codes any more. */
  readonly off: Member
  /** Has twenty open codes. */
  readonly rich: Member
  /** Knows nobody and has no codes. */
  readonly bare: FrontedWorld
  /** Has no endings for handles, so no form, and bears one wrong guess. */
  readonly strict: FrontedWorld
}

/** Lets a browser's people in. @param browser paints their pictures */
export async function openHouse(browser: Browser): Promise<House> {
  await using stack = new AsyncDisposableStack()
  const timings = { lookWhileSound: 100, lookWhileFaulty: 100 }
  const flags = { inviteInterval: '7d', fresh: 'true', moderators: MODERATOR }
  const fronted = stack.use(await startFrontedWorld(flags, { handleDomains: ['.test', '.example'] }, timings))
  const bare = stack.use(await startFrontedWorld({ inviteInterval: 'off' }))
  const strict = stack.use(await startFrontedWorld({ guessLimit: '1' }))
  strict.world.pds.pds.ctx.cfg.identity.serviceHandleDomains = []
  const { service } = fronted.world.pds.pds.ctx.cfg
  service.termsOfServiceUrl = 'https://harbor.example/terms'
  service.privacyPolicyUrl = 'https://harbor.example/privacy'
  service.contactEmailAddress = 'door@harbor.example'

  const { createCodes } = app.latchkey.admin
  const create = async (input: object) => {
    const answer = await postAsAdmin(fronted, createCodes.$nsid, { uses: 1, ...input })
    return ((await answer.json()) as app.latchkey.admin.createCodes.$OutputBody).codes
  }
  const disable = (code: string) =>
    postAsAdmin(fronted, com.atproto.admin.disableInviteCodes.$nsid, { codes: [code] })

  await create({ count: 20, uses: 25, note: 'Meet-up in Lisbon' })
  const alice = await join(fronted, 'alice.test')
  await showProfile(fronted, alice, { displayName: 'Alice Moreau', picture: await paint(browser, '#0b6e69') })
  const giftOf = (owner: Member, useCount = 1) => giftCode(fronted, { forAccount: owner.did, useCount })
  let inviter = alice
  for (const [index, [name, colour]] of GUESTS.entries()) {
    const guest = await join(fronted, `${name}.test`, await giftOf(inviter))
    if (colour !== undefined)
      await showProfile(fronted, guest, { displayName: name, picture: await paint(browser, colour) })
    // Every third one invites the next ones.
    if (index % 3 === 0) inviter = guest
    else if (index % 3 === 1) inviter = alice
  }
  const bob = await join(fronted, 'bob.test', await giftOf(alice))
  const off = await join(fronted, 'off.test')
  await postAsAdmin(fronted, app.latchkey.admin.setInvitesDisabled.$nsid, {
    accounts: [off.did],
    disabled: true,
    note: 'Sold codes',
  })
  const rich = await join(fronted, 'rich.test')
  await create({ count: 20, owner: rich.did })
  await create({ count: 1, owner: alice.did, expiresAt: new Date(Date.now() + 500).toISOString() })
  await disable(await giftOf(alice))
  const [invite = ''] = await create({
    count: 1,
    uses: 3,
    owner: alice.did,
    expiresAt: '2099-12-31T00:00:00Z',
  })
  await join(fronted, 'ruth.test', invite)
  const named = await giftOf(alice)
  await fetch(`${fronted.url}/xrpc/${app.latchkey.labelCode.$nsid}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${alice.accessJwt}`, 'content-type': 'application/json' },
    body: JSON.stringify({ code: named, label: 'For Tom from the choir' }),
  })
  const operators = await giftCode(fronted)
  await giftOf(alice)
  await fronted.stopLatchkey()
  await fronted.startLatchkey({ admins: alice.did })
  const parts = stack.move()
  return {
    fronted,
    alice,
    invite,
    operators,
    bob,
    off,
    rich,
    bare,
    strict,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

/** A head and shoulders before a colour. */
async function paint(browser: Browser, colour: string): Promise<Uint8Array> {
  const page = await browser.newPage({ viewport: { width: 160, height: 160 } })
  try {
    await page.setContent(
      `<body style="margin:0"><svg width="160" height="160" viewBox="0 0 160 160">
        <rect width="160" height="160" fill="${colour}"/>
        <g fill="#fdf3dc"><circle cx="80" cy="64" r="30"/><ellipse cx="80" cy="160" rx="56" ry="58"/></g></svg>`,
    )
    return await page.screenshot()
  } finally {
    await page.close()
  }
}
